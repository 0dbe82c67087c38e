// SPDX-License-Identifier: BSD-3-Clause
// Sum over a row of a function of each score: losses that treat every pair on its own.
#pragma once

#include "foil/simd/in_place.hpp"
#include "foil/stat/pair_term.hpp"
#include "foil/stat/visit.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// sum_j f(k u_j + c) over the negatives, the positives or both, by `Who`, without weights, in double; of a vectorised f the registers of a
/// slice add up first. An empty sum is 0.
template <over Who, class F>
struct sum_of {
  double k = 1, c = 0;                     ///< finite; factor and offset of the scaled scores
  F f{};                                   ///< operator() and slope, of a number; vectorised if lanes() names a simd/pair_term.hpp
  when_empty empty = when_empty::neutral;  ///< what a row without such a pair does
  static constexpr bool vector = Who == over::negatives && requires(F const& g) { g.lanes(); };
  static constexpr bool positives_only = Who == over::positives;

  template <Scalar S>
  struct state {
    double sum = 0;
    idx count = 0;
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    if constexpr (vector) {
      s.sum += simd::sum_terms(f.lanes(), x.u, x.bias, x.size, S(k), S(c));
      s.count += simd::count_live(x.bias, x.size);
    } else {
      visit<Who>(x, [&](idx j) { s.sum += double(f(S(k) * x.u[j] + S(c))), ++s.count; });
    }
  }
  template <Scalar S>
  in_place_result<S> add_in_place(state<S>& s, slice<S> const& x, S const* score, S scale, S* out) const requires vector {
    simd::in_place_sums const r = simd::slopes_in_place(f.lanes(), out, score, x.bias, x.size, S(k) * scale, S(c));
    s.sum += r.sum, s.count += simd::count_live(x.bias, x.size);
    return {0, 0, r.sum_g, r.sum_g_s};
  }
  template <Scalar S>
  S in_place_factor(state<S> const&, S, S share) const {
    return share * S(k);
  }
  template <Scalar S>
  void slope_positives(state<S> const&, S, slice<S> const&, S*) const {}
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    a.sum += b.sum, a.count += b.count;
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return s.count > 0;
  }
  template <Scalar S>
  double value(state<S> const& s) const {
    return s.sum;
  }
  template <Scalar S>
  void slope(state<S> const&, S share, slice<S> const& x, S* out) const {
    if constexpr (vector)
      simd::add_slopes(f.lanes(), out, x.u, x.bias, x.size, S(k), S(c), share * S(k));
    else
      visit<Who>(x, [&](idx j) { out[j] += share * S(k) * f.slope(S(k) * x.u[j] + S(c)); });
  }
};

}}  // namespace foil::stat
