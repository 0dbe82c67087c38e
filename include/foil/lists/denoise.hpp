// SPDX-License-Identifier: BSD-3-Clause
// Negatives and pseudo positives by a cross-encoder's probability (RocketQA).
#pragma once

#include <unordered_map>

#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `ce_denoise`.
struct denoise_options {
  static constexpr char const* name = "ce_denoise";
  double negative_below = 0.1, positive_above = 0.9;  ///< numbers, the first not above the second
  idx depth = 50;                                     ///< >= 0; ranks that the teacher is asked about
  idx negatives = 4;                                  ///< >= 0; negatives wanted (four for each positive)
  static void options(auto list) {
    list("negative_below", &denoise_options::negative_below, range::either_sign);
    list("positive_above", &denoise_options::positive_above, range::either_sign);
    list("depth", &denoise_options::depth, range::at_least(0)), list("negatives", &denoise_options::negatives, range::at_least(0));
  }
  void check() const {
    require(negative_below <= positive_above, "ce_denoise: negative_below must not exceed positive_above, got ", negative_below, " and ",
            positive_above);
  }
};

/// What `ce_denoise` returns: ids of `ranked`.
struct denoised {
  std::vector<idx> negatives;    ///< in rank order
  idx pseudo_positive = -1;      ///< the likeliest positive among those not known, -1 for none
  std::vector<idx> filler_pool;  ///< beyond the depth, in rank order, nobody asked the teacher
  idx fillers_needed = 0;        ///< negatives still wanted

  /// The negatives and uniform draws from the filler pool, as many as needed and there.
  std::vector<idx> filled(random_stream draw) const {
    std::vector<idx> all = negatives;
    for (idx p : uniform_subset(idx(filler_pool.size()), (std::min)(fillers_needed, idx(filler_pool.size())), draw))
      all.push_back(filler_pool[std::size_t(p)]);
    return all;
  }
};

/// Scans the first `depth` ranks: positives and repeated ids are skipped, a teacher's score < negative_below
/// makes a negative until `negatives` are found, the highest one > positive_above (strict, ties to the earlier
/// rank) makes the pseudo positive. Scores in between, and NaN, decide nothing. -1 ends the list. Qu et al.,
/// NAACL 2021, arXiv 2010.08191. teacher: one score a rank, read up to the depth. O(ranks); the
/// time goes to a hash table of ids.
inline denoised ce_denoise(id_list ranked, real_span teacher, id_list positives, denoise_options const& o = {}) {
  check_options(o);
  require(teacher.size() >= (std::min)(o.depth, ranked.size()), "ce_denoise: the first ", o.depth,
          " ranks need a teacher's score each, got ", teacher.size());
  std::unordered_map<idx, idx> skipped;  // only its keys count; samplers make the same table
  skipped.reserve(std::size_t(positives.size() + ranked.size()));
  auto const skip = [&](idx const& id) { return skipped.try_emplace(id, id).second; };  // whether it is new
  for (idx i = 0; i < positives.size(); ++i) skip(positives[i]);
  denoised r;
  double best = o.positive_above;
  for (idx rank = 0; rank < ranked.size() && ranked[rank] >= 0; ++rank) {
    if (!skip(ranked[rank])) continue;
    if (rank >= o.depth) {
      r.filler_pool.push_back(ranked[rank]);
      continue;
    }
    double const t = teacher[rank];
    if (nan_bits(t)) continue;
    if (t < o.negative_below && idx(r.negatives.size()) < o.negatives) r.negatives.push_back(ranked[rank]);
    if (t > best) best = t, r.pseudo_positive = ranked[rank];
  }
  r.fillers_needed = o.negatives - idx(r.negatives.size());
  return r;
}

}}  // namespace foil::mining
