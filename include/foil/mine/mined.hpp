// SPDX-License-Identifier: BSD-3-Clause
// What foil::mine returns.
#pragma once

#include <vector>

#include "foil/core/types.hpp"
#include "foil/mine/screening.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Negatives per row, hardest first. Unused slots hold id -1, rank -1 and score minus infinity: padding for the reader,
/// never data. counts says how many of a row's slots are used.
template <Scalar S>
struct mined {
  struct filter_report {
    char const* filter;  ///< its name
    /// Candidates that this filter was the first to drop, in the pool's order of filters:
    /// - of a window of ranks: those in the windows that were inspected;
    /// - over the whole corpus (mine_options::range_max): of all candidates where the score decides, and "positive" counts all positives,
    ///   with columns that roles::masks, roles::per_pair or your own roles leave out; other filters count only candidates within those
    ///   bounds that were looked at until the row was full, at least as many as they dropped there;
    /// - over the whole corpus where positives stay, or a margin refers to each of them: what was looked at.
    idx dropped;
  };

  idx rows = 0;           ///< as many as anchors, or as pairs of anchor and positive where a margin refers to each
  idx per_row = 0;        ///< options.negatives; beyond 1,024 no more than the pool has candidates
  std::vector<idx> ids;   ///< [rows * per_row] columns of the pool; of a listed pool, rows of its matrix
  std::vector<S> scores;  ///< their similarities, canonical: the same bits on every machine
  /// Their ranks among all candidates, before any filter, from 0; -1 for those that shortage::fill_random and fill_deeper added.
  std::vector<idx> ranks;
  std::vector<idx> counts;  ///< [rows] used slots
  std::vector<idx> anchor;  ///< [rows] the anchor of the row; several rows share one where margins refer to each positive

  idx id(idx row, idx slot) const { return ids[std::size_t(row * per_row + slot)]; }
  S score(idx row, idx slot) const { return scores[std::size_t(row * per_row + slot)]; }
  idx rank(idx row, idx slot) const { return ranks[std::size_t(row * per_row + slot)]; }
  idx count(idx row) const { return counts[std::size_t(row)]; }

  /// What each row was drawn from, hardest first. Over the whole corpus sampling::top looks no further than it takes.
  std::vector<idx> survivor_offsets, survivors;
  std::vector<S> survivor_scores;                ///< of each survivor, canonical
  std::vector<idx> positive_offsets, positives;  ///< of each anchor, in the caller's order
  std::vector<S> positive_scores;                ///< minus infinity for a positive that is no row, or whose anchor was not reached

  std::vector<filter_report> dropped;  ///< "positive" first, then the pool's filters in their order
  idx nan = 0;                         ///< given scores that were NaN
  idx short_rows = 0;                  ///< rows with fewer than per_row negatives before a shortage policy adds some
  idx filled = 0;                      ///< negatives that a shortage policy added
  idx without_positive = 0;            ///< rows without a positive: margins were skipped
  idx exact_rows = 0;                  ///< rows with too many ties, by rounding or the link, whose candidates were all scored canonically
  foil::screening screening{};         ///< which fast pass looked at how many pairs; like exact_rows it may depend on the number of threads
  idx bad_rows = 0;                    ///< rows with a NaN or an infinity, treated as absent
  idx range_max = 0;                   ///< end of the rank window that was used; automatic: by the row with the most positives
  idx finished = 0;                    ///< anchors whose turn came, all unless cancelled: where a job that is taken up again goes on
  bool cancelled = false;              ///< the progress callback said stop; rows that were not finished are empty
};

}}  // namespace foil
