// SPDX-License-Identifier: BSD-3-Clause
// DeepConf's filters: keep the most confident answers, or stop one whose confidence falls below a threshold.
#pragma once

#include "foil/core/option.hpp"
#include "foil/score/window.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// Value at the given share of the way from the lowest to the highest score, linear between neighbours. NaN and -inf do not
/// take part; undefined (NaN) if nothing is left. Refuses a share outside 0 .. 1. O(N); the time goes to the
/// selection of the score that lies there.
inline double percentile(real_span scores, double share) {
  check_option("percentile", "share", share, range::share);
  std::vector<double> x;
  x.reserve(std::size_t(scores.size()));
  for (idx i = 0; i < scores.size(); ++i)
    if (!ineligible_bits(scores[i])) x.push_back(scores[i]);
  if (x.empty()) return quiet_nan<double>();
  auto const before = [](double a, double b) { return order_key(a) < order_key(b); };
  double const at = share * double(x.size() - 1), t = at - std::floor(at);
  auto const place = x.begin() + std::ptrdiff_t(at);
  std::nth_element(x.begin(), place, x.end(), before);
  double const low = *place;
  if (!(t > 0)) return low;
  double const high = *std::min_element(place + 1, x.end(), before);
  if (order_key(low) == order_key(high)) return low;
  if (!finite_bits(high)) return high;
  if (!finite_bits(high - low)) return low * (1 - t) + high * t;  // further apart than a double can say
  return t < 0.5 ? low + (high - low) * t : high - (high - low) * (1 - t);
}

/// What `confidence_filter` returns.
struct filtered {
  double threshold = 0;             ///< undefined (NaN) if no confidence is defined
  std::vector<unsigned char> keep;  ///< 1 where confidence >= threshold
  idx kept = 0, undefined = 0;      ///< undefined ones are never kept
};

/// threshold = percentile 100 (1 - keep_fraction) of the confidences [N]; all that reach it are kept, so that ties stay
/// together. The confidences of the kept ones are then the weights of a vote. Fu et al. 2025, arXiv 2508.15260 (keep 0.1 or
/// 0.9). Refuses a fraction outside 0 .. 1. O(N); the time goes to the percentile.
inline filtered confidence_filter(real_span confidence, double keep_fraction = 0.1) {
  check_option("confidence_filter", "keep_fraction", keep_fraction, range::share);
  // Through per cent and back, so that the threshold has the very bits of the published rule.
  filtered r;
  r.threshold = percentile(confidence, 100 * (1 - keep_fraction) / 100);
  r.keep.resize(std::size_t(confidence.size()));
  bool const any = !nan_bits(r.threshold);
  std::int64_t const least = order_key(r.threshold);
  for (idx i = 0; i < confidence.size(); ++i) r.keep[std::size_t(i)] = any && order_key(confidence[i]) >= least;
  r.kept = std::count(r.keep.begin(), r.keep.end(), 1);
  r.undefined = undefined(confidence);
  return r;
}

/// While an answer is generated: true at the first token, from the first full window on, whose window mean is
/// below the threshold: percentile(x, p), x the lowest_window of each of 16 warm-up answers; p = 0.1 keeps most answers, 0.9 few.
/// An undefined mean does not stop. O(1) amortised time a token, O(window) memory.
class confidence_stop {
 public:
  confidence_stop(idx size, double threshold) : window_(size, "confidence_stop"), threshold_(threshold) {
    check_option("confidence_stop", "threshold", threshold, range::any);
  }
  bool add(double token) {
    window_.add(token);
    return window_.full() && order_key(window_.mean()) < order_key(threshold_) && !nan_bits(window_.mean());
  }

 private:
  window window_;
  double threshold_;
};

/// Index of the token at which confidence_stop stops, or -1. O(T).
inline idx stop_index(real_span tokens, idx window, double threshold) {
  check_option("stop_index", "window", window, range::at_least(1)), check_option("stop_index", "threshold", threshold, range::any);
  confidence_stop stop(window, threshold);
  for (idx t = 0; t < tokens.size(); ++t)
    if (stop.add(tokens[t])) return t;
  return -1;
}

}}  // namespace foil::score
