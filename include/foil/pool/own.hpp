// SPDX-License-Identifier: BSD-3-Clause
// Private candidates of each row: explicit negatives [B, K, D], further positives [B, P, D].
#pragma once

#include "foil/pool/candidates.hpp"
#include "foil/roles/uniform.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

/// m: [B * per_row, dim], the candidates of row i at i * per_row onwards. Roles count columns 0 .. per_row-1.
template <class M, class R = roles::all_negative, class... B>
candidates<storage_of<M>, R, B...> own(M&& m, idx per_row, R relation = {}, B... biases) {
  static_assert(borrowed<M>());
  auto const x = as_view(m);
  check_per_row("pool::own", per_row, x);
  return {layout::own, x, per_row, relation, {biases...}};
}

template <class M>
auto own(M&&) {
  static_assert(std::is_void_v<M>, "foil: pool::own needs to know how many rows belong to each anchor; write pool::own(m, per_row)");
}

/// The one positive of each row, [B, dim].
template <class M>
auto positives(M&& k) {
  return own(std::forward<M>(k), 1, roles::all_positive{});
}

}}  // namespace foil::pool
