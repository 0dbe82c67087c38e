// SPDX-License-Identifier: BSD-3-Clause
// Moments of one row of logits in one pass: log-sum-exp, mean, entropy, sum of squares; states of shards
// merge.
#pragma once

#include <limits>

#include "foil/simd/moments.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// Over which logits the uniform distribution spreads.
enum class support {
  full,   ///< the whole vocabulary: a logit of minus infinity is a token of probability 0
  finite  ///< those above minus infinity: what a truncation left
};

/// What a row of logits z_1 .. z_V amounts to (p = softmax(k z), k = scale = 1 / temperature, nats):
///   top = max z,  linear = sum (z - top),  exp_sum = sum e^{k (z - top)},
///   exp_linear = sum k (z - top) e^{k (z - top)},  exp_square = sum e^{2 k (z - top)}.
/// Every value below is a formula of these and does not change when a constant is added to the logits. The differences are
/// formed before they are scaled, so that the smallest temperature (1 / temperature must be a number) loses no digits.
/// A row is undefined, and its values are quiet NaN, if it holds a NaN or +inf, or no finite logit at all.
/// Feed raw logits: a mask of -inf is counted as filtered, a finite mask value (-3.4e38) is a logit like any
/// other. O(V) time with one exp per logit, O(1) memory; trivially copyable; sums in double.
struct vocabulary {
  static constexpr idx chunk = 4096;  ///< logits whose maximum is known before the first exp: they stay in cache

  idx finite = 0, filtered = 0, bad = 0;  ///< numbers of finite logits; of -inf; of NaN and +inf
  double top = 0, linear = 0, exp_sum = 0, exp_linear = 0, exp_square = 0;
  double scale = 1;  ///< of the logits that were added

  /// Adds n logits (a whole row or a shard of it); scale = 1 / temperature, the same in every call.
  template <Storage T>
  void add(T const* z, idx n, double k = 1) {
    for (idx j = 0; j < n; j += chunk) add_chunk(z + j, (std::min)(chunk, n - j), k);
  }
  /// The state of both shards together; exact up to rounding, in any order.
  void merge(vocabulary other) {
    if (other.finite > 0 && finite > 0) {
      double const highest = (std::max)(top, other.top);
      raise(highest), other.raise(highest);
    }
    if (finite == 0) top = other.top, scale = other.scale;
    finite += other.finite, filtered += other.filtered, bad += other.bad;
    linear += other.linear, exp_sum += other.exp_sum;
    exp_linear += other.exp_linear, exp_square += other.exp_square;
  }

  idx size() const { return finite + filtered + bad; }
  bool defined() const { return bad == 0 && finite > 0; }
  /// Of the scaled logits, as is the mean over finite ones; infinite where no double holds it.
  double log_sum_exp() const { return defined() ? top * scale + std::log(exp_sum) : quiet_nan<double>(); }
  double mean() const { return defined() ? (top + linear / double(finite)) * scale : quiet_nan<double>(); }
  double max_prob() const { return defined() ? 1 / exp_sum : quiet_nan<double>(); }
  /// -sum p ln p, with 0 ln 0 = 0; in [0, ln V].
  double entropy() const { return defined() ? (std::max)(0.0, std::log(exp_sum) - exp_linear / exp_sum) : quiet_nan<double>(); }
  double perplexity() const { return defined() ? std::exp(entropy()) : quiet_nan<double>(); }
  /// sum p^2; in [1 / V, 1].
  double collision() const { return defined() ? exp_square / (exp_sum * exp_sum) : quiet_nan<double>(); }
  double gini() const { return defined() ? (std::max)(0.0, 1 - collision()) : quiet_nan<double>(); }
  /// ln p of a logit of this row; -inf for a filtered one.
  double log_prob(double logit) const {
    if (!defined() || nan_bits(logit)) return quiet_nan<double>();
    if (ineligible_bits(logit)) return minus_infinity<double>();
    return (std::max)((logit - top) * scale - std::log(exp_sum), (std::numeric_limits<double>::lowest)());
  }
  /// How many logits the uniform distribution spreads over.
  idx width(support over) const { return over == support::full ? size() : finite; }
  /// KL(uniform || p) = log-sum-exp - mean - ln n >= 0; +inf if uniform mass lies on a filtered logit.
  double self_certainty(support over) const {
    if (!defined()) return quiet_nan<double>();
    if (width(over) > finite) return infinity<double>();
    double const n = double(finite);
    double const x = std::log(exp_sum) - linear / n * scale - std::log(n);
    return (std::min)((std::max)(0.0, x), (std::numeric_limits<double>::max)());
  }
  /// KL(p || uniform) = ln n - entropy; in [0, ln n].
  double kl_from_uniform(support over) const {
    return defined() ? (std::max)(0.0, std::log(double(width(over))) - entropy()) : quiet_nan<double>();
  }

 private:
  template <Storage T>
  void add_chunk(T const* z, idx n, double k) {
    if constexpr (Scalar<T>)
      if (auto const most = simd::largest_of(z, n); most.finite) return add_finite(z, n, most.value, k);
    add_sorted_out(z, n, k);
  }
  /// A chunk of a half type, or one with something else than numbers in it: what is finite is copied out
  /// first.
  template <Storage T>
  [[gnu::noinline]] void add_sorted_out(T const* z, idx n, double k) {
    arithmetic<T> kept[std::size_t(chunk)];
    idx count = 0;
    for (idx j = 0; j < n; ++j) {
      auto const x = arithmetic<T>(z[j]);
      if (finite_bits(x))
        kept[count++] = x;
      else
        ++(ineligible_bits(x) && !nan_bits(x) ? filtered : bad);
    }
    if (count > 0) add_finite(kept, count, simd::largest_of(kept, count).value, k);
  }
  template <Scalar S>
  void add_finite(S const* z, idx n, S highest, double k) {
    if constexpr (sizeof(S) < sizeof(double))
      if (k > 1e30) return add_widened(z, n, highest, k);
    simd::exp_moments const x = simd::moments(z, highest, n, S((std::min)(k, 1e304)));
    merge({.finite = n,
           .top = double(highest),
           .linear = x.linear,
           .exp_sum = x.sum,
           .exp_linear = x.dot,
           .exp_square = x.square,
           .scale = k});
  }
  /// For a scale beyond float's range: logits are widened to double first.
  template <Scalar S>
  [[gnu::noinline]] void add_widened(S const* z, idx n, S highest, double k) {
    double wide[std::size_t(chunk)];
    std::copy(z, z + n, wide);
    add_finite(wide, n, double(highest), k);
  }
  void raise(double highest) {
    double const d = (std::max)((top - highest) * scale, -708.0), e = std::exp(d);
    linear += double(finite) * (top - highest);
    exp_linear = e * (exp_linear + d * exp_sum);
    exp_sum *= e, exp_square *= e * e;
    top = highest;
  }
};

}}  // namespace foil::stat
