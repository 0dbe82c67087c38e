// SPDX-License-Identifier: BSD-3-Clause
// The diagonal of a global batch, as a block of its anchors sees it in a block of its candidates.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/types.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// Roles: anchor i belongs to candidate i + by, if the block has that one; all others are negatives.
struct shifted_diagonal {
  idx by = 0;  ///< any; number of the first anchor minus that of the first candidate, in the global batch

  template <Scalar S>
  void label(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    std::fill_n(bias, n, S(0));
    idx const j = row + by - first;
    if (j < 0 || j >= n) return;
    bias[j] = log_zero<S>;
    positives.push_back(j);
  }
  bool negatives_alone(idx row, idx first, idx n) const { return row + by < first || row + by >= first + n; }
  void check(idx, idx) const {}
};

}}  // namespace foil::bridge
