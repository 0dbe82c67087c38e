// SPDX-License-Identifier: BSD-3-Clause
// Drops listed columns: known positives, the query itself, anything the caller bans.
#pragma once

#include "foil/core/bias_row.hpp"
#include "foil/core/ids.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// Ids per row in CSR form, counted within the pool. Cost: the row's list, once per slice of 256 columns.
class listed {
 public:
  static constexpr char const* name = "listed";
  static constexpr bool drops_few = true;
  listed(id_list offsets, id_list ids) : lists_{offsets, ids} {}

  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    if (r.size == 1) {  // mining asks candidate by candidate
      bool hit = false;
      for (idx p = lists_.begin(r.row); p < lists_.end(r.row); ++p) hit |= lists_.ids[p] == r.first;
      if (hit) *bias = log_zero<S>;
      return;
    }
    for (idx p = lists_.begin(r.row); p < lists_.end(r.row); ++p)
      if (idx const j = lists_.ids[p] - r.first; j >= 0 && j < r.size) bias[j] = log_zero<S>;
  }
  void check(idx rows, idx columns, char const* where = name) const { lists_.check(where, rows, columns); }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return lists_.overlaps(from, to); }

 private:
  ragged lists_;
};

}}  // namespace foil::bias
