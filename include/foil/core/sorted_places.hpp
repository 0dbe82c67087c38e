// SPDX-License-Identifier: BSD-3-Clause
// Stable sorting of places (indices) by descending keys: all callers share one sort, which keeps compile times down.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "foil/core/types.hpp"

namespace foil { inline namespace FOIL_ABI {

/// A place, and the whole number that it is ordered by: order_key(score) for scores, ~id for ids that are to ascend.
struct keyed_place {
  std::int64_t key;
  idx at;
  bool operator<(keyed_place const& o) const { return key > o.key || (key == o.key && at < o.at); }  // stands before
};
/// Keeps the first n >= 0, in no order but that the last of them comes last; fewer than n stay as they are.
inline void keep_first(std::vector<keyed_place>& x, idx n) {
  if (idx(x.size()) < n) return;
  if (n > 0) std::nth_element(x.begin(), x.begin() + (n - 1), x.end());
  x.resize(std::size_t(n));
}
inline void sort_keyed(std::vector<keyed_place>& x) { std::sort(x.begin(), x.end()); }
/// The same of places that rise. Many are dealt out by 11 bits of their keys at a time, the lowest first, but by bits that all of
/// them share: O(n) for each, with room for as many again.
inline void sort_rising(std::vector<keyed_place>& x) {
  if (x.size() < 2048) return sort_keyed(x);
  constexpr int digit = 11;
  constexpr std::uint64_t low = (std::uint64_t(1) << digit) - 1, sign = std::uint64_t(1) << 63;
  auto const code = [](keyed_place const& p) { return ~(std::uint64_t(p.key) ^ sign); };  // rises as keys descend
  std::uint64_t differ = 0;
  for (keyed_place const& p : x) differ |= code(p) ^ code(x[0]);
  std::vector<keyed_place> dealt(x.size());
  for (int shift = 0; shift < 64; shift += digit) {
    if ((differ >> shift & low) == 0) continue;
    std::size_t start[low + 2] = {};
    for (keyed_place const& p : x) ++start[(code(p) >> shift & low) + 1];
    for (std::size_t d = 0; d < low; ++d) start[d + 1] += start[d];
    for (keyed_place const& p : x) dealt[start[code(p) >> shift & low]++] = p;
    x.swap(dealt);
  }
}

/// Places 0 .. n - 1 by descending key(place), at most `first` of them. All: O(n); the first k: O(n + k log k).
template <class I, class Key>
std::vector<I> places_by(I n, Key const& key, idx first = (std::numeric_limits<idx>::max)()) {
  std::vector<keyed_place> keyed;
  keyed.reserve(std::size_t(n));
  for (I p = 0; p < n; ++p) keyed.push_back({key(p), idx(p)});
  if (idx(n) <= first)
    sort_rising(keyed);
  else
    keep_first(keyed, first), sort_keyed(keyed);
  std::vector<I> places;
  places.reserve(keyed.size());
  for (keyed_place const& k : keyed) places.push_back(I(k.at));
  return places;
}
/// Stable sort of the given places by descending key(place). O(n).
template <class Key>
void sort_by(std::vector<idx>& places, Key const& key) {
  std::vector<idx> const before(places);
  std::size_t to = 0;
  for (idx const i : places_by(idx(before.size()), [&](idx p) { return key(before[std::size_t(p)]); }))
    places[to++] = before[std::size_t(i)];
}

}}  // namespace foil
