// SPDX-License-Identifier: BSD-3-Clause
#include <foil/foil.hpp>

using namespace foil;

float eight(matrix<float> const& q, matrix<float> const& k) {
  auto const value = [&](auto const& loss) { return objective(loss).value_and_grad(q, pool::in_batch(k)).value; };
  return value(loss::info_nce{}) + value(loss::sup_con{}) + value(loss::decoupled{}) + value(loss::debiased{}) + value(loss::siglip{}) +
         value(loss::multi_similarity{}) + value(loss::triplet{}) + value(loss::hardest_triplet{});
}
