// SPDX-License-Identifier: BSD-3-Clause
// Pairs on the wrong side of a bound, row by row or relative to the row: the pair miners.
#pragma once

#include "foil/batch/batch.hpp"
#include "foil/batch/index_tuples.hpp"
#include "foil/core/option.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// In the caller's unit; the defaults are distances.
struct pair_margin_options {
  static constexpr char const* name = "pair_margin_miner";
  double positive = 0.2, negative = 0.8;  ///< numbers, in the caller's unit
  static void options(auto list) {
    list("positive", &pair_margin_options::positive, range::number), list("negative", &pair_margin_options::negative, range::number);
  }
};

/// Positives farther than one bound, negatives nearer than the other: d > positive, d < negative; of similarities
/// s < positive, s > negative. Strict. O(n m).
template <Scalar S>
mined_pairs pair_margin_miner(labelled_batch<S> const& b, pair_margin_options const& o = {}) {
  check_options(o);
  S const positive = b.near_of(o.positive), negative = b.near_of(o.negative);
  mined_pairs out;
  each_row(b, [&](batch_row<S> const& r) {
    for (idx p : r.positives)
      if (r(p) < positive) out.positives.add(r.anchor, p);
    for (idx n : r.negatives)
      if (r(n) > negative) out.negatives.add(r.anchor, n);
  });
  return out;
}

struct multi_similarity_options {
  static constexpr char const* name = "multi_similarity_miner";
  double epsilon = 0.1;  ///< a number, in the caller's unit
  static void options(auto list) { list("epsilon", &multi_similarity_options::epsilon, range::number); }
};

/// Positives with s - epsilon below the anchor's highest negative, negatives with s + epsilon above its lowest positive;
/// anchors without either kind give nothing. Meant for the cosine: batch(z, labels, similarity::cosine{}). Wang et al.
/// 2019, arXiv 1904.06627. O(n m).
template <Scalar S>
mined_pairs multi_similarity_miner(labelled_batch<S> const& b, multi_similarity_options const& o = {}) {
  check_options(o);
  S const epsilon = S(o.epsilon);
  mined_pairs out;
  each_row(b, [&](batch_row<S> const& r) {
    if (r.positives.empty() || r.negatives.empty()) return;
    S const hardest_negative = r(r.nearest(r.negatives)), hardest_positive = r(r.farthest(r.positives));
    for (idx p : r.positives)
      if (r(p) - epsilon < hardest_negative) out.positives.add(r.anchor, p);
    for (idx n : r.negatives)
      if (r(n) + epsilon > hardest_positive) out.negatives.add(r.anchor, n);
  });
  return out;
}

}}  // namespace foil::mining
