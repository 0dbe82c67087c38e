// Log-sum-exp of a row, streamed with a running maximum.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/simd/keep.hpp"
#include "foil/stat/slice.hpp"

namespace foil::inline FOIL_ABI::stat {

/// log sum_j w_j exp(k u_j), with log w_j the bias. Never overflows; one exp per pair forward, one backward.
template <over Who>
struct log_sum_exp {
  static constexpr bool positives_only = Who == over::positives;
  double k = 1;  ///< factor on the scores; differs from 1 only in re-weighted losses
  when_empty empty = Who == over::negatives ? when_empty::neutral : when_empty::skip;

  template <Scalar S>
  struct state {
    S top = drop<S>;
    S sum = 0;
  };

  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    if constexpr (Who != over::positives) {
      S const m = simd::max_of_sum(x.u, x.bias, x.size, S(k));
      if (m > dropped_below<S>) merge(s, {m, simd::sum_exp(x.u, x.bias, m, x.size, S(k))});
    }
    add_positives(s, x);
  }
  template <Scalar S>
  kept_slice<S> keep(state<S>& s, slice<S> const& x, S const* score, S scale, S* out) const
    requires(Who != over::positives)
  {
    S const factor = S(k) * scale, m = simd::max_of_sum(score, x.bias, x.size, factor);
    kept_slice<S> kept{m};
    if (m > dropped_below<S>) {
      simd::kept_sums const r = simd::keep_exp(out, score, x.bias, m, x.size, factor);
      merge(s, {m, S(r.sum)});
      kept.alone = r.alone, kept.with_score = r.with_score;
    } else {
      std::fill_n(out, x.size, S(0));
    }
    add_positives(s, x);
    return kept;
  }
  /// Adds pairs of which only the sum of exp(k u + b - mark) is known.
  template <Scalar S>
  void add_kept(state<S>& s, S mark, S sum) const {
    merge(s, {mark, sum});
  }
  /// The kept numbers are exp(k u_j + b_j - mark).
  template <Scalar S>
  S kept_factor(state<S> const& s, S mark, S c) const {
    return defined(s) && mark > dropped_below<S> ? c * S(k) * std::exp(mark - s.top) / s.sum : S(0);
  }
  template <Scalar S>
  void slope_positives(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if constexpr (Who == over::negatives) return;
    if (!defined(s)) return;
    S const z = value(s);
    for (std::size_t p = 0; p < x.positives.size(); ++p)
      if (S const v = exponent(x, p); v > dropped_below<S>) out[x.positives[p]] += c * S(k) * std::exp(v - z);
  }
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    if (b.sum <= 0) return;
    if (b.top <= a.top) {
      a.sum += b.sum * std::exp(b.top - a.top);
    } else {
      a.sum = a.sum * std::exp(a.top - b.top) + b.sum;
      a.top = b.top;
    }
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return s.sum > 0;
  }
  template <Scalar S>
  S value(state<S> const& s) const {
    return defined(s) ? s.top + std::log(s.sum) : drop<S>;
  }
  /// out_j += c * d value / d u_j
  template <Scalar S>
  void slope(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if (!defined(s)) return;
    S const z = value(s);
    if constexpr (Who != over::positives) simd::add_exp(out, x.u, x.bias, z, c * S(k), x.size, S(k));
    slope_positives(s, c, x, out);
  }
  /// out_j += c * d value / d w_j with w_j the linear weight; finite where w_j is 0.
  template <Scalar S>
  void weight_slope(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if (!defined(s)) return;
    S const z = value(s);
    if constexpr (Who != over::positives) simd::add_exp(out, x.u, static_cast<S const*>(nullptr), z, c, x.size, S(k));
    if constexpr (Who == over::positives)
      for (idx p : x.positives) out[p] += c * std::exp(S(k) * x.u[p] - z);
  }

 private:
  template <Scalar S>
  void add_positives(state<S>& s, slice<S> const& x) const {
    if constexpr (Who != over::negatives)
      for (std::size_t p = 0; p < x.positives.size(); ++p)
        if (S const v = exponent(x, p); v > dropped_below<S>) merge(s, {v, S(1)});
  }
  template <Scalar S>
  S exponent(slice<S> const& x, std::size_t p) const {
    return S(k) * x.u[x.positives[p]] + (x.positive_bias ? x.positive_bias[p] : S(0));
  }
};

}  // namespace foil::inline FOIL_ABI::stat
