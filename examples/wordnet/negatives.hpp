// SPDX-License-Identifier: BSD-3-Clause
// The negatives of a batch: some of every sentence's list, drawn anew in every epoch.
#pragma once

#include "task.hpp"

namespace wordnet {

/// Lists of negatives, one per training sentence.
using mined = foil::mined<float>;

/// Up to per_row documents of each row's list, without repetition, one row after the other: [rows * per_row], -1 where a row has no more.
inline std::vector<idx> draw(mined const& lists, std::span<idx const> batch, idx per_row, std::uint64_t seed, std::uint32_t epoch) {
  std::vector<idx> out;
  for (idx const i : batch) {
    auto const first = lists.ids.begin() + std::ptrdiff_t(i * lists.per_row);
    std::vector<idx> row(first, first + std::ptrdiff_t(lists.count(i)));
    foil::random_stream numbers(seed, foil::purpose::sample, epoch, std::uint64_t(i));
    for (idx k = 0; k < per_row; ++k) {
      idx const left = idx(row.size()) - k;
      if (left > 0) std::swap(row[std::size_t(k)], row[std::size_t(k + numbers.below(left))]);
      out.push_back(left > 0 ? row[std::size_t(k)] : -1);
    }
  }
  return out;
}

/// The documents that were drawn, ascending, each once.
inline std::vector<idx> each_once(std::vector<idx> drawn) {
  std::sort(drawn.begin(), drawn.end());
  drawn.erase(std::unique(drawn.begin(), drawn.end()), drawn.end());
  if (!drawn.empty() && drawn[0] < 0) drawn.erase(drawn.begin());
  return drawn;
}

}  // namespace wordnet
