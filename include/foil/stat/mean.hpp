// Mean of the scaled scores of a row, ignoring weights.
#pragma once

#include "foil/simd/row.hpp"
#include "foil/stat/visit.hpp"

namespace foil::inline FOIL_ABI::stat {

template <over Who>
struct mean {
  static constexpr bool positives_only = Who == over::positives;
  when_empty empty = when_empty::skip;

  template <Scalar S>
  struct state {
    double sum = 0;
    idx count = 0;
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    if constexpr (Who != over::positives) s.sum += double(simd::sum_live(x.u, x.bias, x.size)), s.count += simd::count_live(x.bias, x.size);
    if constexpr (Who != over::negatives) visit<over::positives>(x, [&](idx j) { s.sum += double(x.u[j]), ++s.count; });
  }
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    a.sum += b.sum, a.count += b.count;
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return s.count > 0;
  }
  template <Scalar S>
  S value(state<S> const& s) const {
    return defined(s) ? S(s.sum / double(s.count)) : S(0);
  }
  template <Scalar S>
  void slope(state<S> const& s, S c, slice<S> const& x, S* out) const {
    if (!defined(s)) return;
    S const share = c / S(s.count);
    if constexpr (Who != over::positives) simd::add_live(out, x.bias, share, x.size);
    if constexpr (Who != over::negatives) visit<over::positives>(x, [&](idx j) { out[j] += share; });
  }
};

}  // namespace foil::inline FOIL_ABI::stat
