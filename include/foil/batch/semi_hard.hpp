// SPDX-License-Identifier: BSD-3-Clause
// One semi-hard negative for every positive pair.
#pragma once

#include "foil/batch/batch.hpp"
#include "foil/batch/index_tuples.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Of every positive pair (a, p) the triplet with the nearest negative that is strictly farther than p, or, where no negative is, with
/// the farthest one; anchors without a negative give none. Ties to the lower index. Schroff et al. 2015, arXiv 1503.03832, one a pair as
/// TensorFlow Addons and sentence-transformers take them. Their loss, on Euclidean distances:
///   on_triplets(objective{loss::triplet{.margin = 5, .nonzero = false}, similarity::neg_l2{}}, z, mining::semi_hard(batch))
/// One product of rows and columns, and a pass over a row's negatives for each of its positives.
template <Scalar S>
index_triplets semi_hard(labelled_batch<S> const& b) {
  return each_row<index_triplets>(b, scoring::approximate, [&](index_triplets& out) {
    return [&out](batch_row<S> const& r) {
      idx const easiest = r.positives.columns.empty() ? -1 : r.farthest(r.negatives);
      if (easiest < 0) return;
      for (idx place = 0; place < idx(r.positives.columns.size()); ++place) {
        S const p = r.score(r.positives, place);
        idx const n = r.template extreme<true>(r.negatives, {.high = double(p), .around = std::abs(double(p))}, [p](S s) { return s < p; });
        out.add(r.anchor, r.positives.column(place), r.negatives.column(n >= 0 ? n : easiest));
      }
      out.expect(r.anchor - r.first_row + 1, r.rows);
    };
  });
}

}}  // namespace foil::mining
