// SPDX-License-Identifier: BSD-3-Clause
// Pruning half-way: keep the best share of the candidates.
#pragma once

#include "foil/core/option.hpp"
#include "foil/score/ranking.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// Indices, ascending, of the ceil(keep_fraction N) best scores, at least one; ties keep the lower index;
/// undefined scores are never kept, so that fewer may be left. Manvi et al. 2024, arXiv 2410.02725. O(N) and
/// the order of the kept.
inline std::vector<idx> prune_keep(real_span scores, double keep_fraction) {
  check_option("prune_keep", "keep_fraction", keep_fraction, range::share);
  // 0.1 * 30 is a little more than 3: without the slack one too many would stay.
  idx const wanted = (std::max)(idx(1), idx(std::ceil(keep_fraction * double(scores.size()) - 1e-9)));
  idx const count = (std::min)(wanted, scores.size() - undefined(scores));
  std::vector<keyed_place> best;
  for (idx i = 0; i < scores.size(); ++i) best.push_back({order_key(scores[i]), i});
  keep_first(best, count);
  std::vector<idx> kept;
  for (keyed_place const& k : best) kept.push_back(k.at);
  std::sort(kept.begin(), kept.end());
  return kept;
}

}}  // namespace foil::score
