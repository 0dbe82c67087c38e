// Sums over the negatives of a row, each set against the row's one positive: triplets, one positive at a time.
#pragma once

#include "foil/stat/visit.hpp"

namespace foil::inline FOIL_ABI::stat {

/// sum_n f(u_n - u_p + c) and the number of pairs that f counts; u_p is the row's own positive.
/// Two values: the sum, the count (constant with respect to the scores).
template <class F>
struct hinge_pairs {
  static constexpr std::size_t width = 2;
  double c = 0;
  F f{};
  when_empty empty = when_empty::neutral;

  template <Scalar S>
  struct state {
    double sum = 0, slope = 0;
    idx counted = 0;
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    visit<over::negatives>(x, [&](idx j) {
      S const d = x.u[j] - x.own_positive + S(c);
      s.sum += double(f(d)), s.slope += double(f.slope(d)), s.counted += f.counts(d);
    });
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
  std::array<S, 2> value(state<S> const& s) const {
    return {S(s.sum), S(s.counted)};
  }
  template <Scalar S>
  void slope(state<S> const& s, std::array<S, 2> const& c_out, slice<S> const& x, S* out) const {
    visit<over::negatives>(x, [&](idx j) { out[j] += c_out[0] * f.slope(x.u[j] - x.own_positive + S(c)); });
    for (idx p : x.positives) out[p] -= c_out[0] * S(s.slope);
  }
};

}  // namespace foil::inline FOIL_ABI::stat
