// SPDX-License-Identifier: BSD-3-Clause
// BoN@k: what Best-of-k is worth, estimated from n recorded samples.
#pragma once

#include "foil/core/guarded_sum.hpp"
#include "foil/score/ranking.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// Expected value of the best-scored of k samples drawn without replacement; equal scores are picked evenly.
///   sum over tie blocks, ascending:  [C(hi,k) - C(lo,k)] / C(n,k) * mean(values of the block)
/// lo, hi = samples strictly below / up to the block. With values = scores: the expected maximum; with 0/1
/// values and the same scores: `pass@k`. Undefined scores rank last. Undefined (NaN) for k < 1 or k > n.
/// Refuses lists of unequal length. O(n log n), no binomials.
inline double bon_at_k(real_span scores, real_span values, idx k) {
  idx const n = scores.size();
  require(values.size() == n, "bon_at_k: values must have one element for each of the ", n, " scores, got ", values.size());
  if (k < 1 || k > n) return quiet_nan<double>();
  std::vector<idx> const order = ranking(scores);
  guarded_sum sum;
  double below = 1;  // C(hi, k) / C(n, k), from hi = n downwards
  for (idx first = 0, end = 0; first < n && below > 0; first = end) {
    double const up_to = below;
    guarded_sum block;
    while (end < n && order_key(scores[order[std::size_t(end)]]) == order_key(scores[order[std::size_t(first)]])) {
      idx const hi = n - end;
      block.add(values[order[std::size_t(end++)]]);
      below *= double((std::max)(hi - k, idx(0))) / double(hi);
    }
    double const mean = block.over(double(end - first));
    sum.add(finite_bits(mean) ? (up_to - below) * mean : mean);
  }
  return sum.value();
}

}}  // namespace foil::score
