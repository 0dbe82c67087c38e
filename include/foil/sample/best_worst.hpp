// SPDX-License-Identifier: BSD-3-Clause
// The best and the worst of a beam: a preference pair (OneRec).
#pragma once

#include "foil/core/canonical_order.hpp"
#include "foil/core/option.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What `best_worst_pair` returns.
struct preference_pair {
  bool has_pair = false;           ///< false: nothing to learn from
  idx chosen = -1, rejected = -1;  ///< answers of the highest and the lowest reward; -1 without a pair
  double gap = 0;                  ///< reward of the chosen minus that of the rejected; 0 without a pair
};

/// Ties to the lower index. No pair when all rewards are equal, when the gap is below min_gap, or with fewer
/// than two finite rewards (others are ignored). Deng et al. 2025, arXiv 2502.18965. O(n); the
/// time goes to two comparisons a reward, one after the other.
inline preference_pair best_worst_pair(real_span rewards, double min_gap = 0) {
  check_option("best_worst_pair", "min_gap", min_gap, range::real{0, range::finite.high});
  // The extremes first, without a branch, then their places.
  double high = std::numeric_limits<double>::lowest(), low = (std::numeric_limits<double>::max)();
  for (idx j = 0; j < rewards.size(); ++j) {
    double const x = rewards[j];
    bool const counts = finite_bits(x);
    high = counts && x > high ? x : high, low = counts && x < low ? x : low;
  }
  if (!(high > low) || high - low < min_gap) return {};
  auto const place = [&](double x) {
    idx j = 0;
    while (!finite_bits(rewards[j]) || rewards[j] != x) ++j;
    return j;
  };
  return {true, place(high), place(low), high - low};
}

}}  // namespace foil::mining
