// SPDX-License-Identifier: BSD-3-Clause
// The split: sentences to train on, and sentences to measure, the same ones in every run.
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

/// Two parts are never trained on where they are measured: choices are made on `choosing` (while neither part trains), results are
/// told of `reporting` (while all the others train).
enum class part { choosing, reporting };
inline constexpr std::size_t part_size = 12000;

struct halves {
  std::vector<sentence> train, held;
};

inline halves split(std::vector<sentence> all, part measured) {
  std::vector<sentence> choosing = hold_out(all, part_size, 2), reporting = hold_out(all, part_size, 1);
  if (measured == part::choosing) return {std::move(all), std::move(choosing)};
  all.insert(all.end(), choosing.begin(), choosing.end());
  return {std::move(all), std::move(reporting)};
}

}  // namespace wordnet
