// SPDX-License-Identifier: BSD-3-Clause
// A proxy stands for many members: it counts as often as its cluster is large.
#pragma once

#include <cmath>

#include "foil/core/bias_row.hpp"
#include "foil/core/ids.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// Adds log(members of the column's cluster); an empty cluster is dropped.
class cluster_size {
 public:
  static constexpr char const* name = "cluster_size";
  static constexpr bool drops_few = true;
  explicit cluster_size(id_list members) : members_(members) {}

  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    for (idx j = 0; j < r.size; ++j) {
      idx const n = members_[r.first + j];
      if (bias[j] > log_zero_limit<S>) bias[j] = n > 0 ? bias[j] + std::log(S(n)) : log_zero<S>;
    }
  }
  void check(idx, idx columns, char const* where = name) const {
    require(members_.size() == columns, where, ": ", columns, " columns, but ", members_.size(), " counts");
    for (idx j = 0; j < columns; ++j) require(members_[j] >= 0, where, ": the count of column ", j, " is ", members_[j]);
  }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return members_.overlaps(from, to); }

 private:
  id_list members_;
};

}}  // namespace foil::bias
