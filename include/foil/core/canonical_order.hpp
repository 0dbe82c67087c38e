// SPDX-License-Identifier: BSD-3-Clause
// The canonical order of a list of scores: score descending, then lower index; what is not eligible is not
// there.
#pragma once

#include <limits>

#include "foil/core/real_span.hpp"
#include "foil/core/score_order.hpp"
#include "foil/core/sorted_places.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Lists that are drawn, or made of a count, have at most so many members: a larger number is taken for a mistake.
inline constexpr idx longest_list = idx(1) << 32;
inline void check_length(char const* where, char const* what, idx n) {
  require(n >= 0 && n <= longest_list, where, ": ", what, " must be in 0 .. 2^32, got ", n);
}

/// Indices of the first k scores of the canonical order (all of them by default). NaN and minus infinity are
/// not eligible and never appear; -0 equals +0. O(n + k log k) time, O(k) memory; the
/// time goes to the keys of all scores, and to those that are among the first so far.
inline std::vector<idx> canonical_order(real_span scores, idx k = (std::numeric_limits<idx>::max)(),
                                        char const* where = "canonical_order") {
  require(k >= 0, where, ": argument k must not be negative, got ", k);
  std::vector<keyed_place> best;  // the first k so far and others; once there are twice as many, only the k stay
  k = (std::min)(k, scores.size());
  std::size_t const kept = std::size_t(k), room = (std::max)(2 * kept, std::size_t(64));
  best.reserve((std::min)(room, std::size_t(scores.size())));
  std::int64_t least = order_key(minus_infinity<double>());  // of the k-th: an equal score that comes later is behind it
  for (idx j = 0; kept > 0 && j < scores.size(); ++j) {
    // 16 scores that all come after the k-th so far are passed over at once.
    if (best.size() >= kept && j % 16 == 0)
      while (j + 16 < scores.size() && largest_key(scores, j, j + 16) <= least) j += 16;
    std::int64_t const key = order_key(scores[j]);
    if (key <= least) continue;
    if (best.size() == room) {
      keep_first(best, k);
      least = best[kept - 1].key;
      if (key <= least) continue;
    }
    best.push_back({key, j});
  }
  keep_first(best, k), sort_keyed(best);
  std::vector<idx> order;
  order.reserve(best.size());
  for (keyed_place const& e : best) order.push_back(e.at);
  return order;
}

/// The same from the other end: lowest score first, ties to the lower index. Plus infinity counts as the largest finite number.
inline std::vector<idx> ascending_order(real_span scores, idx k = (std::numeric_limits<idx>::max)()) {
  std::vector<double> negated;
  negated.reserve(std::size_t(scores.size()));
  for (idx j = 0; j < scores.size(); ++j)  // what is not eligible stays so
    negated.push_back(ineligible_bits(scores[j]) ? minus_infinity<double>()
                                                 : (std::max)(-scores[j], std::numeric_limits<double>::lowest()));
  return canonical_order(negated, k);
}

}}  // namespace foil::mining
