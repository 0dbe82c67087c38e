// SPDX-License-Identifier: BSD-3-Clause
// Roles that are the same for every pair: all negatives, all positives, everyone but the row itself (as either).
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "foil/core/types.hpp"

namespace foil::roles { inline namespace FOIL_ABI {

/// Every column is a negative (memory banks, mined lists).
struct all_negative {
  static constexpr bool negatives_only = true;
  template <Scalar S>
  void label(idx, idx, idx n, S* bias, std::vector<idx>&) const {
    std::fill_n(bias, n, S(0));
  }
  bool negatives_alone(idx, idx, idx) const { return true; }
  template <class F>
  void each_positive(idx, F) const {}
  void check(idx, idx) const {}
};

/// Every column is a positive of its row (further views, [B,P,D]).
struct all_positive {
  template <Scalar S>
  void label(idx, idx, idx n, S* bias, std::vector<idx>& positives) const {
    std::fill_n(bias, n, log_zero<S>);
    auto const had = positives.size();
    positives.resize(had + std::size_t(n));
    std::iota(positives.begin() + std::ptrdiff_t(had), positives.end(), idx(0));
  }
  void check(idx, idx) const {}
};

/// Column i is row i itself and absent, the others are negatives (the anchors among themselves).
struct negatives_except_self {
  static constexpr bool negatives_only = true;
  template <Scalar S>
  void label(idx row, idx first, idx n, S* bias, std::vector<idx>&) const {
    std::fill_n(bias, n, S(0));
    if (!negatives_alone(row, first, n)) bias[row - first] = log_zero<S>;
  }
  bool negatives_alone(idx row, idx first, idx n) const { return row < first || row >= first + n; }
  template <class F>
  void each_positive(idx, F) const {}
  template <class F>
  void each_absent(idx row, F f) const {
    f(row);
  }
  void check(idx rows, idx columns, char const* where = "check") const {
    require(rows == columns, where, ": roles::negatives_except_self: ", rows, " anchors against ", columns,
            " columns; they must be the same rows");
  }
};

/// Column i is row i itself and absent, the others are its positives (benign samples among themselves). The time goes to
/// the list of positives.
struct positives_except_self {
  template <Scalar S>
  void label(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    std::fill_n(bias, n, log_zero<S>);
    auto const had = std::ptrdiff_t(positives.size());
    positives.resize(std::size_t(had + n));
    std::iota(positives.begin() + had, positives.end(), idx(0));
    if (row >= first && row < first + n) positives.erase(positives.begin() + had + (row - first));
  }
  template <class F>
  void each_absent(idx row, F f) const {
    f(row);
  }
  void check(idx rows, idx columns, char const* where = "check") const {
    require(rows == columns, where, ": roles::positives_except_self: ", rows, " anchors against ", columns,
            " columns; they must be the same rows");
  }
};

}}  // namespace foil::roles
