// SPDX-License-Identifier: BSD-3-Clause
// Proxies: the row's own cluster is absent (or its positive), the other clusters' proxies are negatives.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/ids.hpp"

namespace foil::roles { inline namespace FOIL_ABI {

/// Columns are clusters, one number for each row says which is its own: that one is absent, or with `own_is_positive` the row's positive;
/// all others are its negatives. Numbers within 0 .. columns - 1, viewed: keep the list alive. O(1) a row.
class other_clusters {
 public:
  explicit other_clusters(id_list cluster_of_row, bool own_is_positive = false)
      : clusters_(cluster_of_row), own_is_positive_(own_is_positive) {}

  template <Scalar S>
  void label(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    std::fill_n(bias, n, S(0));
    idx const j = clusters_[row] - first;
    if (j < 0 || j >= n) return;
    bias[j] = log_zero<S>;
    if (own_is_positive_) positives.push_back(j);
  }
  template <class F>
  void each_positive(idx row, F f) const {
    if (own_is_positive_) f(clusters_[row]);
  }
  template <class F>
  void each_absent(idx row, F f) const {
    if (!own_is_positive_) f(clusters_[row]);
  }
  void check(idx rows, idx columns, char const* where = "check") const {
    require(rows == clusters_.size(), where, ": roles::other_clusters: ", rows, " anchors, but ", clusters_.size(), " cluster numbers");
    for (idx i = 0; i < rows; ++i)
      require(clusters_[i] >= 0 && clusters_[i] < columns, where, ": roles::other_clusters: row ", i, " is in cluster ", clusters_[i],
              ", outside 0 .. ", columns - 1);
  }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return clusters_.overlaps(from, to); }

 private:
  id_list clusters_;
  bool own_is_positive_;
};

}}  // namespace foil::roles
