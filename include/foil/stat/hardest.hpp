// SPDX-License-Identifier: BSD-3-Clause
// The hardest pair of a row: the largest negative or the smallest positive. Ties go to the lower column.
#pragma once

#include "foil/simd/hinge.hpp"
#include "foil/stat/visit.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// max_N u or min_P u, by `Who`; ties to the lower column, which alone has slope 1. A row without such a pair does what `empty` says; its
/// value is 0.
template <over Who>
struct hardest {
  static_assert(Who != over::everyone, "foil: the hardest pair is either a negative or a positive");
  static constexpr int sign = Who == over::negatives ? 1 : -1;
  static constexpr bool positives_only = Who == over::positives;
  when_empty empty = when_empty::skip;  ///< what a row without such a pair does

  template <Scalar S>
  struct state {
    S key = log_zero<S>;
    idx column = -1;
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    if constexpr (Who == over::negatives) {
      S const most = simd::largest_live(x.u, x.bias, x.size);
      if (most <= log_zero_limit<S> || (s.column >= 0 && most <= s.key)) return;  // columns come in order
      for (idx j = 0; j < x.size; ++j)
        if (x.u[j] == most && x.bias[j] > log_zero_limit<S>) return merge(s, state<S>{most, x.first + j});
    } else {
      visit<Who>(x, [&](idx j) { merge(s, state<S>{S(sign) * x.u[j], x.first + j}); });
    }
  }
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    if (b.column < 0) return;
    if (a.column < 0 || b.key > a.key || (b.key == a.key && b.column < a.column)) a = b;
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return s.column >= 0;
  }
  template <Scalar S>
  S value(state<S> const& s) const {
    return defined(s) ? S(sign) * s.key : S(0);
  }
  template <Scalar S>
  double total_slope(state<S> const& s) const {
    return defined(s);
  }
  template <Scalar S>
  void slope(state<S> const& s, S c, slice<S> const& x, S* out) const {
    idx const j = s.column - x.first;
    if (s.column >= 0 && j >= 0 && j < x.size) out[j] += c;
  }
};

}}  // namespace foil::stat
