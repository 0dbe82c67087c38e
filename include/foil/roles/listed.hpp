// SPDX-License-Identifier: BSD-3-Clause
// Several positives per row in CSR form, unequal counts; the rest are negatives.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/ids.hpp"

namespace foil::roles { inline namespace FOIL_ABI {

/// Row i's positives are the columns ids[offsets[i]] .. ids[offsets[i + 1] - 1], in any order, repeated ones once; a row may have none. The
/// rest are its negatives. Both lists are viewed: keep them alive. Refuses offsets that do not run from 0 to the number of ids and ids
/// beyond the columns.
class listed {
 public:
  /// `same_rows`: the columns are the anchors themselves, so a row's own column is absent.
  listed(id_list offsets, id_list ids, bool same_rows = false) : lists_{offsets, ids}, same_(same_rows) {}

  template <Scalar S>
  void label(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    std::fill_n(bias, n, S(0));
    for (idx p = lists_.begin(row); p < lists_.end(row); ++p) {
      idx const j = lists_.ids[p] - first;
      if (j < 0 || j >= n || bias[j] < 0) continue;  // another slice's, or named twice
      bias[j] = log_zero<S>;
      positives.push_back(j);
    }
    std::sort(positives.begin(), positives.end());
    idx const own = row - first;
    if (!same_ || own < 0 || own >= n) return;
    bias[own] = log_zero<S>;
    positives.erase(std::remove(positives.begin(), positives.end(), own), positives.end());
  }
  template <class F>
  void each_positive(idx row, F f) const {
    for (idx p = lists_.begin(row); p < lists_.end(row); ++p) {
      bool seen = same_ && lists_.ids[p] == row;
      for (idx before = lists_.begin(row); before < p && !seen; ++before) seen = lists_.ids[before] == lists_.ids[p];
      if (!seen) f(lists_.ids[p]);
    }
  }
  template <class F>
  void each_absent(idx row, F f) const {
    if (same_) f(row);
  }
  void check(idx rows, idx columns, char const* where = "check") const {
    lists_.check((std::string(where) + ": roles::listed").c_str(), rows, columns);
  }

 private:
  ragged lists_;
  bool same_;
};

}}  // namespace foil::roles
