// SPDX-License-Identifier: BSD-3-Clause
// The split: sentences held out for measuring, the same ones for the same seed.
#pragma once

#include "corpus.hpp"
#include "hash.hpp"

namespace wordnet {

/// Takes `count` sentences out of `from` by the rank of their hash. A text decides its own side, so that a sentence
/// quoted by two glosses is never held out here and trained on there.
inline std::vector<sentence> hold_out(std::vector<sentence>& from, std::size_t count, std::uint64_t seed) {
  std::vector<std::uint64_t> places;
  for (sentence const& s : from) places.push_back(hash(s.text, seed));
  foil::require(count < places.size(), "hold_out: count must be below ", places.size(), ", got ", count);
  std::nth_element(places.begin(), places.begin() + std::ptrdiff_t(count), places.end());
  std::uint64_t const limit = places[count];
  auto const middle = std::stable_partition(from.begin(), from.end(), [&](sentence const& s) { return hash(s.text, seed) >= limit; });
  std::vector<sentence> out(middle, from.end());
  from.erase(middle, from.end());
  return out;
}

}  // namespace wordnet
