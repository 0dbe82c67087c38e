// SPDX-License-Identifier: BSD-3-Clause
// Several positives per row in CSR form, unequal counts; the rest are negatives.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "foil/core/ids.hpp"

namespace foil::roles { inline namespace FOIL_ABI {

/// Row i's positives are the columns ids[offsets[i]] .. ids[offsets[i + 1] - 1], in any order, repeated ones count once; a row may have
/// none. The rest are its negatives. Both lists are viewed: keep them alive. check() refuses offsets that do not run from 0 to the number
/// of ids and ids beyond the columns.
class listed {
 public:
  /// `same_rows`: the columns are the anchors themselves, so a row's own column is absent.
  listed(id_list offsets, id_list ids, bool same_rows = false) : lists_{offsets, ids}, same_(same_rows) {}

  template <Scalar S>
  void label(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    std::fill_n(bias, n, S(0));
    for (idx p = lists_.begin(row); p < lists_.end(row); ++p) {
      idx const j = lists_.ids[p] - first;
      if (j < 0 || j >= n || bias[j] < 0) continue;  // another slice's, or a repeated one that is labelled already
      bias[j] = log_zero<S>;
      positives.push_back(j);
    }
    std::sort(positives.begin(), positives.end());
    idx const own = row - first;
    if (!same_ || own < 0 || own >= n) return;
    bias[own] = log_zero<S>;
    positives.erase(std::remove(positives.begin(), positives.end(), own), positives.end());
  }
  /// A sorted copy of each row's positives, in which one is found by binary search: O(ids log ids).
  class positive_index {
   public:
    explicit positive_index(listed const& roles) : lists_(roles.lists_) {
      for (idx i = 0; i < lists_.rows(); ++i) {
        auto const from = idx(sorted_.size());
        for (idx p = lists_.begin(i); p < lists_.end(i); ++p)
          if (idx const id = lists_.ids[p]; !roles.same_ || id != i) sorted_.push_back(id);
        std::sort(sorted_.begin() + from, sorted_.end());
        sorted_.erase(std::unique(sorted_.begin() + from, sorted_.end()), sorted_.end());
        starts_.push_back(idx(sorted_.size()));
      }
    }
    bool contains(idx row, idx id) const { return find(of(row), id) >= 0; }
    /// f(column) once for each positive of a row, in the caller's order.
    template <class F>
    void each_positive(idx row, F f) const {
      std::span<idx const> const known = of(row);
      std::vector<char> told(known.size(), 0);
      for (idx p = lists_.begin(row); p < lists_.end(row); ++p)
        if (idx const at = find(known, lists_.ids[p]); at >= 0 && !std::exchange(told[std::size_t(at)], 1)) f(lists_.ids[p]);
    }

   private:
    std::span<idx const> of(idx row) const {
      auto const from = std::size_t(starts_[std::size_t(row)]);
      return std::span(sorted_).subspan(from, std::size_t(starts_[std::size_t(row) + 1]) - from);
    }
    static idx find(std::span<idx const> in, idx id) {
      auto const at = std::lower_bound(in.begin(), in.end(), id);
      return at != in.end() && *at == id ? at - in.begin() : -1;
    }
    ragged lists_;
    std::vector<idx> sorted_, starts_{0};
  };
  template <class F>
  void each_absent(idx row, F f) const {
    if (same_) f(row);
  }
  void check(idx rows, idx columns, char const* where = "check") const {
    lists_.check((std::string(where) + ": roles::listed").c_str(), rows, columns);
  }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return lists_.overlaps(from, to); }

 private:
  ragged lists_;
  bool same_;
};

}}  // namespace foil::roles
