// SPDX-License-Identifier: BSD-3-Clause
// The column direction of a pass whose rows keep exponentials: its sums and slopes come from the same numbers.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "foil/engine/problem.hpp"
#include "foil/simd/column_sums.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// In a tile of row_quantum x quantum pairs row i holds E_ij = exp(factor (x_ij - reference_i)). With M the largest reference and
/// r_i = exp(factor (reference_i - M)), column j adds up exp(factor (x_ij - M)) = r_i E_ij. A tile is plain where this loses nothing that
/// matters: in every column some pair reaches M to within the exponents of S. Others are transposed (engine/transposed_tile.hpp).
template <Scalar S>
class shared_exp_columns {
 public:
  struct positive {
    idx row, column;
    S score;  ///< unscaled
  };
  static constexpr std::size_t most_positives = std::size_t(2 * row_quantum);  ///< of a plain tile

  void open(idx rows, idx columns, idx panel, S factor) {
    factor_ = factor;
    across_ = (columns + quantum - 1) / quantum;
    top_.assign(std::size_t((rows + row_quantum - 1) / row_quantum * across_), log_zero<S>);
    idx const tiles = (panel + row_quantum - 1) / row_quantum;
    sums_.fit(tiles * across_ * quantum);
    positives_.resize(std::size_t(tiles * across_));
  }
  /// Rows from `base` on are about to be digested.
  void begin(idx base) { base_ = base; }

  S factor() const { return factor_; }
  /// r_i of a row with this reference in a tile with this M.
  S share(S reference, S top) const { return reference > log_zero_limit<S> ? std::exp(factor_ * (reference - top)) : S(0); }
  S top(idx i, idx j) const { return top_[std::size_t(tile(i, j))]; }
  bool plain(idx i, idx j) const { return top(i, j) > log_zero_limit<S>; }
  S* sums(idx i, idx j) const { return sums_.data() + (tile(i, j) - tile(base_, 0)) * quantum; }
  std::vector<positive>& positives(idx i, idx j) { return positives_[std::size_t(tile(i, j) - tile(base_, 0))]; }

  /// Column sums of the tile at (i, j) from what m rows kept; decides whether it is plain.
  void add_up(idx i, idx j, S const* kept, idx ld, S const* references, idx m, idx n) {
    S const most = *std::max_element(references, references + m);
    S* const sum = sums(i, j);
    if (most <= log_zero_limit<S> || positives(i, j).size() > most_positives) return;
    S share[row_quantum];
    for (idx k = 0; k < m; ++k) share[k] = this->share(references[k], most);
    simd::weighted_column_sums(kept, ld, share, m, n, sum);
    if (*std::min_element(sum, sum + n) > enough) top_[std::size_t(tile(i, j))] = most;
  }

 private:
  /// What underflows is at most 1e-37 (1e-307) of a unit: nothing beside this.
  static constexpr S enough = sizeof(S) == 4 ? S(1e-25) : S(1e-200);
  idx tile(idx i, idx j) const { return i / row_quantum * across_ + j / quantum; }

  idx across_ = 0, base_ = 0;
  S factor_ = 1;
  std::vector<S> top_;  ///< M of each tile, `log_zero` for one that is not plain
  scratch<S> sums_;
  std::vector<std::vector<positive>> positives_;
};

}}  // namespace foil::engine
