// SPDX-License-Identifier: BSD-3-Clause
// The negatives of one example in one epoch, round-robin through its list (Tevatron).
#pragma once

#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Places in a list of n negatives: shuffled once (keyed by the example), then m from epoch * m mod n on,
/// cyclically. With n >= m all places are used equally often over n / gcd(n, m) epochs, never twice in one.
/// With n < m they are drawn with replacement, afresh each epoch; n = 0 gives none. O(n + m).
inline std::vector<idx> rotating_window(idx n, idx m, std::uint64_t seed, std::uint32_t epoch, idx example) {
  require(n >= 0 && m >= 0, "rotating_window: arguments n and m must not be negative, got ", n, " and ", m);
  check_length("rotating_window", "argument m", m);
  check_length("rotating_window", "argument n", n);
  std::vector<idx> places;
  if (n == 0) return places;
  if (n < m) {
    random_stream draw(seed, purpose::sample, epoch, std::uint64_t(example));
    for (idx t = 0; t < m; ++t) places.push_back(draw.below(n));
    return places;
  }
  random_stream draw(seed, purpose::shuffle, 0, std::uint64_t(example));
  std::vector<idx> const order = permutation(n, draw);
  idx const start = idx(epoch) % n * (m % n) % n;
  for (idx t = 0; t < m; ++t) places.push_back(order[std::size_t((start + t) % n)]);
  return places;
}

}}  // namespace foil::mining
