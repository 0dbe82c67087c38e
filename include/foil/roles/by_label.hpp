// Same label: positive. Same element: absent, when the columns are the anchors themselves (SupCon).
#pragma once

#include <vector>

#include "foil/core/ids.hpp"

namespace foil::inline FOIL_ABI::roles {

class by_label {
 public:
  /// Anchors and columns are the same rows.
  explicit by_label(id_list labels) : rows_(labels), columns_(labels), same_(true) {}
  by_label(id_list rows, id_list columns, bool same_rows = false) : rows_(rows), columns_(columns), same_(same_rows) {}

  template <Scalar S>
  void cut(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    idx const mine = rows_[row];
    for (idx j = 0; j < n; ++j) {
      bool const positive = columns_[first + j] == mine;
      bias[j] = positive ? drop<S> : S(0);
      if (positive && !(same_ && first + j == row)) positives.push_back(j);
    }
  }
  void check(idx rows, idx columns) const {
    require(rows == rows_.size() && columns == columns_.size(), "roles::by_label: ", rows, " anchors and ", columns,
            " columns, but ", rows_.size(), " and ", columns_.size(), " labels");
  }

 private:
  id_list rows_, columns_;
  bool same_;
};

}  // namespace foil::inline FOIL_ABI::roles
