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

struct triplet_margin_options {
  static constexpr char const* name = "triplet_margin_miner";
  double margin = 0.2;                    ///< a number, in the unit of the batch's scores or distances
  triplet_kind kind = triplet_kind::all;  ///< which triplets are kept
  static void options(auto list) {
    list("margin", &triplet_margin_options::margin, range::number), list("kind", &triplet_margin_options::kind, triplet_kind::easy);
  }
};

/// All (a, p, n) by gap = d(a, n) - d(a, p), of similarities s(a, p) - s(a, n). hard and semihard partition all, easy is
/// the rest. Schroff et al. 2015, arXiv 1503.03832. O(n m) and the triplets looked at; memory: those kept.
template <Scalar S>
index_triplets triplet_margin_miner(labelled_batch<S> const& b, triplet_margin_options const& o = {}) {
  check_options(o);
  S const margin = S(o.margin);
  index_triplets out;
  each_row(b, [&](batch_row<S> const& r) {
    for (idx p : r.positives)
      for (idx n : r.negatives) {
        S const gap = r(p) - r(n);
        bool keep = gap > margin;
        if (o.kind != triplet_kind::easy)
          keep = gap <= margin && (o.kind == triplet_kind::all || (o.kind == triplet_kind::hard) == (gap <= 0));
        if (keep) out.add(r.anchor, p, n);
      }
  });
  return out;
}

}}  // namespace foil::mining
