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
  double pos_margin = 0.2, neg_margin = 0.8;  ///< numbers, in the caller's unit
  static void options(auto list) {
    list("pos_margin", &pair_margin_options::pos_margin, range::either_sign),
        list("neg_margin", &pair_margin_options::neg_margin, range::either_sign);
  }
};

/// Positives farther than one bound, negatives nearer than the other: d > pos_margin, d < neg_margin; of similarities
/// s < pos_margin, s > neg_margin. Strict. One product of rows and columns, and the pairs kept.
template <Scalar S>
mined_pairs pair_margin_miner(labelled_batch<S> const& b, pair_margin_options const& o = {}) {
  check_options(o);
  S const positive = b.near_of(o.pos_margin), negative = b.near_of(o.neg_margin);
  return each_row<mined_pairs>(b, scoring::approximate, [&](mined_pairs& out) {
    return [&](batch_row<S> const& r) {
      r.add(
          r.positives, {.high = double(positive)}, [=](S s) { return s < positive; }, out.positives);
      r.add(
          r.negatives, {.low = double(negative)}, [=](S s) { return s > negative; }, out.negatives);
    };
  });
}

/// Options of `multi_similarity_miner`.
struct multi_similarity_options {
  static constexpr char const* name = "multi_similarity_miner";
  double epsilon = 0.1;  ///< a number, in the caller's unit
  static void options(auto list) { list("epsilon", &multi_similarity_options::epsilon, range::either_sign); }
};

/// Positives with s - epsilon below the anchor's highest negative, negatives with s + epsilon above its lowest positive;
/// anchors without either kind give nothing. Meant for the cosine: batch(z, labels, similarity::cosine{}). Wang et al.
/// 2019, arXiv 1904.06627. One product of rows and columns, and the pairs kept.
template <Scalar S>
mined_pairs multi_similarity_miner(labelled_batch<S> const& b, multi_similarity_options const& o = {}) {
  check_options(o);
  S const epsilon = S(o.epsilon);
  auto const in_row = [&](mined_pairs& out, batch_row<S> const& r) {
    idx const negative = r.nearest(r.negatives), positive = negative < 0 ? -1 : r.farthest(r.positives);
    if (positive < 0) return;
    S const high = r.score(r.negatives, negative), low = r.score(r.positives, positive);
    double const around = std::abs(o.epsilon);
    r.add(
        r.positives, {.high = double(high) + o.epsilon, .around = around}, [=](S s) { return s - epsilon < high; }, out.positives);
    r.add(
        r.negatives, {.low = double(low) - o.epsilon, .around = around}, [=](S s) { return s + epsilon > low; }, out.negatives);
  };
  return each_row<mined_pairs>(b, scoring::approximate, [&](mined_pairs& out) { return [&](batch_row<S> const& r) { in_row(out, r); }; });
}

}}  // namespace foil::mining
