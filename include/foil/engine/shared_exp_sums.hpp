// SPDX-License-Identifier: BSD-3-Clause
// Column sums of exponentials that rows left in place, tile by tile.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "foil/engine/problem.hpp"
#include "foil/simd/column_sums.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// In a tile of row_quantum x quantum pairs row i holds E_ij = exp(factor (x_ij - reference_i)). With M the largest reference and
/// r_i = exp(factor (reference_i - M)), column j adds up exp(factor (x_ij - M)) = r_i E_ij. The sums are usable where this loses nothing
/// that matters: in every column some pair reaches M to within the exponents of S.
template <Scalar S>
class shared_exp_sums {
 public:
  struct positive {
    idx row, column;
    S score;  ///< unscaled
  };
  static constexpr std::size_t max_positives = std::size_t(2 * row_quantum);  ///< of a tile

  /// `panel` rows at a time; of them sums and positives are kept, of all rows M.
  shared_exp_sums(idx rows, idx columns, idx panel, S factor)
      : across_((columns + quantum - 1) / quantum),
        panel_((std::max)(panel, idx(1))),
        factor_(factor),
        top_(std::size_t((rows + row_quantum - 1) / row_quantum * across_), log_zero<S>) {
    idx const tiles = (panel + row_quantum - 1) / row_quantum;
    sums_.fit(tiles * across_ * quantum);
    positives_.resize(std::size_t(tiles * across_));
  }

  S factor() const { return factor_; }
  /// r_i of a row with this reference in a tile with this M.
  S share(S reference, S top) const { return reference > log_zero_limit<S> ? std::exp(factor_ * (reference - top)) : S(0); }
  S top(idx i, idx j) const { return top_[std::size_t(tile(i, j))]; }
  bool usable(idx i, idx j) const { return top(i, j) > log_zero_limit<S>; }
  S* sums(idx i, idx j) const { return sums_.data() + tile(i % panel_, j) * quantum; }
  std::vector<positive>& positives(idx i, idx j) { return positives_[std::size_t(tile(i % panel_, j))]; }

  /// Column sums of the tile at (i, j) from the exponentials of m rows.
  void add_up(idx i, idx j, S const* exponentials, idx ld, S const* references, idx m, idx n) {
    S const most = *std::max_element(references, references + m);
    S* const sum = sums(i, j);
    if (most <= log_zero_limit<S> || positives(i, j).size() > max_positives) return;
    S share[row_quantum];
    for (idx k = 0; k < m; ++k) share[k] = this->share(references[k], most);
    simd::weighted_column_sums(exponentials, ld, share, m, n, sum);
    if (*std::min_element(sum, sum + n) > enough) top_[std::size_t(tile(i, j))] = most;
  }

 private:
  /// What underflows is at most 1e-37 (1e-307) of a unit: nothing beside this.
  static constexpr S enough = sizeof(S) == 4 ? S(1e-25) : S(1e-200);
  idx tile(idx i, idx j) const { return i / row_quantum * across_ + j / quantum; }

  idx across_, panel_;
  S factor_;
  std::vector<S> top_;  ///< M of each tile, `log_zero` where the sums are of no use
  scratch<S> sums_;
  std::vector<std::vector<positive>> positives_;
};

}}  // namespace foil::engine
