// SPDX-License-Identifier: BSD-3-Clause
// A memory of candidates: shared columns without gradient unless asked for.
#pragma once

#include "foil/pool/candidates.hpp"
#include "foil/roles/uniform.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

/// m: [columns, dim]; all negatives unless `relation` says otherwise (roles::target for banks that hold positives).
template <class M, class R = roles::all_negative, class... B>
candidates<storage_of<M>, R, B...> bank(M&& m, R relation = {}, B... biases) {
  static_assert(borrowed<M>());
  auto const x = as_view(m);
  return {layout::shared, x, x.rows(), relation, {biases...}, false};
}

/// The same pool, trained: the result holds a gradient for its candidates.
template <class T, class R, class... B>
candidates<T, R, B...> trained(candidates<T, R, B...> p) {
  p.trains = true;
  return p;
}

}}  // namespace foil::pool
