// Sorting the selected few: keys descending, equal keys in the order they stand in.
#pragma once

#include "foil/simd/tally.hpp"

namespace foil::inline FOIL_ABI::simd {

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

/// Stable radix sort by descending key over the bits in which the keys differ, at most 11 bits a pass.
/// Permutes keys and positions; the result stands in whichever pair of arrays it names. O(m bits / 11 +
/// 2048).
template <class K>
std::uint32_t const* radix_sort(K* keys, std::uint32_t* position, idx m, K* other_keys,
                                std::uint32_t* other_position) noexcept {
  using U = std::make_unsigned_t<K>;
  constexpr int widest = 11;
  K high = keys[0], low = keys[0];
  for (idx i = 1; i < m; ++i) high = (std::max)(high, keys[i]), low = (std::min)(low, keys[i]);
  int const bits = int(std::bit_width(U(U(high) - U(low))));
  int const passes = (bits + widest - 1) / widest;
  for (int pass = 0; pass < passes; ++pass) {
    // Digits as even as they come: 8 bits three times costs less than 11, 11 and 2.
    int const from = bits * pass / passes, digit = bits * (pass + 1) / passes - from;
    U const mask = (U(1) << digit) - 1;
    std::uint32_t start[1 << widest];
    std::fill_n(start, std::size_t(1) << digit, 0u);
    auto const slot = [&](K k) { return std::size_t(((U(high) - U(k)) >> from) & mask); };
    for (idx i = 0; i < m; ++i) ++start[slot(keys[i])];
    std::uint32_t sum = 0;
    for (std::size_t d = 0; d <= std::size_t(mask); ++d) {
      std::uint32_t const n = start[d];
      start[d] = sum, sum += n;
    }
    for (idx i = 0; i < m; ++i) {
      std::uint32_t const to = start[slot(keys[i])]++;
      other_keys[to] = keys[i], other_position[to] = position[i];
    }
    std::swap(keys, other_keys), std::swap(position, other_position);
  }
  return position;
}

}  // namespace foil::inline FOIL_ABI::simd
