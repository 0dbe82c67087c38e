// SPDX-License-Identifier: BSD-3-Clause
// Candidates named by id: rows of a shared matrix, gathered per anchor (mined lists).
#pragma once

#include "foil/pool/candidates.hpp"
#include "foil/roles/uniform.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

/// ids: [B * per_row] rows of m, -1 where a row's list is short (never read, never a candidate). A loss opens the rows that are named,
/// each once however often it is, and no others: rows that no id names may hold anything, a NaN too, and time and memory depend
/// on the ids alone, however long m is (a memory-mapped file of 1e8 rows will do). The gradient is that of these rows: foil::pool_gradient.
/// Roles and biases count a row's slots, 0 .. per_row-1, in losses; in foil::mine they count the rows of m, as its result does.
template <class M, class R = roles::all_negative, class... B>
candidates<storage_of<M>, R, B...> listed(M&& m, id_list ids, idx per_row, R relation = {}, B... biases) {
  static_assert(borrowed<M>());
  auto const x = as_view(m);
  check_per_row("pool::listed", per_row, x);
  return {layout::listed, x, per_row, relation, {biases...}, true, false, ids};
}

template <class M, class Ids>
auto listed(M&&, Ids const&) {
  static_assert(std::is_void_v<M>,
                "foil: pool::listed needs to know how many ids belong to each anchor; write pool::listed(m, ids, per_row)");
}

}}  // namespace foil::pool
