// SPDX-License-Identifier: BSD-3-Clause
// What a statistic sees: a slice of one row of scores.
#pragma once

#include <array>
#include <span>

#include "foil/core/types.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Most columns of a slice. Statistics are fed in these fixed steps, so sums never depend on the tile.
inline constexpr idx slice_columns = 256;

/// Up to `slice_columns` columns of one row, as a statistic is given them.
template <Scalar S>
struct slice {
  idx row = 0;                       ///< anchor
  idx first = 0;                     ///< number of column 0 of this slice, counted across all pools
  idx size = 0;                      ///< columns in this slice
  S const* u = nullptr;              ///< scaled scores
  S const* bias = nullptr;           ///< log weight of each column as a negative; `log_zero` if it is not one
  std::span<idx const> positives;    ///< columns of this slice that are positives of this row
  S const* positive_bias = nullptr;  ///< log weight of each entry of `positives`; null means no weights
  S own_positive = log_zero<S>;      ///< scaled score of the row's positive, where a loss takes them one by one
  S const* score = nullptr;          ///< the same before `scale`, so that no difference of scores is rounded; null: u
  S scale = 1;                       ///< u_j = scale * score_j
  bool all_count = false;            ///< known: every column is a negative of weight 1, `bias` holds zeros

  S const* plain() const { return score != nullptr ? score : u; }
  S factor() const { return score != nullptr ? scale : S(1); }
};

}}  // namespace foil
