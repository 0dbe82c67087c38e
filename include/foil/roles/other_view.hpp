// SPDX-License-Identifier: BSD-3-Clause
// Two views of n things stacked into 2n rows: the other view is the positive, the row itself is absent (SimCLR).
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/types.hpp"

namespace foil::roles { inline namespace FOIL_ABI {

/// Of 2n rows against themselves, n = `views`, row i's positive is row i + n, and the reverse; the row itself is absent, all others are
/// negatives. Refuses rows or columns that are not twice `views`. Chen et al. 2020, arXiv 2002.05709.
struct other_view {
  template <Scalar S>
  void label(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    std::fill_n(bias, n, S(0));
    idx const partner = partner_of(row);
    if (row >= first && row < first + n) bias[row - first] = log_zero<S>;
    if (partner >= first && partner < first + n) {
      bias[partner - first] = log_zero<S>;
      positives.push_back(partner - first);
    }
  }
  template <class F>
  void each_positive(idx row, F f) const {
    f(partner_of(row));
  }
  template <class F>
  void each_absent(idx row, F f) const {
    f(row);
  }
  void check(idx rows, idx columns, char const* where = "check") const {
    require(rows == columns && rows % 2 == 0 && rows / 2 == views_, where, ": roles::other_view: two views of ", views_,
            " things need twice as many anchors and columns, got ", rows, " and ", columns);
  }
  /// views: how many things there are two views of.
  explicit other_view(idx views) : views_(views) {
    require(views >= 0, "roles::other_view: the number of things must not be negative, got ", views);
  }

 private:
  idx partner_of(idx row) const { return row < views_ ? row + views_ : row - views_; }
  idx views_;
};

}}  // namespace foil::roles
