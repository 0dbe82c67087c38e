// SPDX-License-Identifier: BSD-3-Clause
// Each row's positive is one named column, the rest are negatives (a bank that holds the targets; class weights).
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/ids.hpp"

namespace foil::roles { inline namespace FOIL_ABI {

/// Row i's positive is column columns[i], one for each anchor, within 0 .. columns - 1; all others are its negatives. Viewed: keep the list
/// alive. O(1) a row.
class target {
 public:
  explicit target(id_list columns) : columns_(columns) {}

  template <Scalar S>
  void label(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    std::fill_n(bias, n, S(0));
    idx const j = columns_[row] - first;
    if (j < 0 || j >= n) return;
    bias[j] = log_zero<S>;
    positives.push_back(j);
  }
  template <class F>
  void each_positive(idx row, F f) const {
    f(columns_[row]);
  }
  void check(idx rows, idx columns, char const* where = "check") const {
    require(rows == columns_.size(), where, ": roles::target: ", rows, " anchors, but ", columns_.size(), " targets");
    for (idx i = 0; i < rows; ++i)
      require(columns_[i] >= 0 && columns_[i] < columns, where, ": roles::target: the target of row ", i, " is ", columns_[i],
              ", outside 0 .. ", columns - 1);
  }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return columns_.overlaps(from, to); }

 private:
  id_list columns_;
};

}}  // namespace foil::roles
