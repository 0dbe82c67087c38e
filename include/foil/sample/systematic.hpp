// SPDX-License-Identifier: BSD-3-Clause
// Systematic sampling: a subset whose inclusion probabilities are exactly in proportion to weights.
#pragma once

#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// pi_i = min(1, c w_i) with sum min(k, items of positive weight): what exceeds 1 is capped, c found again,
/// until nothing does. O(n log n).
inline std::vector<double> proportional_inclusion(real_span weights, idx k) {
  require(k >= 0, "proportional_inclusion: argument k must not be negative, got ", k);
  double const largest = largest_weight(weights, "proportional_inclusion");
  std::vector<double> pi(std::size_t(weights.size()), 0.0);
  std::vector<idx> order;
  for (idx j : canonical_order(weights))
    if (weights[j] / (largest > 0 ? largest : 1) > 0) order.push_back(j);
  auto const n = order.size();
  std::vector<double> rest(n + 1, 0.0);  // sums of the smaller weights, smallest first: no cancellation
  for (std::size_t t = n; t-- > 0;) rest[t] = rest[t + 1] + weights[order[t]] / largest;
  std::size_t capped = 0;
  while (capped < n && idx(capped) < k && double(k - idx(capped)) * (weights[order[capped]] / largest) >= rest[capped])
    pi[std::size_t(order[capped++])] = 1;
  for (std::size_t t = capped; t < n; ++t)
    pi[std::size_t(order[t])] = double(k - idx(capped)) * (weights[order[t]] / largest) / rest[capped];
  return pi;
}

/// One uniform number u in (0, 1): item i is selected when the cumulative sum of pi crosses u + j for a whole
/// j. The joint law is not that of successive sampling (gumbel_top_k), the inclusion probabilities are exact.
/// Probabilities that add up to a whole number k give exactly k items. Ascending. O(n).
inline std::vector<idx> systematic_sample(real_span inclusion, double u) {
  require(!nan_bits(u) && u > 0 && u < 1, "systematic_sample: argument u must lie in the open interval (0, 1), got ", u);
  double total = 0;
  idx left = 0;
  for (idx i = 0; i < inclusion.size(); ++i) {
    require(!nan_bits(inclusion[i]) && inclusion[i] >= 0 && inclusion[i] <= 1 + 1e-9,
            "systematic_sample: argument inclusion must hold probabilities, element ", i, " is ", inclusion[i]);
    total += inclusion[i], left += inclusion[i] > 0;
  }
  // Where the total is a whole number, so is the size; rounding of the cumulative sum must not change it.
  auto const whole = idx(std::nearbyint(total));
  bool const fixed = std::abs(total - double(whole)) < 1e-9 * (1 + total);
  std::vector<idx> selected;
  double sum = 0;
  for (idx i = 0; i < inclusion.size(); ++i) {
    if (!(inclusion[i] > 0)) continue;
    sum += inclusion[i];
    auto const had = idx(selected.size());
    bool const crossed = sum > u + double(had), full = fixed && had == whole, forced = fixed && whole - had == left;
    if ((crossed || forced) && !full) selected.push_back(i);
    --left;
  }
  return selected;
}

}}  // namespace foil::mining
