// SPDX-License-Identifier: BSD-3-Clause
// Two log-sum-exps of a row's negatives at once: the tilted one, and that of the tilt's own weights.
#pragma once

#include "foil/stat/log_sum_exp.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// log sum_j w_j exp((1 + beta) u_j)  and  log sum_j w_j exp(beta u_j), with log w_j the bias.
struct tilted_pair {
  static constexpr std::size_t width = 2;
  using part = log_sum_exp<over::negatives>;
  double beta = 0;                         ///< finite; the tilt
  when_empty empty = when_empty::neutral;  ///< what a row without a negative does

  template <Scalar S>
  struct state {
    part::state<S> tilted, weights;
  };
  /// Without a tilt the weights do not depend on the scores, and one exponential is all.
  bool in_place() const { return beta == 0; }

  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    tilted().add(s.tilted, x), weights().add(s.weights, x);
  }
  template <Scalar S>
  in_place_result<S> add_in_place(state<S>& s, slice<S> const& x, S const* score, S scale, S* out) const {
    weights().add(s.weights, x);
    return tilted().add_in_place(s.tilted, x, score, scale, out);
  }
  template <Scalar S>
  S in_place_factor(state<S> const& s, S reference, std::array<S, 2> const& c) const {
    return tilted().in_place_factor(s.tilted, reference, c[0]);
  }
  template <Scalar S>
  void slope_positives(state<S> const&, std::array<S, 2> const&, slice<S> const&, S*) const {}
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    tilted().merge(a.tilted, b.tilted), weights().merge(a.weights, b.weights);
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return tilted().defined(s.tilted) && weights().defined(s.weights);
  }
  template <Scalar S>
  std::array<double, 2> value(state<S> const& s) const {
    return {tilted().value(s.tilted), weights().value(s.weights)};
  }
  template <Scalar S>
  std::array<double, 2> total_slope(state<S> const& s) const {
    return {tilted().total_slope(s.tilted), weights().total_slope(s.weights)};
  }
  template <Scalar S>
  S origin(state<S> const& s) const {
    return s.tilted.reference;
  }
  template <Scalar S>
  void slope(state<S> const& s, std::array<S, 2> const& c, slice<S> const& x, S* out) const {
    tilted().slope(s.tilted, c[0], x, out);
    weights().slope(s.weights, c[1], x, out);
  }
  template <Scalar S>
  void weight_slope(state<S> const& s, std::array<S, 2> const& c, slice<S> const& x, S* out) const {
    tilted().weight_slope(s.tilted, c[0], x, out), weights().weight_slope(s.weights, c[1], x, out);
  }

 private:
  part tilted() const { return {.k = 1 + beta}; }
  part weights() const { return {.k = beta}; }
};

}}  // namespace foil::stat
