// SPDX-License-Identifier: BSD-3-Clause
// Drops columns that carry the row's own id or label: the same document, the same class.
#pragma once

#include "foil/core/bias_row.hpp"
#include "foil/core/ids.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// Identity is by id, never by equal score or equal text.
class same_id {
 public:
  static constexpr char const* name = "same_id";
  static constexpr bool drops_few = true;
  same_id(id_list rows, id_list columns) : rows_(rows), columns_(columns) {}

  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    idx const mine = rows_[r.row];
    columns_.read(r.first, r.size, [&](auto const* id, idx at, idx count) {
      for (idx j = 0; j < count; ++j) bias[at + j] = idx(id[j]) == mine ? log_zero<S> : bias[at + j];
    });
  }
  void check(idx rows, idx columns, char const* where = name) const {
    require(rows == rows_.size() && columns == columns_.size(), where, ": ", rows, " anchors and ", columns, " columns, but ", rows_.size(),
            " and ", columns_.size(), " ids");
  }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return rows_.overlaps(from, to) || columns_.overlaps(from, to); }

 private:
  id_list rows_, columns_;
};

/// The same rule on labels, under its own name in reports.
struct same_label : same_id {
  static constexpr char const* name = "same_label";
  static constexpr bool drops_few = false;  // a label may own many of a row's best candidates
  using same_id::same_id;
};

}}  // namespace foil::bias
