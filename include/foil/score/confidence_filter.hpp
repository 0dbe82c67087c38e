// SPDX-License-Identifier: BSD-3-Clause
// DeepConf's filters: keep the most confident answers, or stop one whose confidence falls below a threshold.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "foil/core/option.hpp"
#include "foil/score/window.hpp"
#include "foil/simd/kth_key.hpp"
#include "foil/simd/ordered_key.hpp"

namespace foil::score { inline namespace FOIL_ABI {

namespace detail {
inline constexpr std::int64_t no_score = (std::numeric_limits<std::int64_t>::min)() + 1;
/// Keys that order as scores do, of which both zeros have one; `no_score` of a NaN. Loops over it become vectors.
inline std::int64_t key_of(double x) {
  auto const bits = std::bit_cast<std::int64_t>(x);
  constexpr auto infinity = std::int64_t(0x7ff) << 52;
  return (bits & (std::numeric_limits<std::int64_t>::max)()) > infinity ? no_score : simd::key_of_bits(bits);
}
}  // namespace detail

/// Value at the given share of the way from the lowest to the highest score, linear between neighbours. NaN and -inf do not
/// take part; undefined (NaN) if nothing is left. Refuses a share outside 0 .. 1. O(N); the time goes to the
/// selection of the score that lies there.
inline double percentile(real_span scores, double share) {
  check_option("percentile", "share", share, range::share);
  idx const all = scores.size();
  auto const key = std::make_unique_for_overwrite<std::int64_t[]>(std::size_t(all + simd::word));
  std::int64_t const ineligible = detail::key_of(minus_infinity<double>());
  idx const n = scores.visit([&](auto const* x) {
    idx eligible = 0;
    for (idx i = 0; i < all; ++i) key[std::size_t(i)] = detail::key_of(x[i]), eligible += key[std::size_t(i)] > ineligible;
    return eligible;
  });
  if (n == 0) return quiet_nan<double>();
  double const at = share * double(n - 1), t = at - std::floor(at);
  idx const k = n - idx(at);  // from the highest
  simd::pad_keys(key.get(), all, simd::no_key<double>);
  simd::key_threshold<std::int64_t> const end = simd::kth_key(key.get(), all, k, 0, key.get());
  auto const next_above = [&](std::int64_t from) {  // the least key above `from`; there must be one
    return scores.visit([&](auto const* x) {
      std::uint64_t least = (std::numeric_limits<std::uint64_t>::max)();  // for keys up to `from` it wraps around, beyond that of any above
      for (idx i = 0; i < all; ++i) {
        std::uint64_t const distance = std::uint64_t(detail::key_of(x[i])) - std::uint64_t(from) - 1;
        least = distance < least ? distance : least;
      }
      return std::int64_t(least + std::uint64_t(from) + 1);
    });
  };
  auto const count_above = [&](std::int64_t from) {
    return scores.visit([&](auto const* x) {
      idx count = 0;
      for (idx i = 0; i < all; ++i) count += detail::key_of(x[i]) > from;
      return count;
    });
  };
  std::int64_t const of_low = end.above < k ? end.threshold : next_above((std::max)(end.threshold, ineligible));
  double const low = simd::value_of<double>(of_low);
  if (!(t > 0)) return low;
  double const high = count_above(of_low) < k - 1 ? low : simd::value_of<double>(next_above(of_low));
  if (low == high) return low;
  if (!finite_bits(high)) return high;
  if (!finite_bits(high - low)) return low * (1 - t) + high * t;  // further apart than a double can say
  return t < 0.5 ? low + (high - low) * t : high - (high - low) * (1 - t);
}

/// What `confidence_filter` returns.
struct filtered {
  double threshold = 0;             ///< undefined (NaN) if every confidence is NaN or minus infinity
  std::vector<unsigned char> keep;  ///< 1 where confidence >= threshold
  idx kept = 0, undefined = 0;      ///< undefined: NaN; neither they nor minus infinity are ever kept
};

/// threshold = percentile(confidence, 1 - keep_fraction), of confidences [N]; all that reach it are kept, so that ties stay
/// together. The confidences of the kept ones are then the weights of a vote. Fu et al. 2025, arXiv 2508.15260 (keep 0.1 or
/// 0.9). Refuses a fraction outside 0 .. 1. O(N); the time goes to the percentile.
inline filtered confidence_filter(real_span confidence, double keep_fraction = 0.1) {
  check_option("confidence_filter", "keep_fraction", keep_fraction, range::share);
  // Through per cent and back, as the published code does, so that the threshold has its very bits.
  filtered r;
  r.threshold = percentile(confidence, 100 * (1 - keep_fraction) / 100);
  r.keep.resize(std::size_t(confidence.size()));
  std::int64_t const least = nan_bits(r.threshold) ? (std::numeric_limits<std::int64_t>::max)() : detail::key_of(r.threshold);
  r.kept = confidence.visit([&](auto const* x) {
    idx kept = 0;
    for (idx i = 0; i < confidence.size(); ++i) kept += r.keep[std::size_t(i)] = detail::key_of(x[i]) >= least;
    return kept;
  });
  r.undefined = undefined(confidence);
  return r;
}

/// While an answer is generated: add() is true whenever the window is full and the mean of its confidences is below the threshold; the
/// caller stops at the first. The threshold is percentile(x, p), x the lowest_window of each warm-up answer (16 in the paper); with p = 0.1
/// most answers run to their end, with 0.9 few. An undefined mean does not stop. O(1) amortised time a token, O(window) memory.
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
