// SPDX-License-Identifier: BSD-3-Clause
// The other views of the batch: shared columns that train.
#pragma once

#include "foil/pool/candidates.hpp"
#include "foil/roles/diagonal.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

/// k: [columns, dim]. Row i's positive is column i unless `relation` says otherwise; the rest are negatives.
template <class M, class R = roles::diagonal, class... B>
candidates<storage_of<M>, R, B...> in_batch(M&& k, R relation = {}, B... biases) {
  static_assert(borrowed<M>());
  auto const x = as_view(k);
  return {layout::shared, x, x.rows(), relation, {biases...}};
}

}}  // namespace foil::pool
