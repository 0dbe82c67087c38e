// SPDX-License-Identifier: BSD-3-Clause
// A tile of scores transposed, so that statistics see columns as they see rows.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/engine/problem.hpp"
#include "foil/simd/transpose.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// At most row_quantum x quantum pairs. A bias keeps the meaning of its row: column statistics see the same weights.
template <Scalar S>
class transposed_tile {
 public:
  pair_labels<S> labels;  ///< roles of the row that put() takes next

  void open(idx i0, idx i1, idx j0, idx j1) {
    i0_ = i0, rows_ = i1 - i0, j0_ = j0, columns_ = j1 - j0;
    scaled_.resize(std::size_t((std::max)(quantum, row_quantum)));
    for (std::vector<S>* v : {&s_, &bias_, &g_}) v->resize(std::size_t(row_quantum * step_of(quantum)));
    for (std::vector<S>* v : {&s_transposed_, &bias_transposed_, &g_transposed_}) v->resize(std::size_t(quantum * step_of(row_quantum)));
    plain_ = true;
    row_positives_.resize(std::size_t(row_quantum)), column_positives_.resize(std::size_t(quantum));
    for (std::vector<idx>& c : column_positives_) c.clear();
  }
  void put(idx i, S const* s, S scale) {
    idx const r = i - i0_;
    S* const bias = row(bias_, r);
    std::copy_n(s, columns_, row(s_, r)), scale_ = scale;
    unsigned any = 0;
    for (idx j = 0; j < columns_; ++j) bias[j] = labels.bias[std::size_t(j)], any |= unsigned(bias[j] != S(0));
    plain_ = plain_ && any == 0;
    row_positives_[std::size_t(r)] = labels.positives;
    for (idx c : labels.positives) column_positives_[std::size_t(c)].push_back(r);
  }
  /// f(column, slice) with the roles of rows and columns exchanged.
  template <class F>
  void each_column(F const& f) {
    transpose(s_, rows_, columns_, step_of(quantum), s_transposed_, step_of(row_quantum));
    if (plain_)
      std::fill_n(bias_transposed_.begin(), row_quantum, S(0));  // most tiles hold negatives alone: one row for all
    else
      transpose(bias_, rows_, columns_, step_of(quantum), bias_transposed_, step_of(row_quantum));
    for (idx c = 0; c < columns_; ++c)
      f(j0_ + c,
        seen(j0_ + c, i0_, rows_, column(s_transposed_, c), column(bias_transposed_, plain_ ? 0 : c), column_positives_[std::size_t(c)]));
  }
  /// Slopes of the row statistics plus those of the column statistics.
  void slopes(row_program<S> const& by_row, S row_factor, row_program<S> const& by_column, S column_factor) {
    std::fill(g_.begin(), g_.end(), S(0)), std::fill(g_transposed_.begin(), g_transposed_.end(), S(0));
    for (idx r = 0; r < rows_; ++r)
      by_row.slope(i0_ + r, seen(i0_ + r, j0_, columns_, row(s_, r), row(bias_, r), row_positives_[std::size_t(r)]), row_factor,
                   row(g_, r));
    each_column([&](idx c, slice<S> const& x) { by_column.slope(c, x, column_factor, column(g_transposed_, c - j0_)); });
    transpose(g_transposed_, columns_, rows_, step_of(row_quantum), s_, step_of(quantum));  // the scores are not needed any more
    for (idx r = 0; r < rows_; ++r)
      for (idx j = 0; j < columns_; ++j) row(g_, r)[j] += row(s_, r)[j];
  }
  S* row_slopes(idx i) { return row(g_, i - i0_); }

 private:
  /// Rows of a tile lie a cache line more than their length apart: a power of two would put them all into the same sets.
  static constexpr idx step_of(idx length) { return length + 64 / idx(sizeof(S)); }
  static S* row(std::vector<S>& v, idx r) { return v.data() + r * step_of(quantum); }
  static S* column(std::vector<S>& v, idx c) { return v.data() + c * step_of(row_quantum); }
  slice<S> seen(idx number, idx first, idx size, S const* score, S const* bias, std::vector<idx> const& positives) {
    for (idx j = 0; j < size; ++j) scaled_[std::size_t(j)] = scale_ * score[j];
    return {number, first, size, scaled_.data(), bias, positives, nullptr, log_zero<S>, score, scale_};
  }
  static void transpose(std::vector<S> const& from, idx rows, idx columns, idx from_step, std::vector<S>& to, idx to_step) {
    simd::transpose(from.data(), from_step, rows, columns, to.data(), to_step);
  }
  bool plain_ = true;  ///< no bias in the tile
  idx i0_ = 0, rows_ = 0, j0_ = 0, columns_ = 0;
  S scale_ = 1;
  std::vector<S> s_, bias_, s_transposed_, bias_transposed_, g_, g_transposed_, scaled_;  ///< of one slice: its scaled scores
  std::vector<std::vector<idx>> row_positives_, column_positives_;
};

}}  // namespace foil::engine
