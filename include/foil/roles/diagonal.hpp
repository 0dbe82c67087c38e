// SPDX-License-Identifier: BSD-3-Clause
// Row i belongs with column i, everything else is a negative (CLIP, bi-encoders).
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/types.hpp"

namespace foil::roles { inline namespace FOIL_ABI {

/// Column i is row i's positive, every other column its negative. Columns: at least as many as anchors; those beyond them are everybody's
/// negatives. Positives are found in O(1) a row.
struct diagonal {
  template <Scalar S>
  void label(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    std::fill_n(bias, n, S(0));
    if (negatives_alone(row, first, n)) return;
    bias[row - first] = log_zero<S>;
    positives.push_back(row - first);
  }
  bool negatives_alone(idx row, idx first, idx n) const { return row < first || row >= first + n; }
  template <class F>
  void each_positive(idx row, F f) const {
    f(row);
  }
  void check(idx rows, idx columns, char const* where = "check") const {
    require(rows <= columns, where, ": roles::diagonal: ", rows, " anchors need at least as many candidates, got ", columns);
  }
};

}}  // namespace foil::roles
