// SPDX-License-Identifier: BSD-3-Clause
// Same label: positive. Same element: absent, when the columns are the anchors themselves (SupCon).
#pragma once

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "foil/core/ids.hpp"

namespace foil::roles { inline namespace FOIL_ABI {

/// Columns of the row's label are its positives, others its negatives; where columns are the anchors themselves, the row's own column is
/// absent. Labels are whole numbers of any type and size, viewed: keep them alive. Mining finds the positives through an index,
/// O(rows + columns + positives). Refuses lists that are not as long as rows or columns. Khosla et al. 2020, arXiv 2004.11362.
class by_label {
 public:
  /// Anchors and columns are the same rows.
  explicit by_label(id_list labels) : rows_(labels), columns_(labels), same_(true) {}
  by_label(id_list rows, id_list columns, bool same_rows = false) : rows_(rows), columns_(columns), same_(same_rows) {}

  /// The same without column own[i] in row i, which is neither positive nor negative there: an anchor's own copy in a queue
  /// (pool::queue::written()). -1: none. The list must outlive the roles.
  by_label except(id_list own) const {
    by_label r = *this;
    r.own_ = own, r.excepts_ = true;
    return r;
  }

  template <Scalar S>
  void label(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    auto const before = positives.size();
    label_by_class(row, first, n, bias, positives);
    if (same_ && row >= first && row - first < n) bias[row - first] = log_zero<S>;  // whatever its label as a column is
    if (idx const own = excepts_ ? own_[row] - first : -1; own >= 0 && own < n) {
      bias[own] = log_zero<S>;
      positives.erase(std::remove(positives.begin() + idx(before), positives.end(), own), positives.end());
    }
  }
  /// The columns of each label that some row has, listed once: O(rows + columns), where asking row by row is their product.
  class positive_index {
   public:
    explicit positive_index(by_label const& roles) : roles_(roles) {
      for (idx i = 0; i < roles.rows_.size(); ++i) {
        idx const label = roles.rows_[i], next = idx(class_of_.size());
        class_of_.try_emplace(label, next);
      }
      ends_.assign(class_of_.size() + 1, 0);
      std::vector<idx> of(std::size_t(roles.columns_.size()), -1);
      for (idx j = 0; j < roles.columns_.size(); ++j)
        if (auto const found = class_of_.find(roles.columns_[j]); found != class_of_.end())
          of[std::size_t(j)] = found->second, ++ends_[std::size_t(found->second) + 1];
      for (std::size_t c = 1; c < ends_.size(); ++c) ends_[c] += ends_[c - 1];
      columns_.resize(std::size_t(ends_.back()));
      std::vector<idx> next(ends_.begin(), ends_.end());
      for (std::size_t j = 0; j < of.size(); ++j)
        if (of[j] >= 0) columns_[std::size_t(next[std::size_t(of[j])]++)] = idx(j);
    }
    /// f(column) for the positives of a row, rising.
    template <class F>
    void each_positive(idx row, F f) const {
      auto const c = std::size_t(class_of_.at(roles_.rows_[row]));
      for (auto p = std::size_t(ends_[c]); p < std::size_t(ends_[c + 1]); ++p)
        if (!roles_.is_absent(row, columns_[p])) f(columns_[p]);
    }

   private:
    by_label const& roles_;
    std::unordered_map<idx, idx> class_of_;
    std::vector<idx> ends_, columns_;
  };
  template <class F>
  void each_absent(idx row, F f) const {
    if (same_) f(row);
    if (excepts_ && own_[row] >= 0 && !(same_ && own_[row] == row)) f(own_[row]);
  }
  void check(idx rows, idx columns, char const* where = "check") const {
    require(rows == rows_.size() && columns == columns_.size(), where, ": roles::by_label: ", rows, " anchors and ", columns,
            " columns, but ", rows_.size(), " and ", columns_.size(), " labels");
    if (!excepts_) return;
    require(own_.size() == rows, where, ": roles::by_label: except needs a column, or -1, for each of the ", rows, " anchors, got ",
            own_.size());
    for (idx i = 0; i < rows; ++i)
      require(own_[i] >= -1 && own_[i] < columns, where, ": roles::by_label: except names column ", own_[i], " for anchor ", i,
              ", outside -1 .. ", columns - 1);
  }

  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const {
    return rows_.overlaps(from, to) || columns_.overlaps(from, to) || own_.overlaps(from, to);
  }

 private:
  bool is_absent(idx row, idx column) const { return (same_ && column == row) || (excepts_ && own_[row] == column); }
  template <Scalar S>
  void label_by_class(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    idx const mine = rows_[row];
    columns_.read(first, n, [&](auto const* label, idx at, idx count) {
      using integer = std::remove_cvref_t<decltype(*label)>;
      auto const wanted = integer(mine);
      if (idx(wanted) != mine) return void(std::fill_n(bias + at, count, S(0)));  // no short label is that large
      constexpr idx block = 64;
      for (idx from = 0; from < count; from += block) {
        idx const end = (std::min)(count, from + block);
        unsigned any = 0;
        for (idx j = from; j < end; ++j) {
          bool const positive = label[j] == wanted;
          any |= unsigned(positive);
          bias[at + j] = positive ? log_zero<S> : S(0);
        }
        if (any == 0) continue;
        for (idx j = from; j < end; ++j)
          if (label[j] == wanted && !(same_ && first + at + j == row)) positives.push_back(at + j);
      }
    });
  }

  id_list rows_, columns_, own_;
  bool same_, excepts_ = false;
};

}}  // namespace foil::roles
