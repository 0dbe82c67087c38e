// Private candidates of each row: explicit negatives [B, K, D], further positives [B, P, D].
#pragma once

#include "foil/pool/candidates.hpp"
#include "foil/roles/uniform.hpp"

namespace foil::inline FOIL_ABI::pool {

/// m: [B * per_row, dim], the candidates of row i at i * per_row onwards. Roles count columns 0 .. per_row-1.
template <class M, class R = roles::all_negative, class... B>
candidates<storage_of<M>, R, B...> own(M&& m, idx per_row, R relation = {}, B... biases) {
  static_assert(borrowed<M>());
  require(per_row >= 1, "pool::own: per_row must be at least 1, got ", per_row);
  return {layout::own, as_view(m), per_row, relation, {biases...}};
}

/// The one positive of each row, [B, dim].
template <class M>
auto positives(M&& k) {
  return own(std::forward<M>(k), 1, roles::all_positive{});
}

}  // namespace foil::inline FOIL_ABI::pool
