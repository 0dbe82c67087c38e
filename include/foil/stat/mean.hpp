// SPDX-License-Identifier: BSD-3-Clause
// Mean of the scaled scores of a row, ignoring weights.
#pragma once

#include "foil/simd/row.hpp"
#include "foil/stat/visit.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// Mean of u over the negatives, the positives or both, by `Who`, without weights; slope 1 / count each. An empty row does what `empty`
/// says; its value is 0.
template <over Who>
struct mean {
  static constexpr bool positives_only = Who == over::positives;
  when_empty empty = when_empty::skip;  ///< what a row without such a pair does

  /// scale * (base + rest / count): a common offset of the scores stays in the base, one of them.
  template <Scalar S>
  struct state {
    S base = 0, scale = 1;
    double rest = 0;
    idx count = 0;
    double beyond() const { return double(scale) * (rest / double(count)); }  ///< mean - scale * base
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    S const* const score = x.plain();
    if constexpr (Who != over::positives)
      if (idx const live = simd::count_live(x.bias, x.size); live > 0) {
        idx first = 0;
        while (!(x.bias[first] > log_zero_limit<S>)) ++first;
        S const base = s.count > 0 ? s.base : score[first];
        merge(s, {base, x.factor(), double(simd::sum_live(score, x.bias, x.size, base)), live});
      }
    if constexpr (Who != over::negatives)
      for (idx p : x.positives) merge(s, {score[p], x.factor(), 0, 1});
  }
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    if (b.count == 0) return;
    if (a.count == 0) return void(a = b);
    a.rest += b.rest + double(b.count) * (double(b.base) - double(a.base)), a.count += b.count;
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return s.count > 0;
  }
  template <Scalar S>
  double value(state<S> const& s) const {
    return defined(s) ? double(s.scale) * double(s.base) + s.beyond() : 0;
  }
  template <Scalar S>
  double total_slope(state<S> const& s) const {
    return defined(s);
  }
  template <Scalar S>
  S origin(state<S> const& s) const {
    return s.base;
  }
  template <Scalar S>
  void slope(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if (!defined(s)) return;
    S const share = c / S(s.count);
    if constexpr (Who != over::positives) simd::add_live(out, x.bias, share, x.size);
    if constexpr (Who != over::negatives) visit<over::positives>(x, [&](idx j) { out[j] += share; });
  }
};

}}  // namespace foil::stat
