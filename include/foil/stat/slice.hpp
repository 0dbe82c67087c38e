// SPDX-License-Identifier: BSD-3-Clause
// What a statistic sees: a stretch of one row of the score field.
#pragma once

#include <array>
#include <span>

#include "foil/core/types.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Most columns of a slice. Statistics are fed in these fixed steps, so sums never depend on the tile.
inline constexpr idx slice_columns = 256;

template <Scalar S>
struct slice {
  idx row = 0;                       ///< anchor
  idx first = 0;                     ///< number of column 0 of this stretch, counted across all pools
  idx size = 0;                      ///< columns in this stretch
  S const* u = nullptr;              ///< scaled scores
  S const* bias = nullptr;           ///< log weight of each column as a negative; `log_zero` if it is not one
  std::span<idx const> positives;    ///< columns of this stretch that are positives of this row
  S const* positive_bias = nullptr;  ///< log weight of each entry of `positives`; null means no weights
  S own_positive = log_zero<S>;      ///< scaled score of the row's positive, where a loss takes them one by one
  S const* score = nullptr;          ///< the same before `scale`, so that no difference of scores is rounded; null: u
  S scale = 1;                       ///< u_j = scale * score_j

  S const* plain() const { return score != nullptr ? score : u; }
  S factor() const { return score != nullptr ? scale : S(1); }
};

/// What an empty statistic does to its row.
enum class when_empty {
  skip,    ///< the row leaves the mean and is counted
  refuse,  ///< an error that names the row, unless its negatives were only filtered away (then as skip)
  neutral  ///< the statistic is worth nothing and the row stays
};

/// How many numbers a statistic gives to the formula; one unless it says otherwise.
template <class T>
inline constexpr std::size_t width_of = 1;
template <class T>
requires(T::width > 0) inline constexpr std::size_t width_of<T> = T::width;

/// What a statistic left in place of the scores of a slice: its slopes up to one factor, which `reference` helps to find.
/// A statistic that can do it has add_in_place(state, slice, score, scale, out) -> in_place_result, which adds the slice to the state
/// like add() (of slice.u only positives are valid; out_j, which may be score_j, is 0 where the pair is absent),
/// in_place_factor(state, reference, c), and slope_positives(state, c, slice, out) for the positives' own slopes. If it cannot do it
/// with every option, it has in_place(). The slice's bias may be null: all of its pairs are negatives of weight 1.
template <Scalar S>
struct in_place_result {
  S reference = 0, origin = 0;
  double sum_g = 0, sum_g_s = 0;  ///< sums of the kept numbers, and of their products with score - origin
};

/// Sums of slopes and scores are taken around a score of the row, or large scores would drown what cancels. A statistic may
/// have origin(state), a score it has seen, and lift(state): by how much each of its numbers grows when every scaled score
/// grows by 1; where all of a loss's statistics have it, that sum of slopes is exact.
template <class T, class State>
inline constexpr bool has_lift = requires(T const t, State const& s) {
  t.lift(s);
};

/// Statistics that look at the scores of positives alone; their slopes do not need the slice's bias.
template <class T>
inline constexpr bool looks_at_positives = requires {
  requires T::positives_only;
};
/// Those that look at negatives too, and are nothing without a positive.
template <class T>
inline constexpr bool skips_without_positive = requires {
  requires T::needs_positive;
};

}}  // namespace foil
