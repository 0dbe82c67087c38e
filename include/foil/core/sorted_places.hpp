// SPDX-License-Identifier: BSD-3-Clause
// Places (indices) sorted by descending whole-number keys, all or the first k, equal ones in their order. One element type for all callers
// keeps compile times down.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <utility>
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

/// Stable radix sort of m entries by code(entry), a whole number below 2^bits, at most 11 bits a pass; `b` is room for as many. Returns
/// which of the two holds them then. Slot: a type that holds m. O(m bits / 11 + 2048).
template <class Slot, class Entry, class Code>
Entry* sort_by_digits(Entry* a, Entry* b, idx m, int bits, Code const& code) {
  constexpr int widest = 11;
  int const passes = (bits + widest - 1) / widest;
  for (int p = 0; p < passes; ++p) {
    // Digits as even as they come: 8, 8 and 8 bits cost less than 11, 11 and 2.
    int const from = bits * p / passes, digits = 1 << (bits * (p + 1) / passes - from);
    auto const digit = [&](Entry const& e) { return std::size_t((code(e) >> from) & decltype(code(e))(digits - 1)); };
    Slot slot[1 << widest];
    std::fill_n(slot, digits, Slot(0));
    for (idx i = 0; i < m; ++i) ++slot[digit(a[i])];
    Slot sum = 0;
    for (int d = 0; d < digits; ++d) {
      Slot const here = slot[d];
      slot[d] = sum, sum += here;
    }
    for (idx i = 0; i < m; ++i) {
      Entry const entry = a[i];
      b[slot[digit(entry)]++] = entry;
    }
    std::swap(a, b);
  }
  return a;
}
/// sort_keyed of elements whose places rise already: from 2,048 on by digits, with room for as many again.
inline void sort_rising(std::vector<keyed_place>& x) {
  if (x.size() < 2048) return sort_keyed(x);
  std::int64_t high = x[0].key, low = high;
  for (keyed_place const& p : x) high = (std::max)(high, p.key), low = (std::min)(low, p.key);
  auto const code = [high](keyed_place const& p) { return std::uint64_t(high) - std::uint64_t(p.key); };
  std::vector<keyed_place> other(x.size());
  int const bits = int(std::bit_width(std::uint64_t(high) - std::uint64_t(low)));
  if (sort_by_digits<std::uint64_t>(x.data(), other.data(), idx(x.size()), bits, code) != x.data()) x.swap(other);
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
/// Stable sort of the given places by descending key(place); ties keep the given order. O(n), of few O(n log n).
template <class Key>
void sort_by(std::vector<idx>& places, Key const& key) {
  std::vector<idx> const before(places);
  std::size_t to = 0;
  for (idx const i : places_by(idx(before.size()), [&](idx p) { return key(before[std::size_t(p)]); }))
    places[to++] = before[std::size_t(i)];
}

}}  // namespace foil
