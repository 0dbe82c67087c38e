// SPDX-License-Identifier: BSD-3-Clause
// Clusterings as weights: a pair counts as often as they put its two nodes into different clusters.
#pragma once

#include <cmath>

#include "foil/core/bias_row.hpp"
#include "foil/core/ids.hpp"
#include "foil/core/list_view.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// w_ij = number of clusterings in which i and j are in different clusters, 0 .. T; 0 removes the pair. Columns are the
/// same nodes as the rows, perhaps in another view. Counted on the fly: O(T) a pair, no [N, N] of weights. Clusterings
/// that each hold everything in one cluster leave no pair and are refused. MEOW, Yu et al. 2022, arXiv 2212.13847.
class disagreement {
 public:
  static constexpr char const* name = "disagreement";
  static constexpr bool drops_few = true;
  explicit disagreement(list_view<id_list> clusterings) : of_(clusterings) {}

  idx weight(idx i, idx j) const {
    idx w = 0;
    for (id_list const& c : of_) w += c[i] != c[j];
    return w;
  }
  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    for (idx j = 0; j < r.size; ++j)
      if (bias[j] > log_zero_limit<S>) {
        idx const w = weight(r.row, r.first + j);
        bias[j] = w > 1 ? bias[j] + std::log(S(w)) : w == 1 ? bias[j] : log_zero<S>;
      }
  }
  void check(idx rows, idx columns, char const* where = name) const {
    require(!of_.empty(), where, ": needs at least one clustering");
    require(rows == columns, where, ": ", rows, " anchors against ", columns, " columns; they must be the same nodes");
    bool any = rows == 0;
    for (id_list const& c : of_) {
      require(c.size() == rows, where, ": ", rows, " nodes, but a clustering of ", c.size());
      for (idx j = 1; j < rows; ++j) any = any || c[j] != c[0];  // if node 0 agrees with everybody, all do
    }
    require(any, where, ": every clustering holds all nodes in one cluster, so all weights are 0");
  }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const {
    bool found = false;
    for (id_list const& c : of_) found = found || c.overlaps(from, to);
    return found;
  }

 private:
  list_view<id_list> of_;
};

}}  // namespace foil::bias
