// Log-sum-exp of a row, streamed with a running maximum.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/simd/row.hpp"
#include "foil/stat/slice.hpp"

namespace foil::inline FOIL_ABI::stat {

/// log sum_j w_j exp(k u_j), with log w_j the bias. Never overflows; one exp per pair forward, one backward.
template <over Who>
struct log_sum_exp {
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
    if constexpr (Who != over::negatives)
      for (std::size_t p = 0; p < x.positives.size(); ++p)
        if (S const v = exponent(x, p); v > dropped_below<S>) merge(s, {v, S(1)});
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
    if constexpr (Who != over::negatives)
      for (std::size_t p = 0; p < x.positives.size(); ++p)
        if (S const v = exponent(x, p); v > dropped_below<S>) out[x.positives[p]] += c * S(k) * std::exp(v - z);
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
  S exponent(slice<S> const& x, std::size_t p) const {
    return S(k) * x.u[x.positives[p]] + (x.positive_bias ? x.positive_bias[p] : S(0));
  }
};

}  // namespace foil::inline FOIL_ABI::stat
