// SPDX-License-Identifier: BSD-3-Clause
// Mean of a row's scores under softmax weights of the same scores: costs that weigh the hard pairs more.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/stat/log_sum_exp.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// sum_j p_j u_j,  p = softmax(t u + bias);  t = 0 is the plain mean. The gradient passes through p unless `stop`.
template <over Who>
struct softmax_mean {
  double t = 1;                            ///< finite; sharpness of the weights, per unit of u
  bool stop = false;                       ///< the weights p are constant for the gradient
  when_empty empty = when_empty::neutral;  ///< what a row without such a pair does; its value is 0
  static constexpr idx block = 64;

  /// The softmax's sum, and sum_j of its terms times (score_j - base); base is a score, so that a common offset of the
  /// scores leaves the mean's digits alone.
  template <Scalar S>
  struct state : exp_sum<S> {
    S base = 0, scale = 1;
    double dot = 0;
    double beyond() const { return dot / this->sum; }  ///< mean of score - base
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    S const* const score = x.plain();
    if constexpr (Who != over::positives)
      each_block(x, [&](idx first, idx n, S* e) {
        S const f = factor(x), *const bias = x.bias + first, *const z = f != 0 ? score + first : bias;
        S const top = f != 0 ? simd::max_of_sum(z, bias, n, f) : simd::max_of_sum(z, none<S>, n);
        if (!(top > log_zero_limit<S>)) return;
        state<S> part;
        part.reference = f != 0 ? simd::peak(z, bias, n, top, f) : top, part.factor = f != 0 ? f : S(1), part.scale = x.factor();
        part.base = f != 0 ? part.reference : first_live(score + first, bias);
        part.sum = f != 0 ? simd::exp_of_sum(e, z, bias, part.reference, n, f) : simd::exp_of_sum(e, z, none<S>, part.reference, n);
        S beyond[block], base = part.base;
        for (idx j = 0; j < n; ++j) beyond[j] = score[first + j] - base;
        part.dot = double(simd::dot(e, beyond, n));
        merge(s, part);
      });
    if constexpr (Who != over::negatives)
      for (std::size_t p = 0; p < x.positives.size(); ++p)
        if (S const b = weight(x, p); b > log_zero_limit<S>) {
          state<S> part;
          S const own = score[x.positives[p]], f = factor(x);
          part.reference = f != 0 ? own : S(0), part.factor = f != 0 ? f : S(1), part.base = own, part.scale = x.factor();
          part.sum = std::exp((std::min)(double(b), 700.0));
          merge(s, part);
        }
  }
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    if (b.sum <= 0) return;
    if (a.sum <= 0) return void(a = b);
    double const ahead = double(b.factor) * (double(b.reference) - double(a.reference));
    if (ahead > 0) {
      state<S> const old = a;
      a = b;
      return fold(a, old, std::exp(-ahead));
    }
    fold(a, b, std::exp(ahead));
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return s.sum > 0;
  }
  template <Scalar S>
  double value(state<S> const& s) const {
    return defined(s) ? double(s.scale) * (double(s.base) + s.beyond()) : 0;
  }
  template <Scalar S>
  double total_slope(state<S> const& s) const {
    return defined(s);
  }
  template <Scalar S>
  S origin(state<S> const& s) const {
    return s.base;
  }
  template <Scalar S>
  void slope(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if (!defined(s)) return;
    // c p_j (1 + through (score_j - mean)), from the base
    S const f = factor(x);
    double const each = double(c) / s.sum, through = stop ? 0 : double(f);
    S const flat = S(each * (1 - through * s.beyond())), steep = S(each * through), base = s.base;
    S const* const score = x.plain();
    if constexpr (Who != over::positives)
      each_block(x, [&](idx first, idx n, S* e) {
        S const *const u = score + first, *const bias = x.bias + first;
        f != 0 ? simd::exp_of_sum(e, u, bias, s.reference, n, f) : simd::exp_of_sum(e, bias, none<S>, s.reference, n);
        for (idx j = 0; j < n; ++j) out[first + j] += e[j] * (flat + steep * (u[j] - base));
      });
    if constexpr (Who != over::negatives)
      for (std::size_t p = 0; p < x.positives.size(); ++p) {
        idx const j = x.positives[p];
        if (S const b = weight(x, p); b > log_zero_limit<S>)
          out[j] += S(std::exp((f != 0 ? s.exponent(score[j]) : 0) + double(b))) * (flat + steep * (score[j] - base));
      }
  }
  /// out_j += c * d value / d w_j with w_j the linear weight; the bias of x is what is left of it without w.
  template <Scalar S>
  void weight_slope(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if (!defined(s) || c == 0) return;
    double const each = double(c) / s.sum;
    S const f = factor(x), middle = S(s.beyond()), *const score = x.plain();
    double const plain = f != 0 ? 0 : s.exponent(S(0));  // without a factor the reference is a log weight
    auto const one = [&](idx j, S bias) {
      double const exponent = (f != 0 ? s.exponent(score[j]) : plain) + double(bias);
      out[j] += S(each * std::exp(exponent) * double(x.factor()) * double((score[j] - s.base) - middle));
    };
    if constexpr (Who != over::positives)
      for (idx j = 0; j < x.size; ++j)
        if (x.bias[j] > log_zero_limit<S>) one(j, x.bias[j]);
    if constexpr (Who != over::negatives)
      for (std::size_t p = 0; x.positive_bias != nullptr && p < x.positives.size(); ++p) one(x.positives[p], x.positive_bias[p]);
  }

 private:
  template <Scalar S>
  static constexpr S const* none = nullptr;
  template <Scalar S>
  S factor(slice<S> const& x) const {
    return S(t) * x.factor();
  }
  template <Scalar S>
  static S weight(slice<S> const& x, std::size_t p) {
    return x.positive_bias ? x.positive_bias[p] : S(0);
  }
  template <Scalar S>
  static S first_live(S const* score, S const* bias) {
    idx j = 0;
    while (!(bias[j] > log_zero_limit<S>)) ++j;
    return score[j];
  }
  template <Scalar S>
  static void fold(state<S>& a, state<S> const& b, double shrink) {
    a.sum += shrink * b.sum, a.dot += shrink * (b.dot + b.sum * (double(b.base) - double(a.base)));
  }
  template <Scalar S, class G>
  void each_block(slice<S> const& x, G const& g) const {
    S e[block];
    for (idx first = 0; first < x.size; first += block) g(first, (std::min)(block, x.size - first), e);
  }
};

}}  // namespace foil::stat
