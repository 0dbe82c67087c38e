// Sum over a row of a hinge of each score, and how many of its terms count: losses that average over active pairs.
#pragma once

#include "foil/core/numeric.hpp"
#include "foil/simd/row.hpp"
#include "foil/stat/slice.hpp"

namespace foil::inline FOIL_ABI::stat {

/// sum_j f(k u_j + c) and the number of j for which f.counts(k u_j + c); the number is constant for the gradient.
/// f: operator(), slope, counts, all without branches that depend on the row (the negatives' loops vectorise).
template <over Who, class F>
struct active_sum {
  static constexpr std::size_t width = 2;
  double k = 1, c = 0;
  F f{};
  when_empty empty = when_empty::neutral;

  template <Scalar S>
  struct state {
    double sum = 0;
    idx active = 0;
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    if constexpr (Who != over::positives) {
      constexpr idx block = 64;
      S term[block], counted[block];
      for (idx first = 0; first < x.size; first += block) {
        idx const n = (std::min)(block, x.size - first);
        for (idx j = 0; j < n; ++j) {
          S const y = at(x.u[first + j]);
          term[j] = f(y), counted[j] = S(f.counts(y));
        }
        s.sum += double(simd::sum_live(term, x.bias + first, n));
        s.active += idx(simd::sum_live(counted, x.bias + first, n));
      }
    }
    if constexpr (Who != over::negatives)
      for (idx p : x.positives) s.sum += double(f(at(x.u[p]))), s.active += f.counts(at(x.u[p]));
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
  std::array<S, 2> value(state<S> const& s) const {
    return {S(s.sum), S(s.active)};
  }
  template <Scalar S>
  void slope(state<S> const&, std::array<S, 2> const& share, slice<S> const& x, S* out) const {
    S const factor = share[0] * S(k);
    if constexpr (Who != over::positives)
      for (idx j = 0; j < x.size; ++j) {
        S const d = factor * f.slope(at(x.u[j]));
        out[j] += x.bias[j] > dropped_below<S> ? d : S(0);
      }
    if constexpr (Who != over::negatives)
      for (idx p : x.positives) out[p] += factor * f.slope(at(x.u[p]));
  }

 private:
  template <Scalar S>
  S at(S u) const {
    return S(k) * u + S(c);
  }
};

}  // namespace foil::inline FOIL_ABI::stat
