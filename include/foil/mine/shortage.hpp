// SPDX-License-Identifier: BSD-3-Clause
// What happens when too few negatives survive.
#pragma once

#include <vector>

#include "foil/core/types.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

enum class shortage {
  keep_short,   ///< the row stays short, its count says so
  drop_query,   ///< the row is emptied unless it is full
  fill_random,  ///< uniform from the corpus: never a positive, a filtered candidate, or one already chosen
  fill_deeper,  ///< the same, from beyond the ranks that were inspected
  repeat,       ///< the survivors again, in turn
  error         ///< refused, naming the row
};

/// Rows that shortage::repeat fills hold no more: it could go on for ever.
inline constexpr idx max_repeated = idx(1) << 20;

/// Applies the policy to one row's choices; returns how many were added. fill(missing) is asked by
/// fill_random and fill_deeper alone and returns at most that many further choices: where they come from is
/// the caller's business. A full row is left alone. `where` and `row` go into the message of `error`.
template <class C, class Fill>
idx apply_shortage_policy(shortage policy, std::vector<C>& chosen, idx wanted, char const* where, idx row, Fill&& fill) {
  auto const had = idx(chosen.size());
  if (had >= wanted) return 0;
  switch (policy) {
    case shortage::keep_short: break;
    case shortage::drop_query: chosen.clear(); return 0;
    case shortage::fill_random:
    case shortage::fill_deeper:
      for (C& more : fill(wanted - had)) chosen.push_back(std::move(more));
      break;
    case shortage::repeat:
      require(had == 0 || wanted <= max_repeated, where, ": shortage::repeat fills up to ", max_repeated, " negatives, ", wanted,
              " were asked for");
      for (idx t = 0; had > 0 && idx(chosen.size()) < wanted; ++t) chosen.push_back(C(chosen[std::size_t(t % had)]));
      break;
    case shortage::error:
      require(false, where, ": row ", row, " has ", had, " negatives left, ", wanted, " were asked for (shortage::error)");
  }
  return idx(chosen.size()) - had;
}

}}  // namespace foil::mining
