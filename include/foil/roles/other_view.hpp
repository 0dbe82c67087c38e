// Two views of n things stacked into 2n rows: the other view is the positive, the row itself is absent (SimCLR).
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/types.hpp"

namespace foil::inline FOIL_ABI::roles {

struct other_view {
  template <Scalar S>
  void cut(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    std::fill_n(bias, n, S(0));
    idx const partner = row < views_ ? row + views_ : row - views_;
    if (row >= first && row < first + n) bias[row - first] = drop<S>;
    if (partner >= first && partner < first + n) {
      bias[partner - first] = drop<S>;
      positives.push_back(partner - first);
    }
  }
  void check(idx rows, idx columns) const {
    require(rows == 2 * views_ && columns == 2 * views_, "roles::other_view: two views of ", views_, " need ",
            2 * views_, " anchors and columns, got ", rows, " and ", columns);
  }
  explicit other_view(idx views) : views_(views) {}

 private:
  idx views_;
};

}  // namespace foil::inline FOIL_ABI::roles
