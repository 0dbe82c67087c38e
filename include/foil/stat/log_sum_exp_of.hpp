// SPDX-License-Identifier: BSD-3-Clause
// Log-sum-exp of a function of each score: losses whose logits bend with the pair.
#pragma once

#include <algorithm>

#include "foil/stat/log_sum_exp.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// log sum_j w_j exp(f(u_j)), with log w_j the bias; f: operator() and slope. Never overflows.
template <over Who, class F>
struct log_sum_exp_of {
  F f{};  ///< from a scaled score to a logit
  when_empty empty = Who == over::negatives ? when_empty::neutral : when_empty::skip;
  using plain = log_sum_exp<Who>;
  static constexpr bool positives_only = Who == over::positives;
  static constexpr idx block = 64;

  template <Scalar S>
  struct state {
    typename plain::template state<S> sum;
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    if constexpr (Who != over::positives)
      each_block(x, [&](idx first, idx n, S const* z) {
        S const* const bias = x.bias + first;
        S const top = simd::max_of_sum(z, bias, n);
        if (!(top > log_zero_limit<S>)) return;
        S const reference = simd::peak(z, bias, n, top, S(1));
        s.sum.merge({reference, S(1), simd::sum_exp(z, bias, reference, n)});
      });
    add_positives(s, x);
  }
  template <Scalar S>
  in_place_result<S> add_in_place(state<S>& s, slice<S> const& x, S const* score, S scale, S* out) const requires(Who != over::positives) {
    F const g = f;  // copies, which no store can change: the loops vectorise
    in_place_result<S> left{log_zero<S>};
    S own[slice_columns], z[slice_columns], slope[slice_columns];
    z[0] = S(0);  // the maximum of no columns reads none, which g++ 14 does not see
    std::copy_n(score, x.size, own);
    for (idx j = 0; j < x.size; ++j) z[j] = g(scale * own[j]), slope[j] = g.slope(scale * own[j]);
    if (S const top = simd::max_of_sum(z, x.bias, x.size); top > log_zero_limit<S>) {
      left.reference = simd::peak(z, x.bias, x.size, top, S(1));
      s.sum.merge({left.reference, S(1), simd::exp_of_sum(z, z, x.bias, left.reference, x.size)});
    } else {
      std::fill_n(z, x.size, S(0));
    }
    for (idx j = 0; j < x.size; ++j) slope[j] *= z[j], own[j] *= slope[j];
    std::copy_n(slope, x.size, out);
    S const* const no_bias = nullptr;
    left.sum_g = double(simd::sum_live(slope, no_bias, x.size)), left.sum_g_s = double(simd::sum_live(own, no_bias, x.size));
    add_positives(s, x);
    return left;
  }
  template <Scalar S>
  S in_place_factor(state<S> const& s, S reference, S c) const {
    return plain{}.in_place_factor(s.sum, reference, c);
  }
  template <Scalar S>
  void slope_positives(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if constexpr (Who == over::negatives) return;
    if (!defined(s)) return;
    for (std::size_t p = 0; p < x.positives.size(); ++p)
      if (S const z = exponent(x, p); z > log_zero_limit<S>)
        out[x.positives[p]] += S(double(c) * std::exp(s.sum.exponent(z)) / s.sum.sum * double(f.slope(x.u[x.positives[p]])));
  }
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    plain{}.merge(a.sum, b.sum);
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return plain{}.defined(s.sum);
  }
  template <Scalar S>
  double value(state<S> const& s) const {
    return plain{}.value(s.sum);
  }
  template <Scalar S>
  void slope(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if (!defined(s)) return;
    S const each = S(double(c) / s.sum.sum);
    if constexpr (Who != over::positives)
      each_block(x, [&](idx first, idx n, S* z) {
        simd::exp_of_sum(z, z, x.bias + first, s.sum.reference, n);
        for (idx j = 0; j < n; ++j) out[first + j] += each * z[j] * f.slope(x.u[first + j]);
      });
    slope_positives(s, c, x, out);
  }
  /// out_j += c * d value / d w_j with w_j the linear weight; the bias of x is what is left of it without w.
  template <Scalar S>
  void weight_slope(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if (!defined(s) || c == 0) return;
    double const each = double(c) / s.sum.sum;
    if constexpr (Who != over::positives)
      each_block(x, [&](idx first, idx n, S const* z) { s.sum.add_terms(out + first, z, x.bias + first, n, each); });
    if constexpr (Who != over::negatives)
      for (std::size_t p = 0; x.positive_bias != nullptr && p < x.positives.size(); ++p)
        out[x.positives[p]] += S(each * std::exp(s.sum.exponent(exponent(x, p))));
  }

 private:
  template <Scalar S>
  void add_positives(state<S>& s, slice<S> const& x) const {
    if constexpr (Who != over::negatives)
      for (std::size_t p = 0; p < x.positives.size(); ++p)
        if (S const z = exponent(x, p); z > log_zero_limit<S>) s.sum.merge({z, S(1), 1});
  }
  /// g(first, n, f of the scores first .. first + n).
  template <Scalar S, class G>
  void each_block(slice<S> const& x, G const& g) const {
    S z[block];
    for (idx first = 0; first < x.size; first += block) {
      idx const n = (std::min)(block, x.size - first);
      for (idx j = 0; j < n; ++j) z[j] = f(x.u[first + j]);
      g(first, n, z);
    }
  }
  template <Scalar S>
  S exponent(slice<S> const& x, std::size_t p) const {
    return f(x.u[x.positives[p]]) + (x.positive_bias ? x.positive_bias[p] : S(0));
  }
};

}}  // namespace foil::stat
