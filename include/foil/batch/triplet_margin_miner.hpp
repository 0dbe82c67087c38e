// SPDX-License-Identifier: BSD-3-Clause
// Triplets by how much farther their negative is than their positive.
#pragma once

#include "foil/batch/batch.hpp"
#include "foil/batch/index_tuples.hpp"
#include "foil/core/option.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

enum class triplet_kind {
  all,       ///< gap <= margin
  hard,      ///< gap <= margin and gap <= 0
  semihard,  ///< 0 < gap <= margin
  easy       ///< gap > margin
};

/// Options of `triplet_margin_miner`.
struct triplet_margin_options {
  static constexpr char const* name = "triplet_margin_miner";
  double margin = 0.2;                    ///< a number, in the unit of the batch's scores or distances
  triplet_kind kind = triplet_kind::all;  ///< which triplets are kept
  static void options(auto list) {
    list("margin", &triplet_margin_options::margin, range::either_sign), list("kind", &triplet_margin_options::kind, triplet_kind::easy);
  }
};

/// All (a, p, n) by gap = d(a, n) - d(a, p), of similarities s(a, p) - s(a, n). hard and semihard partition all, easy is
/// the rest. Schroff et al. 2015, arXiv 1503.03832. One product of rows and columns, a comparison of each triplet (16 at a time
/// with AVX-512) and the writing of those kept, which is most of it; memory: those kept.
template <Scalar S>
index_triplets triplet_margin_miner(labelled_batch<S> const& b, triplet_margin_options const& o = {}) {
  check_options(o);
  S const margin = S(o.margin);
  bool const easy = o.kind == triplet_kind::easy, hard = o.kind == triplet_kind::hard, semihard = o.kind == triplet_kind::semihard;
  auto const in_row = [&](index_triplets& out, batch_row<S> const& r) {
    for (idx place = 0; place < idx(r.positives.columns.size()); ++place) {
      S const p = r.score(r.positives, place);
      auto const keep = [=](S n) {
        S const gap = p - n;
        return easy ? gap > margin : gap <= margin && (!hard || gap <= 0) && (!semihard || gap > 0);
      };
      score_range range{.around = std::abs(double(p)) + std::abs(o.margin)};
      (easy ? range.high : range.low) = double(p) - (hard ? (std::min)(o.margin, 0.0) : o.margin);
      if (semihard) range.high = double(p);
      r.each(r.negatives, range, keep, [&](idx n, std::uint64_t bits) { out.add(r.anchor, r.positives.column(place), n, bits, nullptr); });
    }
    out.expect(r.anchor - r.first_row + 1, r.rows);
  };
  return each_row<index_triplets>(b, scoring::approximate,
                                  [&](index_triplets& out) { return [&](batch_row<S> const& r) { in_row(out, r); }; });
}

}}  // namespace foil::mining
