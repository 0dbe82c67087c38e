// SPDX-License-Identifier: BSD-3-Clause
// Keeps the negatives of a mask: drops slots not yet filled, invalid entries.
#pragma once

#include "foil/core/bias_row.hpp"
#include "foil/core/list_view.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// valid: [rows, columns] of bytes, row-major; 0 drops the pair as a negative.
class mask {
 public:
  static constexpr char const* name = "mask";
  static constexpr bool drops_few = true;
  mask(list_view<unsigned char> valid, idx columns) : valid_(valid), columns_(columns) {}

  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    unsigned char const* const row = valid_.data() + r.row * columns_ + r.first;
    drop_where(r, bias, [&](idx j) { return row[j] == 0; });
  }
  void check(idx rows, idx columns, char const* where = name) const {
    require(columns == columns_ && !beyond_memory(rows, columns) && idx(valid_.size()) == rows * columns, where, ": ", rows,
            " anchors against ", columns, " columns need ", rows, " x ", columns, " bytes, got ", valid_.size(), " with ", columns_,
            " columns");
  }
  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return valid_.overlaps(from, to); }

 private:
  list_view<unsigned char> valid_;
  idx columns_;
};

}}  // namespace foil::bias
