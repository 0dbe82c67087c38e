// SPDX-License-Identifier: BSD-3-Clause
// The anchors among themselves (SimCLR within a view, SupCon): shared columns whose gradient joins the anchors'.
#pragma once

#include "foil/pool/candidates.hpp"
#include "foil/roles/uniform.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

/// z must be the anchors of the call, in the same memory; another matrix is refused (pool::in_batch, pool::bank take it). The result's `anchors` gradient holds both roles of each row.
template <class M, class R = roles::negatives_except_self, class... B>
candidates<storage_of<M>, R, B...> self(M&& z, R relation = {}, B... biases) {
  static_assert(borrowed<M>());
  auto const x = as_view(z);
  return {layout::shared, x, x.rows(), relation, {biases...}, true, true};
}

}}  // namespace foil::pool
