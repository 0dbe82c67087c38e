// SPDX-License-Identifier: BSD-3-Clause
// The corpus as this process reads it.
#pragma once

#include <algorithm>
#include <foil/bridge/mapped_rows.hpp>
#include <foil/foil.hpp>
#include <memory>
#include <vector>

#include "ranks.hpp"

namespace miner {

/// This process's share of a corpus, looked at once, in blocks of rows that are read one after the other.
template <foil::Stored T>
struct documents {
  documents(foil::view<T> x, foil::metric kind, idx at_a_time, foil::bad_rows bad, foil::executor const& on, ranks const& all)
      : rows(x), first(all.share(x.rows()).first), pages(x.middle(first, all.share(x.rows()).second)) {
    blocks = all.in_each([&] {
      auto const own = x.middle(first, all.share(x.rows()).second);
      return std::make_unique<foil::candidate_blocks<T>>(own, kind, at_a_time, bad, on, at_a_time < own.rows() ? &pages : nullptr, first);
    });
  }
  documents(documents const&) = delete;

  /// Some rows of the corpus will be read by themselves.
  void prefetch(std::vector<idx> some) const {
    if (blocks->size() < 2) return;
    std::sort(some.begin(), some.end());
    for (idx const j : some)
      if (idx const own = j - first; own >= 0 && own < blocks->all().rows()) pages.prefetch(own, 1);
  }

  foil::view<T> rows;  ///< of the whole corpus
  idx first;           ///< of this process's rows
  foil::bridge::mapped_rows<T> pages;
  std::unique_ptr<foil::candidate_blocks<T>> blocks;
};

}  // namespace miner
