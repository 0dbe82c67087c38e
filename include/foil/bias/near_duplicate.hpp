// SPDX-License-Identifier: BSD-3-Clause
// Drops near-duplicates of the positives: copies under another id, paraphrases.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/bias/vectors.hpp"
#include "foil/core/bias_row.hpp"
#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// Removed when the candidate's cosine to any positive of the row is >= threshold (inclusive, 1e-9 of slack). `columns`: a
/// vector of any length for each of the pool's candidates; positives by row in CSR form, counted within the pool. Lengths are
/// taken here; columns that change afterwards are refused and need a new near_duplicate. Cost: one dot product per pair and
/// positive, one more near the threshold; before them the time goes to the lengths.
template <Scalar T>
class near_duplicate {
 public:
  static constexpr char const* name = "near_duplicate";
  static constexpr bool needs_guide = true;
  near_duplicate(view<T> columns, id_list offsets, id_list ids, double threshold = 0.98)
      : columns_(columns), positives_{offsets, ids}, threshold_(threshold) {}
  template <class M, class... Rest>
  requires(!is_view<std::remove_cvref_t<M>> && !std::same_as<std::remove_cvref_t<M>, near_duplicate>) explicit near_duplicate(M&&,
                                                                                                                              Rest&&...) {
    static_assert(std::is_void_v<M>,
                  "foil: bias::near_duplicate views the pool's candidates and the positives of each row; write "
                  "bias::near_duplicate(foil::as_view(documents), offsets, ids)");
  }

  /// Of a pair: 1 where the candidate is near a positive, else 0.
  template <class Dot>
  void guide_scores(idx row, idx first, idx n, T* out, Dot dot) const {
    std::fill_n(out, n, T(0));
    for (idx p = positives_.begin(row); p < positives_.end(row); ++p)
      for (idx j = 0; j < n; ++j)
        if (is_near(positives_.ids[p], first + j, dot)) out[j] = T(1);
  }
  void weigh(bias_row<T> const& r, T* bias) const {
    drop_where(r, bias, [&](idx j) { return r.guide[j] > 0; });
  }
  void check(idx rows, idx columns, char const* where = name) const {
    require(columns_.rows() == columns, where, ": ", columns, " columns, but ", columns_.rows(), " vectors to compare");
    check_option(where, "threshold", threshold_, range::real{-1, 1e15, true});
    positives_.check(where, rows, columns);
    columns_.check(where, "columns");
  }
  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return columns_.overlaps(from, to) || positives_.overlaps(from, to); }

 private:
  template <class Dot>
  bool is_near(idx a, idx b, Dot const& dot) const {
    double const cosine = columns_.cosine(a, columns_, b, dot);
    double const rounding = sizeof(T) == 4 ? 1e-5 + 1e-8 * double(columns_.cols()) : 1e-9;  // nearer ones are decided in double
    return (std::abs(cosine - threshold_) < rounding ? columns_.exact_cosine(a, columns_, b) : cosine) >= threshold_ - 1e-9;
  }

  vectors<T> columns_;
  ragged positives_;
  double threshold_;
};
template <class M, class... Rest>
near_duplicate(M&&, Rest&&...) -> near_duplicate<arithmetic<storage_of<M>>>;

}}  // namespace foil::bias
