// SPDX-License-Identifier: BSD-3-Clause
// The m of n rewards that differ most: the subset of largest variance.
#pragma once

#include "foil/core/canonical_order.hpp"
#include "foil/core/mask.hpp"
#include "foil/core/option.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `max_variance_subset`.
struct max_variance_options {
  static constexpr char const* name = "max_variance_subset";
  idx m = 1;  ///< >= 0; size of the subset
  /// Among subsets of equal variance: few from the low end (rewards of rollouts), or few from the high end
  /// (advantages, as D3S scans them).
  bool prefer_high = true;
  /// Which of equal rewards the high end takes; the low end always takes lower indices.
  bool higher_index_at_top = false;
  static void options(auto list) { list("m", &max_variance_options::m, range::at_least(0)); }
};

/// What `max_variance_subset` returns.
struct max_variance_subset_result {
  std::vector<idx> selected;  ///< ascending
  double variance = 0;        ///< of the selected, divided by their number
  idx from_low_end = 0;       ///< how many of the selected are the lowest values
  bool no_signal = false;     ///< the variance is 0: nothing to learn from
};

/// An optimum takes the i lowest and the m - i highest, because moving one value away from the mean never
/// lowers the variance; so i = 0 .. m are tried with prefix sums of the centred values. Relative tolerance
/// 1e-12. What is not a finite number is never selected; fewer than m finite ones: all of them. PODS, Xu et
/// al. 2025, arXiv 2504.13818; D3S, arXiv 2509.22115. O(n log n).
inline max_variance_subset_result max_variance_subset(real_span rewards, max_variance_options const& o) {
  check_options(o);
  std::vector<idx> order;
  double scale = 0;
  for (idx j : ascending_order(rewards))
    if (finite_bits(rewards[j])) order.push_back(j), scale = (std::max)(scale, std::abs(rewards[j]));
  auto const n = idx(order.size()), m = (std::min)(o.m, n);
  max_variance_subset_result r;
  r.no_signal = true;
  if (m == 0) return r;
  if (scale == 0) scale = 1;
  // Differences to the middle one over the largest of them: rewards that lie near each other, far from 0, differ as others do.
  int const down = -std::ilogb(scale) - 1;
  auto const small = [&](idx j) { return std::ldexp(rewards[j], down); };
  double const middle = small(order[std::size_t(n) / 2]),
               width = (std::max)(middle - small(order.front()), small(order.back()) - middle);  // 0: all are equal
  auto const place = [&](idx j) { return width > 0 ? (small(j) - middle) / width : 0; };
  double mean = 0;
  for (std::size_t t = 0; t < std::size_t(n); ++t) mean += place(order[t]) / double(n);
  std::vector<double> sum(std::size_t(n) + 1, 0.0), square = sum;
  for (std::size_t t = 0; t < std::size_t(n); ++t) {
    double const x = place(order[t]) - mean;
    sum[t + 1] = sum[t] + x, square[t + 1] = square[t] + x * x;
  }
  auto const variance = [&](idx low) {
    auto const a = std::size_t(low), b = std::size_t(n - (m - low)), e = std::size_t(n);
    double const s = (sum[a] + sum[e] - sum[b]) / double(m), q = (square[a] + square[e] - square[b]) / double(m);
    return (std::max)(0.0, q - s * s);
  };
  double best = -1;
  for (idx t = 0; t <= m; ++t) {
    idx const low = o.prefer_high ? t : m - t;
    if (double const v = variance(low); best < 0 || v > best * (1 + 1e-12) + 1e-15) best = v, r.from_low_end = low;
  }
  idx const high = m - r.from_low_end;
  r.selected.assign(order.begin(), order.begin() + r.from_low_end);
  order.erase(order.begin(), order.begin() + r.from_low_end);
  if (!o.higher_index_at_top)  // descending, equal rewards by lower index; what the low end took is gone
                               // already
    sort_by(order, [&](idx j) { return order_key(rewards[j]); });
  else
    std::reverse(order.begin(), order.end());
  r.selected.insert(r.selected.end(), order.begin(), order.begin() + high);
  std::sort(r.selected.begin(), r.selected.end());
  double centre = 0, spread = 0;  // once more directly: the prefix sums cancel
  for (idx j : r.selected) centre += place(j) / double(m);
  for (idx j : r.selected) spread += (place(j) - centre) * (place(j) - centre) / double(m);
  r.no_signal = m == 1 || width == 0;
  double const unit = std::ldexp(width, -down);
  r.variance = r.no_signal ? 0 : spread * unit * unit;
  return r;
}

/// r0 + (r1 - r0) min(1, step / steps): a ratio that moves from aggressive to full over training.
inline double linear_ratio(double r0, double r1, idx step, idx steps) {
  check_option("linear_ratio", "r0", r0, range::either_sign), check_option("linear_ratio", "r1", r1, range::either_sign);
  require(step >= 0 && steps >= 1, "linear_ratio: arguments must satisfy step >= 0 and steps >= 1, got ", step, " and ", steps);
  return r0 + (r1 - r0) * (std::min)(1.0, double(step) / double(steps));
}

/// The k tokens of largest |advantage| * entropy, flat indices in decreasing weight, ties to the lower one;
/// tokens whose mask is 0 never (an empty mask has all on). O(tokens log k); the time goes to a weight for each token and to its place in
/// the order.
inline std::vector<idx> top_tokens(real_span advantage, real_span entropy, byte_mask on, idx k) {
  require(advantage.size() == entropy.size(), "top_tokens: as many advantages as entropies are needed, got ", advantage.size(), " and ",
          entropy.size());
  require_length(idx(on.size()), advantage.size(), "top_tokens", "mask");
  std::vector<double> weight;
  weight.reserve(std::size_t(advantage.size()));
  for (idx t = 0; t < advantage.size(); ++t)
    weight.push_back(is_on(on, t) ? std::abs(advantage[t]) * entropy[t] : minus_infinity<double>());
  return canonical_order(weight, k, "top_tokens");
}

}}  // namespace foil::mining
