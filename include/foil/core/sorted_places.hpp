// SPDX-License-Identifier: BSD-3-Clause
// Stable sorting of places (indices) by descending keys: all callers share one instantiation of std::sort, which keeps compile times down.
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

/// Places 0 .. n - 1 by descending key(place), at most `first` of them. O(n + k log k), k = min(n, first).
template <class I, class Key>
std::vector<I> places_by(I n, Key const& key, idx first = (std::numeric_limits<idx>::max)()) {
  std::vector<keyed_place> keyed;
  keyed.reserve(std::size_t(n));
  for (I p = 0; p < n; ++p) keyed.push_back({key(p), idx(p)});
  keep_first(keyed, first), sort_keyed(keyed);
  std::vector<I> places;
  places.reserve(keyed.size());
  for (keyed_place const& k : keyed) places.push_back(I(k.at));
  return places;
}
/// Stable sort of the given places by descending key(place). O(n log n).
template <class Key>
void sort_by(std::vector<idx>& places, Key const& key) {
  std::vector<idx> const before(places);
  std::size_t to = 0;
  for (idx const i : places_by(idx(before.size()), [&](idx p) { return key(before[std::size_t(p)]); }))
    places[to++] = before[std::size_t(i)];
}

}}  // namespace foil
