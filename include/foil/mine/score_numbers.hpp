// SPDX-License-Identifier: BSD-3-Clause
// From scores to the numbers that the fast pass compares: products, or products less half a square, of which scores are a monotone
// function.
#pragma once

#include <limits>

#include "foil/engine/pool_access.hpp"
#include "foil/simd/ordered_key.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Of one anchor; by bisection over all numbers of S, which asks the similarity's link 32 times, or 64.
template <Scalar S>
class score_numbers {
 public:
  static constexpr double beyond = 1e300;  ///< more than any number

  /// An opened anchor; `longest` is at least its length and that of the longest candidate.
  score_numbers(engine::pool_access<S> const& pool, S const* anchor, double longest)
      : pool_(pool), distance_(pool.candidates->kind.distance), reach_((distance_ ? 4.004 : 1.001) * longest * longest) {
    if (!distance_) return;
    double const length = engine::length_of(anchor, pool.candidates->dim);
    square_ = length * length;
  }

  /// The largest number whose score is at most `score`; -beyond where there is none.
  double highest(S score) const {
    if (!pool_.has_link) return double(score);
    if (distance_) return half(first_where(0, [&](S d) { return linked(d) <= score; }));
    K const above = first_where(-reach_, [&](S x) { return !(linked(x) <= score); });
    return above > simd::key_of(S(reach_)) ? beyond : above <= simd::key_of(S(-reach_)) ? -beyond : double(simd::value_of<S>(above - 1));
  }
  /// The smallest number whose score is at least `score`; beyond where there is none.
  double lowest(S score) const {
    if (!pool_.has_link) return double(score);
    if (distance_) {
      K const below = first_where(0, [&](S d) { return !(linked(d) >= score); });
      return below <= 0 ? beyond : half(below - 1);
    }
    K const reaches = first_where(-reach_, [&](S x) { return linked(x) >= score; });
    return reaches > simd::key_of(S(reach_)) ? beyond : double(simd::value_of<S>(reaches));
  }

 private:
  using K = simd::key<S>;
  S linked(S x) const { return pool_.link(&x, 1), x; }
  double half(K square) const { return square > simd::key_of(S(reach_)) ? -beyond : (square_ - double(simd::value_of<S>(square))) / 2; }
  /// The first number from `least` up to reach_ for which `holds` does, as it does for all that follow; the next one if there is none.
  template <class F>
  K first_where(double least, F const& holds) const {
    return simd::first_key(simd::key_of(S(least)), simd::key_of(S(reach_)), [&](K k) { return holds(simd::value_of<S>(k)); });
  }

  engine::pool_access<S> const& pool_;
  bool distance_;
  double square_ = 0, reach_;
};

}}  // namespace foil::mining
