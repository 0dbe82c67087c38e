// SPDX-License-Identifier: BSD-3-Clause
// A guide model's filter (GISTEmbed): drops pairs that a second, trusted model finds too similar.
#pragma once

#include "foil/bias/vectors.hpp"
#include "foil/core/bias_row.hpp"
#include "foil/core/list_view.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// Removed when the guide's cosine of the pair exceeds the row's limit, strictly. The guide's rows may be of any length, in
/// the pool's scalar; limits[i] is usually guide(anchor i, positive i) minus a margin. Lengths are taken here; rows that
/// change afterwards are refused. Solatorio 2024, arXiv 2402.16829. Cost: one dot product of the guide's width per pair and
/// pass; before them the time goes to the lengths.
template <Scalar T>
class guide {
 public:
  static constexpr char const* name = "guide";
  static constexpr bool needs_guide = true;
  guide(view<T> rows, view<T> columns, list_view<T> limits) : rows_(rows), columns_(columns), limits_(limits) {}
  template <class R, class C>
  requires(!is_view<std::remove_cvref_t<R>> || !is_view<std::remove_cvref_t<C>>) guide(R&& rows, C&& columns, list_view<T> limits)
      : guide(as_view(std::forward<R>(rows)), as_view(std::forward<C>(columns)), limits) {}

  template <class Dot>
  void guide_scores(idx row, idx first, idx n, T* out, Dot dot) const {
    for (idx j = 0; j < n; ++j) out[j] = T(rows_.cosine(row, columns_, first + j, dot));
  }
  void weigh(bias_row<T> const& r, T* bias) const {
    T const limit = limits_[std::size_t(r.row)];
    drop_where(r, bias, [&](idx j) { return r.guide[j] > limit; });
  }
  void check(idx rows, idx columns, char const* where = name) const {
    require(rows_.rows() == rows && columns_.rows() == columns && rows_.cols() == columns_.cols(), where, ": ", rows, " anchors and ",
            columns, " columns, but the guide's rows are [", rows_.rows(), ", ", rows_.cols(), "] and [", columns_.rows(), ", ",
            columns_.cols(), "]");
    require(idx(limits_.size()) == rows, where, ": ", rows, " anchors need as many limits, got ", limits_.size());
    for (idx i = 0; i < rows; ++i) require(!nan_bits(limits_[std::size_t(i)]), where, ": the limit of row ", i, " is not a number");
    rows_.check(where, "rows"), columns_.check(where, "columns");
  }
  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const {
    return rows_.overlaps(from, to) || columns_.overlaps(from, to) || limits_.overlaps(from, to);
  }

 private:
  vectors<T> rows_, columns_;
  list_view<T> limits_;
};
template <class R, class C, class L>
guide(R&&, C&&, L&&) -> guide<storage_of<R>>;

}}  // namespace foil::bias
