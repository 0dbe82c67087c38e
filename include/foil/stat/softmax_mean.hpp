// Mean of a row's scores under softmax weights of the same scores: costs that weigh the hard pairs more.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/simd/row.hpp"
#include "foil/stat/slice.hpp"

namespace foil::inline FOIL_ABI::stat {

/// sum_j p_j u_j,  p = softmax(t u + bias);  t = 0 is the plain mean. The gradient passes through p unless `stop`.
template <over Who>
struct softmax_mean {
  double t = 1;
  bool stop = false;
  when_empty empty = when_empty::neutral;
  static constexpr idx block = 64;

  template <Scalar S>
  struct state {
    S top = drop<S>, sum = 0, dot = 0;  ///< sum of e^(z - top), of u e^(z - top)
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    if constexpr (Who != over::positives)
      each_block(x, [&](idx first, idx n, S* e) {
        S const *const u = x.u + first, *const bias = x.bias + first;
        S const top = simd::max_of_sum(u, bias, n, S(t));
        if (!(top > dropped_below<S>)) return;
        S const sum = simd::exp_of_sum(e, u, bias, top, n, S(t));
        merge(s, {top, sum, simd::dot(e, u, n)});
      });
    if constexpr (Who != over::negatives)
      for (std::size_t p = 0; p < x.positives.size(); ++p)
        if (S const z = exponent(x, p); z > dropped_below<S>) merge(s, state<S>{z, S(1), x.u[x.positives[p]]});
  }
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    if (b.sum <= 0) return;
    if (b.top > a.top) {
      S const shrink = std::exp(a.top - b.top);
      a = {b.top, a.sum * shrink + b.sum, a.dot * shrink + b.dot};
    } else {
      S const shrink = std::exp(b.top - a.top);
      a.sum += b.sum * shrink, a.dot += b.dot * shrink;
    }
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return s.sum > 0;
  }
  template <Scalar S>
  S value(state<S> const& s) const {
    return defined(s) ? s.dot / s.sum : S(0);
  }
  template <Scalar S>
  void slope(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if (!defined(s)) return;
    S const all = s.top + std::log(s.sum), mean = value(s), through = stop ? S(0) : S(t);
    if constexpr (Who != over::positives)
      each_block(x, [&](idx first, idx n, S* e) {
        S const* const u = x.u + first;
        simd::exp_of_sum(e, u, x.bias + first, all, n, S(t));
        for (idx j = 0; j < n; ++j) out[first + j] += c * e[j] * (1 + through * (u[j] - mean));
      });
    if constexpr (Who != over::negatives)
      for (std::size_t p = 0; p < x.positives.size(); ++p) {
        idx const j = x.positives[p];
        if (S const z = exponent(x, p); z > dropped_below<S>) out[j] += c * std::exp(z - all) * (1 + through * (x.u[j] - mean));
      }
  }
  /// out_j += c * d value / d w_j with w_j the linear weight (its logarithm is the bias).
  template <Scalar S>
  void weight_slope(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if (!defined(s)) return;
    S const all = s.top + std::log(s.sum), mean = value(s);
    auto const one = [&](idx j) { out[j] += c * std::exp(S(t) * x.u[j] - all) * (x.u[j] - mean); };
    if constexpr (Who == over::positives)
      for (idx p : x.positives) one(p);
    else
      for (idx j = 0; j < x.size; ++j) one(j);
  }

 private:
  template <Scalar S, class G>
  void each_block(slice<S> const& x, G const& g) const {
    S e[block];
    for (idx first = 0; first < x.size; first += block) g(first, (std::min)(block, x.size - first), e);
  }
  template <Scalar S>
  S exponent(slice<S> const& x, std::size_t p) const {
    return S(t) * x.u[x.positives[p]] + (x.positive_bias ? x.positive_bias[p] : S(0));
  }
};

}  // namespace foil::inline FOIL_ABI::stat
