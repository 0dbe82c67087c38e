// SPDX-License-Identifier: BSD-3-Clause
// Sums over the negatives of a row, each set against the row's one positive: triplets, one positive at a time.
#pragma once

#include "foil/core/numeric.hpp"
#include "foil/simd/hinge.hpp"
#include "foil/simd/in_place.hpp"
#include "foil/stat/visit.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// relu(x), slope 0 at 0, or softplus; which pairs a mean counts. Vectorised in hinge_pairs.
struct hinge {
  bool soft = false;    ///< softplus in place of relu
  bool nonzero = true;  ///< of relu: only pairs above 0 are counted
  template <Scalar S>
  S operator()(S x) const {
    return soft ? softplus(x) : (std::max)(x, S(0));
  }
  template <Scalar S>
  S slope(S x) const {
    return soft ? sigmoid(x) : S(x > 0);
  }
  template <Scalar S>
  bool counts(S x) const {
    return soft || !nonzero || x > 0;
  }
  /// Values and slopes of n numbers; relu in loops that vectorise.
  template <Scalar S>
  void terms(S const* x, idx n, S* value, S* slope_at) const {
    for (idx j = 0; soft && j < n; ++j) {
      logistic<S> const at(x[j]);
      value[j] = at.softplus(), slope_at[j] = at.sigmoid();
    }
    for (idx j = 0; !soft && j < n; ++j) value[j] = x[j] > 0 ? x[j] : S(0), slope_at[j] = S(x[j] > 0);
  }
  /// The slopes at k score_j + c in out, and how many of the live pairs are counted.
  template <Scalar S>
  simd::in_place_sums add_in_place(S* out, S const* score, slice<S> const& x, S k, S c, idx& counted) const {
    simd::in_place_sums const r = soft ? simd::slopes_in_place(simd::softplus_term{}, out, score, x.bias, x.size, k, c)
                                       : simd::step_in_place(out, score, x.bias, x.size, k, c);
    counted += soft || !nonzero ? simd::count_live(x.bias, x.size) : idx(r.sum_g);
    return r;
  }
};

/// sum_n f(u_n - u_p + c) and the number of pairs that f counts; u_p is the row's own positive.
/// Two values: the sum, the count (constant with respect to the scores).
template <class F>
struct hinge_pairs {
  static constexpr std::size_t width = 2;
  double c = 0;                            ///< finite; the margin, in units of u
  F f{};                                   ///< the hinge
  when_empty empty = when_empty::neutral;  ///< what a row without a negative does

  template <Scalar S>
  struct state {
    double sum = 0, slope = 0;
    idx counted = 0;
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    if constexpr (std::same_as<F, hinge>) {
      S const shift = S(c) - x.own_positive;
      simd::hinge_sums const r =
          f.soft ? simd::sum_hinge<true>(x.u, x.bias, x.size, shift) : simd::sum_hinge<false>(x.u, x.bias, x.size, shift);
      s.sum += r.sum, s.slope += r.slope;
      s.counted += f.soft || !f.nonzero ? simd::count_live(x.bias, x.size) : r.above;
      return;
    }
    visit<over::negatives>(x, [&](idx j) {
      S const d = x.u[j] - x.own_positive + S(c);
      s.sum += double(f(d)), s.slope += double(f.slope(d)), s.counted += f.counts(d);
    });
  }
  template <Scalar S>
  in_place_result<S> add_in_place(state<S>& s, slice<S> const& x, S const* score, S scale, S* out) const requires std::same_as<F, hinge> {
    simd::in_place_sums const r = f.add_in_place(out, score, x, scale, S(c) - x.own_positive, s.counted);
    s.sum += r.sum, s.slope += r.sum_g;
    return {0, 0, r.sum_g, r.sum_g_s};
  }
  template <Scalar S>
  S in_place_factor(state<S> const&, S, std::array<S, 2> const& c_out) const {
    return c_out[0];
  }
  template <Scalar S>
  void slope_positives(state<S> const& s, std::array<S, 2> const& c_out, slice<S> const& x, S* out) const {
    for (idx p : x.positives) out[p] -= c_out[0] * S(s.slope);
  }
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    a.sum += b.sum, a.slope += b.slope, a.counted += b.counted;
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return s.counted > 0;
  }
  template <Scalar S>
  std::array<double, 2> value(state<S> const& s) const {
    return {s.sum, double(s.counted)};
  }
  template <Scalar S>
  std::array<double, 2> total_slope(state<S> const&) const {
    return {};
  }
  template <Scalar S>
  void slope(state<S> const& s, std::array<S, 2> const& c_out, slice<S> const& x, S* out) const {
    if constexpr (std::same_as<F, hinge>) {
      S const shift = S(c) - x.own_positive;
      if (f.soft)
        simd::add_slopes(simd::softplus_term{}, out, x.u, x.bias, x.size, S(1), shift, c_out[0]);
      else
        simd::add_step(out, x.u, x.bias, x.size, shift, c_out[0]);
    } else {
      visit<over::negatives>(x, [&](idx j) { out[j] += c_out[0] * f.slope(x.u[j] - x.own_positive + S(c)); });
    }
    slope_positives(s, c_out, x, out);
  }
};

}}  // namespace foil::stat
