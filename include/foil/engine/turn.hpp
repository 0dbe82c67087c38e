// A tile of the field turned on its side, so that columns are shown to statistics as rows are.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/engine/problem.hpp"

namespace foil::inline FOIL_ABI::engine {

/// At most row_quantum x quantum pairs. A bias keeps the meaning of its row: column statistics see the same weights.
template <Scalar S>
class turned {
 public:
  cutting<S> cut;  ///< the row about to be put

  void open(idx i0, idx i1, idx j0, idx j1) {
    i0_ = i0, rows_ = i1 - i0, j0_ = j0, columns_ = j1 - j0;
    for (std::vector<S>* v : {&u_, &bias_, &u_turned_, &bias_turned_, &g_, &g_turned_}) v->resize(std::size_t(row_quantum * quantum));
    row_positives_.resize(std::size_t(row_quantum)), column_positives_.resize(std::size_t(quantum));
    for (std::vector<idx>& c : column_positives_) c.clear();
  }
  void put(idx i, S const* s, S scale) {
    idx const r = i - i0_;
    for (idx j = 0; j < columns_; ++j) u_[std::size_t(r * columns_ + j)] = scale * s[j];
    std::copy_n(cut.bias.data(), columns_, bias_.data() + r * columns_);
    row_positives_[std::size_t(r)] = cut.positives;
    for (idx c : cut.positives) column_positives_[std::size_t(c)].push_back(r);
  }
  /// f(column, slice) with the roles of rows and columns exchanged.
  template <class F>
  void each_column(F const& f) {
    turn(u_, rows_, columns_, u_turned_), turn(bias_, rows_, columns_, bias_turned_);
    for (idx c = 0; c < columns_; ++c)
      f(j0_ + c, slice<S>{j0_ + c, i0_, rows_, &u_turned_[std::size_t(c * rows_)], &bias_turned_[std::size_t(c * rows_)],
                          column_positives_[std::size_t(c)]});
  }
  /// Slopes of the row statistics plus those of the column statistics.
  void slopes(row_program<S> const& by_row, S row_factor, row_program<S> const& by_column, S column_factor) {
    std::fill(g_.begin(), g_.end(), S(0)), std::fill(g_turned_.begin(), g_turned_.end(), S(0));
    for (idx r = 0; r < rows_; ++r)
      by_row.slope(i0_ + r,
                   slice<S>{i0_ + r, j0_, columns_, &u_[std::size_t(r * columns_)], &bias_[std::size_t(r * columns_)],
                            row_positives_[std::size_t(r)]},
                   row_factor, row_slopes(i0_ + r));
    each_column([&](idx c, slice<S> const& x) {
      by_column.slope(c, x, column_factor, &g_turned_[std::size_t((c - j0_) * rows_)]);
    });
    turn(g_turned_, columns_, rows_, u_turned_);
    for (idx k = 0; k < rows_ * columns_; ++k) g_[std::size_t(k)] += u_turned_[std::size_t(k)];
  }
  S* row_slopes(idx i) { return &g_[std::size_t((i - i0_) * columns_)]; }

 private:
  static void turn(std::vector<S> const& from, idx rows, idx columns, std::vector<S>& to) {
    constexpr idx step = 16;  // both sides of a small square stay in cache
    for (idx r0 = 0; r0 < rows; r0 += step)
      for (idx c0 = 0; c0 < columns; c0 += step)
        for (idx r = r0; r < (std::min)(r0 + step, rows); ++r)
          for (idx c = c0; c < (std::min)(c0 + step, columns); ++c)
            to[std::size_t(c * rows + r)] = from[std::size_t(r * columns + c)];
  }
  idx i0_ = 0, rows_ = 0, j0_ = 0, columns_ = 0;
  std::vector<S> u_, bias_, u_turned_, bias_turned_, g_, g_turned_;
  std::vector<std::vector<idx>> row_positives_, column_positives_;
};

}  // namespace foil::inline FOIL_ABI::engine
