// SPDX-License-Identifier: BSD-3-Clause
// The negatives of a batch: some of every sentence's list, drawn anew in every epoch.
#pragma once

#include "task.hpp"

namespace wordnet {

/// Lists of negatives, one per training sentence.
using mined = foil::mined<float>;

struct negatives {
  std::vector<idx> documents;  ///< of all rows
  std::vector<idx> places;     ///< [rows * per_row] positions in it, -1 where a row has no more
};

/// Up to per_row of each row's list, without repetition, one row after the other.
inline negatives draw(mined const& lists, std::span<idx const> batch, idx per_row, std::uint64_t seed, std::uint32_t epoch) {
  negatives out;
  for (idx const i : batch) {
    auto const first = lists.ids.begin() + std::ptrdiff_t(i * lists.per_row);
    std::vector<idx> row(first, first + std::ptrdiff_t(lists.count(i)));
    foil::random_stream numbers(seed, foil::purpose::sample, epoch, std::uint64_t(i));
    for (idx k = 0; k < per_row; ++k) {
      idx const left = idx(row.size()) - k;
      out.places.push_back(left > 0 ? idx(out.documents.size()) : -1);
      if (left <= 0) continue;
      std::swap(row[std::size_t(k)], row[std::size_t(k + numbers.below(left))]);
      out.documents.push_back(row[std::size_t(k)]);
    }
  }
  return out;
}

/// The same documents without places and repetition, ascending: for a pool that all rows share.
inline negatives shared(negatives n) {
  n.places.clear();
  std::sort(n.documents.begin(), n.documents.end());
  n.documents.erase(std::unique(n.documents.begin(), n.documents.end()), n.documents.end());
  return n;
}

}  // namespace wordnet
