// SPDX-License-Identifier: BSD-3-Clause
// Ranked documents of several queries, as retrievers and fusions return them.
#pragma once

#include <vector>

#include "foil/core/numeric.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Best first; unused slots hold id -1 and score minus infinity. As candidates of a dense miner:
/// foil::mine(q, pool::listed(documents, r.ids, r.per_row, roles, filters...)).
struct retrieved {
  idx rows = 0, per_row = 0;   ///< queries; slots of each
  std::vector<idx> ids;        ///< [rows * per_row]
  std::vector<double> scores;  ///< of each id
  std::vector<idx> counts;     ///< [rows] used slots

  retrieved(idx queries, idx slots)
      : rows(queries),
        per_row(slots),
        ids(std::size_t(queries * slots), -1),
        scores(ids.size(), minus_infinity<double>()),
        counts(std::size_t(queries), 0) {}
  idx id(idx row, idx slot) const { return ids[std::size_t(row * per_row + slot)]; }
  double score(idx row, idx slot) const { return scores[std::size_t(row * per_row + slot)]; }
  idx count(idx row) const { return counts[std::size_t(row)]; }
  void append(idx row, idx id, double score) {
    auto const slot = std::size_t(row * per_row + counts[std::size_t(row)]++);
    ids[slot] = id, scores[slot] = score;
  }
};

}}  // namespace foil::mining
