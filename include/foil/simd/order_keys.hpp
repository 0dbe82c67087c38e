// SPDX-License-Identifier: BSD-3-Clause
// Sorting the selected few: keys descending, equal keys in the order they stand in.
#pragma once

#include "foil/core/sorted_places.hpp"
#include "foil/simd/tally.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Up to this many keys, ranking all against all beats a radix sort.
inline constexpr idx rank_sort_limit = 192;

/// out[r] = position[i] for the key of rank r among m <= rank_sort_limit, for r < k. Keys padded to `word`.
template <class Arch, class K>
void rank_sort(K const* keys, std::uint32_t const* position, idx m, idx k, std::uint32_t* out) noexcept {
  alignas(64) K rank[rank_sort_limit];
  std::uint8_t taken[rank_sort_limit] = {};
  rank_keys<Arch>(keys, m, rank);
  for (idx i = 0; i < m; ++i) {
    idx const slot = idx(rank[i]) + idx(taken[rank[i]]++);  // equal keys share a rank and line up behind it
    if (slot < k) out[slot] = position[i];
  }
}

/// A key turned so that its unsigned order is the order of the result, and where its score stands.
template <class K>
struct ranked_key {
  std::make_unsigned_t<K> descending;
  std::uint32_t position;
};

/// Stable radix sort by descending key over the bits in which the keys differ, at most 11 bits a pass. `keys` and
/// `position` become `out`, for the first k; `a` and `b` are room for m entries each. O(m bits / 11 + 2048).
template <class K>
void radix_sort(K const* keys, std::uint32_t const* position, idx m, idx k, ranked_key<K>* a, ranked_key<K>* b,
                std::uint32_t* out) noexcept {
  using U = std::make_unsigned_t<K>;
  K high = keys[0], low = keys[0];
  for (idx i = 1; i < m; ++i) high = (std::max)(high, keys[i]), low = (std::min)(low, keys[i]);
  int const bits = int(std::bit_width(U(U(high) - U(low))));
  for (idx i = 0; i < m; ++i) a[i] = {U(U(high) - U(keys[i])), position[i]};
  a = sort_by_digits<std::uint32_t>(a, b, m, bits, [](ranked_key<K> const& e) { return e.descending; });
  for (idx i = 0; i < k; ++i) out[i] = a[i].position;
}

}}  // namespace foil::simd
