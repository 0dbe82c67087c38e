// SPDX-License-Identifier: BSD-3-Clause
// Sum over a row of a hinge of each score, and how many of its terms count: losses that average over active pairs.
#pragma once

#include <algorithm>

#include "foil/core/numeric.hpp"
#include "foil/simd/in_place.hpp"
#include "foil/stat/statistic.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// sum_j f(k u_j + c) and the number of j for which f.counts(k u_j + c); the number is constant for the gradient.
/// f: operator(), slope, counts, all without branches that depend on the row (the negatives' loops vectorise).
template <over Who, class F>
struct active_sum {
  static constexpr std::size_t width = 2;
  static constexpr bool positives_only = Who == over::positives;
  double k = 1, c = 0;                     ///< finite; factor and offset of the scaled scores
  F f{};                                   ///< the hinge
  when_empty empty = when_empty::neutral;  ///< what a row without such a pair does

  template <Scalar S>
  struct state {
    double sum = 0;
    idx active = 0;
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    if constexpr (Who != over::positives) {
      S term[slice_columns], counted[slice_columns];
      for (idx j = 0; j < x.size; ++j) {
        S const y = at(x.u[j]);
        term[j] = f(y), counted[j] = f.counts(y) ? S(1) : S(0);
      }
      add_live(s, term, counted, x);
    }
    add_positives(s, x);
  }
  template <Scalar S>
  in_place_result<S> add_in_place(state<S>& s, slice<S> const& x, S const* score, S scale, S* out) const requires(Who != over::positives) {
    if constexpr (requires { f.add_in_place(out, score, x, scale, scale, s.active); }) {
      simd::in_place_sums const r = f.add_in_place(out, score, x, S(k) * scale, S(c), s.active);
      s.sum += r.sum;
      add_positives(s, x);
      return {0, 0, r.sum_g, r.sum_g_s};
    }
    F const g = f;  // copies, which no store can change: the loops vectorise
    S own[slice_columns], term[slice_columns], counted[slice_columns], slope[slice_columns];
    std::copy_n(score, x.size, own);
    for (idx j = 0; j < x.size; ++j) {
      S const y = at(scale * own[j]);
      term[j] = g(y), counted[j] = g.counts(y) ? S(1) : S(0), slope[j] = g.slope(y);
    }
    for (idx j = 0; j < x.size; ++j) slope[j] = x.bias[j] > log_zero_limit<S> ? slope[j] : S(0);
    for (idx j = 0; j < x.size; ++j) own[j] *= slope[j];
    std::copy_n(slope, x.size, out);
    add_live(s, term, counted, x);
    in_place_result<S> const left{0, 0, sum(slope, x.size), sum(own, x.size)};
    add_positives(s, x);
    return left;
  }
  template <Scalar S>
  S in_place_factor(state<S> const&, S, std::array<S, 2> const& share) const {
    return share[0] * S(k);
  }
  template <Scalar S>
  void slope_positives(state<S> const&, std::array<S, 2> const& share, slice<S> const& x, S* out) const {
    if constexpr (Who != over::negatives)
      for (idx p : x.positives) out[p] += share[0] * S(k) * f.slope(at(x.u[p]));
  }
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    a.sum += b.sum, a.active += b.active;
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return s.active > 0;
  }
  template <Scalar S>
  std::array<double, 2> value(state<S> const& s) const {
    return {s.sum, double(s.active)};
  }
  template <Scalar S>
  void slope(state<S> const& s, std::array<S, 2> const& share, slice<S> const& x, S* out) const {
    S const factor = share[0] * S(k);
    if constexpr (Who != over::positives)
      for (idx j = 0; j < x.size; ++j) {
        S const d = factor * f.slope(at(x.u[j]));
        out[j] += x.bias[j] > log_zero_limit<S> ? d : S(0);
      }
    slope_positives(s, share, x, out);
  }

 private:
  template <Scalar S>
  static double sum(S const* x, idx n) {
    return double(simd::sum_live(x, static_cast<S const*>(nullptr), n));
  }
  template <Scalar S>
  static void add_live(state<S>& s, S const* term, S const* counted, slice<S> const& x) {
    s.sum += double(simd::sum_live(term, x.bias, x.size));
    s.active += idx(simd::sum_live(counted, x.bias, x.size));
  }
  template <Scalar S>
  void add_positives(state<S>& s, slice<S> const& x) const {
    if constexpr (Who != over::negatives)
      for (idx p : x.positives) s.sum += double(f(at(x.u[p]))), s.active += f.counts(at(x.u[p]));
  }
  template <Scalar S>
  S at(S u) const {
    return S(k) * u + S(c);
  }
};

}}  // namespace foil::stat
