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
  std::vector<idx> kept(std::size_t(scores.size()));
  std::iota(kept.begin(), kept.end(), idx(0));
  std::nth_element(kept.begin(), kept.begin() + count, kept.end(), [&](idx a, idx b) {
    std::int64_t const x = order_key(scores[a]), y = order_key(scores[b]);
    return x > y || (x == y && a < b);
  });
  kept.resize(std::size_t(count));
  std::sort(kept.begin(), kept.end());
  return kept;
}

}}  // namespace foil::score
