// SPDX-License-Identifier: BSD-3-Clause
// Number of live columns of a row; constant with respect to the scores.
#pragma once

#include "foil/simd/row.hpp"
#include "foil/stat/statistic.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// |N|, |P| or both: how many negatives, positives or columns of either kind the row has, by `Who`. Slope 0; an empty row gives 0.
template <over Who = over::negatives>
struct count {
  static constexpr bool positives_only = true;  // its slopes, which are none, need no scores at all
  when_empty empty = when_empty::neutral;       ///< what a row without such a pair does

  template <Scalar S>
  struct state {
    idx n = 0;
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    if constexpr (Who != over::negatives) s.n += idx(x.positives.size());
    if constexpr (Who != over::positives) s.n += simd::count_live(x.bias, x.size);
  }
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    a.n += b.n;
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return s.n > 0;
  }
  template <Scalar S>
  double value(state<S> const& s) const {
    return double(s.n);
  }
  template <Scalar S>
  double total_slope(state<S> const&) const {
    return 0;
  }
  template <Scalar S>
  void slope(state<S> const&, S, slice<S> const&, S*) const {}
};

}}  // namespace foil::stat
