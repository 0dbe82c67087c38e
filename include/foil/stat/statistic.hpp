// SPDX-License-Identifier: BSD-3-Clause
// The contract of statistics: what a loss's formula is made of.
//
// A statistic is a small struct with options, and
//   when_empty empty;                                  what a row without its pairs does
//   template <Scalar S> struct state;                  default constructed: nothing seen
//   add(state&, slice), merge(state&, state)           slices come in order; merge: for statistics made of parts
//   defined(state) -> bool                             whether the state has a value
//   value(state) -> number                             or std::array of `width` numbers
//   slope(state, c, slice, S* out)                     out_j += c d value / d u_j for the slice's pairs
// Optional: static constexpr width (numbers it gives; c and value are arrays then); static constexpr bool positives_only, it
// looks at no negative's score; static constexpr bool needs_positive; origin(state), total_slope(state) (has_total_slope);
// complete(state), weight_slope (the gradient of weights, of slices whose biases lack them); the in-place pass
// (in_place_result). Sums belong in double; S is the scalar of the scores.
#pragma once

#include <array>

#include "foil/stat/slice.hpp"

namespace foil { inline namespace FOIL_ABI {

/// What an empty statistic does to its row.
enum class when_empty {
  skip,    ///< the row leaves the mean and is counted
  refuse,  ///< an error that names the row, unless its negatives were only filtered away (then as skip)
  neutral  ///< the row stays; value() of an empty state enters the formula
};

/// How many numbers a statistic gives to the formula; one unless it says otherwise.
template <class T>
inline constexpr std::size_t width_of = 1;
template <class T>
requires(T::width > 0) inline constexpr std::size_t width_of<T> = T::width;

/// Required members, for the scalar S of the scores.
template <class T, class S>
concept Statistic = requires(T const t, typename T::template state<S> s, slice<S> const x, S* out,
                             std::conditional_t<width_of<T> == 1, S, std::array<S, width_of<T>>> c) {
  { t.empty } -> std::convertible_to<when_empty>;
  t.add(s, x);
  t.merge(s, s);
  { t.defined(s) } -> std::convertible_to<bool>;
  t.value(s);
  t.slope(s, c, x, out);
};

/// What a statistic left in place of the scores of a slice: its slopes up to one factor, which `reference` helps to find.
/// A statistic that can do it has add_in_place(state, slice, score, scale, out) -> in_place_result, which adds the slice to the state
/// like add() (of slice.u only positives are valid; out_j, which may be score_j, is 0 where the pair is absent),
/// in_place_factor(state, reference, c), and slope_positives(state, c, slice, out) for the positives' own slopes. If it cannot do it
/// with every option, it has in_place().
template <Scalar S>
struct in_place_result {
  S reference = 0;                ///< the score that in_place_factor takes
  S origin = 0;                   ///< the score that sum_g_s is taken around
  double sum_g = 0, sum_g_s = 0;  ///< sums of the numbers left in out, and of their products with score - origin
};

/// Sums of slopes and scores are taken around a score of the row, so that large scores do not cancel. A statistic may
/// have origin(state), a score it has seen, and total_slope(state): by how much each of its numbers grows when every scaled score
/// grows by 1; where all of a loss's statistics have it, that sum of slopes is exact.
template <class T, class State>
inline constexpr bool has_total_slope = requires(T const t, State const& s) {
  t.total_slope(s);
};

/// Statistics that look at the scores of positives alone; their slopes do not need the slice's bias.
template <class T>
inline constexpr bool looks_at_positives = requires {
  requires T::positives_only;
};
/// Those that look at negatives too, and are undefined without a positive.
template <class T>
inline constexpr bool skips_without_positive = requires {
  requires T::needs_positive;
};

}}  // namespace foil
