// SPDX-License-Identifier: BSD-3-Clause
// Log-sum-exp of a row, streamed with a running maximum that is never added to the logarithm of the sum. One file because the
// streamed state, its merge and its slopes must agree on where the maximum is kept.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "foil/simd/in_place.hpp"
#include "foil/simd/peak.hpp"
#include "foil/stat/statistic.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// sum_j w_j exp(k u_j) = sum * exp(factor * reference). The reference is a score, before any scaling: a large score
/// keeps all of its digits there, and a softmax is a quotient of exponentials of differences.
template <Scalar S>
struct exp_sum {
  S reference = 0, factor = 0;
  double sum = 0;

  void merge(exp_sum const& b) {
    if (b.sum <= 0) return;
    if (sum <= 0) return void(*this = b);
    S const ahead = b.factor * (b.reference - reference);
    if (ahead <= 0)
      sum += b.sum * double(std::exp(ahead));
    else
      *this = {b.reference, b.factor, sum * double(std::exp(-ahead)) + b.sum};
  }
  /// How far `score` lies above the reference, as an exponent.
  double exponent(S score) const { return double(factor) * (double(score) - double(reference)); }
  /// out_j += c exp(factor (u_j - reference) + b_j), for pairs that need not be in the sum: where the vectors' exponential would end, one
  /// by one, and infinite where S does not hold it.
  void add_terms(S* out, S const* u, S const* bias, idx n, double c) const {
    auto const at = [&](idx j) { return exponent(u[j]) + (bias != nullptr ? double(bias[j]) : 0); };
    std::vector<std::pair<idx, S>> beyond;
    for (idx j = 0; j < n; ++j)
      if (at(j) > double(simd::detail::exp_constants<S>::highest)) beyond.emplace_back(j, out[j]);
    simd::add_exp(out, u, bias, reference, S(c), n, factor);
    for (auto const& [j, before] : beyond) {
      double const now = double(before) + std::copysign(std::exp(std::log(std::abs(c)) + at(j)), c);
      out[j] = std::abs(now) <= double((std::numeric_limits<S>::max)()) ? S(now) : infinity<S>();
    }
  }
  double log() const { return double(factor) * double(reference) + std::log(sum); }
  /// log of this sum over the other; both are there and have one factor.
  double log_over(exp_sum const& b) const { return double(factor) * (double(reference) - double(b.reference)) + std::log(sum / b.sum); }
};

/// log sum_j w_j exp(k u_j), with log w_j the bias. Never overflows; one exp per pair forward, one backward.
template <over Who>
struct log_sum_exp {
  static constexpr bool positives_only = Who == over::positives;
  double k = 1;  ///< factor on the scores; differs from 1 only in re-weighted losses; 0: the log of the sum of the weights
  /// What a row without such a pair does; the value of an empty sum is log_zero.
  when_empty empty = Who == over::negatives ? when_empty::neutral : when_empty::skip;

  template <Scalar S>
  struct state : exp_sum<S> {};

  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    if constexpr (Who != over::positives) {
      S const f = factor(x), m = f != 0 ? simd::max_of_sum(x.plain(), x.bias, x.size, f) : S(0);
      if (f == 0)
        add_weights(s, x);
      else if (m > log_zero_limit<S>) {
        S const reference = simd::peak(x.plain(), x.bias, x.size, m, f);
        s.merge({reference, f, simd::sum_exp(x.plain(), x.bias, reference, x.size, f)});
      }
    }
    add_positives(s, x);
  }
  template <Scalar S>
  in_place_result<S> add_in_place(state<S>& s, slice<S> const& x, S const* score, S scale, S* out) const requires(Who != over::positives) {
    S const f = S(k) * scale, m = simd::max_of_sum(score, x.bias, x.size, f);
    in_place_result<S> left{log_zero<S>};
    if (f != 0 && m > log_zero_limit<S>) {
      left.reference = left.origin = simd::peak(score, x.bias, x.size, m, f);
      simd::in_place_sums const r = simd::exp_in_place(out, score, x.bias, left.reference, x.size, f);
      s.merge({left.reference, f, r.sum});
      left.sum_g = r.sum_g, left.sum_g_s = r.sum_g_s;
    } else {
      if (f == 0) add_weights(s, x);
      std::fill_n(out, x.size, S(0));
    }
    add_positives(s, x);
    return left;
  }
  /// Adds pairs of which only the sum of exp(factor * (score - reference) + b) is known.
  template <Scalar S>
  void add_in_place_sum(state<S>& s, S reference, S factor, S sum) const {
    s.merge({reference, factor, double(sum)});
  }
  /// The numbers left are exp(factor * (score_j - reference) + b_j).
  template <Scalar S>
  S in_place_factor(state<S> const& s, S reference, S c) const {
    return defined(s) && reference > log_zero_limit<S> ? S(double(c) * k / s.sum) * S(std::exp(s.factor * (reference - s.reference)))
                                                       : S(0);
  }
  template <Scalar S>
  void slope_positives(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if (Who == over::negatives || factor(x) == 0) return;
    for (std::size_t p = 0; p < x.positives.size(); ++p) out[x.positives[p]] += S(double(c) * k * share(s, x, p));
  }
  /// The share of positive p in the sum.
  template <Scalar S>
  double share(state<S> const& s, slice<S> const& x, std::size_t p) const {
    S const b = weight(x, p);
    return defined(s) && b > log_zero_limit<S> ? std::exp(s.exponent(x.plain()[x.positives[p]]) + double(b)) / s.sum : 0;
  }
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    a.merge(b);
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return s.sum > 0;
  }
  template <Scalar S>
  double value(state<S> const& s) const {
    return defined(s) ? s.log() : log_zero<double>;
  }
  template <Scalar S>
  double total_slope(state<S> const& s) const {
    return defined(s) ? k : 0;
  }
  template <Scalar S>
  S origin(state<S> const& s) const {
    return s.reference;
  }
  /// out_j += c * d value / d u_j
  template <Scalar S>
  void slope(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if (!defined(s)) return;
    if constexpr (Who != over::positives)
      if (S const f = factor(x); f != 0) simd::add_exp(out, x.plain(), x.bias, s.reference, S(double(c) * k / s.sum), x.size, f);
    slope_positives(s, c, x, out);
  }
  /// out_j += c * d value / d w_j with w_j the linear weight; finite where w_j is 0. The bias of x is what is left of it without w.
  template <Scalar S>
  void weight_slope(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if (!defined(s) || c == 0) return;
    double const each = double(c) / s.sum;
    S const f = factor(x);
    if constexpr (Who != over::positives) {
      if (f != 0)
        s.add_terms(out, x.plain(), x.bias, x.size, each);
      else
        simd::add_exp(out, x.plain(), x.bias, S(0), S(each * std::exp(s.exponent(S(0)))), x.size, S(0));
    }
    if constexpr (Who != over::negatives)
      for (std::size_t p = 0; x.positive_bias != nullptr && p < x.positives.size(); ++p) {
        idx const j = x.positives[p];
        out[j] += S(each * std::exp(s.exponent(f != 0 ? x.plain()[j] : S(0)) + double(x.positive_bias[p])));
      }
  }

 private:
  template <Scalar S>
  S factor(slice<S> const& x) const {
    return S(k) * x.factor();
  }
  template <Scalar S>
  static S weight(slice<S> const& x, std::size_t p) {
    return x.positive_bias ? x.positive_bias[p] : S(0);
  }
  template <Scalar S>
  void add_positives(state<S>& s, slice<S> const& x) const {
    if constexpr (Who != over::negatives)
      for (std::size_t p = 0; p < x.positives.size(); ++p)
        if (S const b = weight(x, p), f = factor(x); b > log_zero_limit<S>)
          s.merge({f != 0 ? x.plain()[x.positives[p]] : S(0), f != 0 ? f : S(1), std::exp((std::min)(double(b), 700.0))});
  }
  /// For k = 0: the sum of the weights, exponentials of the biases.
  template <Scalar S>
  void add_weights(state<S>& s, slice<S> const& x) const {
    if (x.all_count) return s.merge({S(0), S(1), double(x.size)});
    S const* const none = nullptr;
    S const top = simd::max_of_sum(x.bias, none, x.size);
    if (top > log_zero_limit<S>) s.merge({top, S(1), simd::sum_exp(x.bias, none, top, x.size)});
  }
};

}}  // namespace foil::stat
