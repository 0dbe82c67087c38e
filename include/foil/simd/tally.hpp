// SPDX-License-Identifier: BSD-3-Clause
// Counting keys against pivots, and ranking a few keys against each other, without branches.
#pragma once

#include "foil/simd/compare_word.hpp"
#include "foil/simd/ordered_key.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Adds one to the lanes of `count` where a > b.
template <class K, class Arch>
void add_if_greater(xsimd::batch<K, Arch>& count, xsimd::batch<K, Arch> const& a, xsimd::batch<K, Arch> const& b) noexcept {
  using batch = xsimd::batch<K, Arch>;
#if defined(__AVX512F__)
  if constexpr (sizeof(batch) == 64 && sizeof(K) == 4) {
    count = batch(_mm512_mask_add_epi32(count, _mm512_cmpgt_epi32_mask(a, b), count, _mm512_set1_epi32(1)));
    return;
  }
#endif
  using words = native_vector<K, sizeof(batch)>;  // xsimd 8.1 cannot select integers of AVX-512 under g++
  using whole = typename batch::register_type;
  words const greater = (words)whole(a) > (words)whole(b);  // a set lane is -1
  count = batch((whole)((words)whole(count) - greater));
}

inline constexpr int pivot_count = 4;

/// count[i] = number of keys >= pivot[i]; one pass, several pivots, m a multiple of `word`.
template <class Arch, class K>
void count_at_least(K const* v, idx m, K const (&pivot)[pivot_count], idx (&count)[pivot_count]) noexcept {
  using batch = xsimd::batch<K, Arch>;
  constexpr idx width = idx(batch::size);
  batch below[pivot_count], tally[pivot_count];
  for (int i = 0; i < pivot_count; ++i) below[i] = batch(K(pivot[i] - 1)), tally[i] = batch(K(0));
  for (idx j = 0; j < m; j += width) {
    batch const x = batch::load_unaligned(v + j);
    for (int i = 0; i < pivot_count; ++i) add_if_greater(tally[i], x, below[i]);
  }
  for (int i = 0; i < pivot_count; ++i) {
    alignas(64) K lane[std::size_t(width)];
    tally[i].store_aligned(lane);
    K sum = 0;
    for (idx j = 0; j < width; ++j) sum += lane[j];
    count[i] = idx(sum);
  }
}

namespace detail {
template <class Arch, std::size_t rows, class K>
void rank_keys(K const* v, idx m, K* rank) noexcept {
  using batch = xsimd::batch<K, Arch>;
  constexpr idx width = idx(batch::size);
  for (idx i = 0; i < m; i += idx(rows) * width) {
    batch x[rows], r[rows];
    for (std::size_t g = 0; g < rows; ++g) x[g] = batch::load_unaligned(v + i + idx(g) * width), r[g] = batch(K(0));
    for (idx j = 0; j < m; ++j) {
      batch const other(v[j]);
      for (std::size_t g = 0; g < rows; ++g) add_if_greater(r[g], other, x[g]);
    }
    for (std::size_t g = 0; g < rows; ++g) r[g].store_unaligned(rank + i + idx(g) * width);
  }
}
}  // namespace detail

/// rank[i] = number of the m keys greater than v[i]; O(m^2 / lanes). `v` and `rank` are padded to a multiple
/// of `word`.
template <class Arch, class K>
void rank_keys(K const* v, idx m, K* rank) noexcept {
  constexpr idx width = idx(xsimd::batch<K, Arch>::size);
  if (m <= width)
    detail::rank_keys<Arch, 1>(v, m, rank);
  else if (m <= 2 * width)
    detail::rank_keys<Arch, 2>(v, m, rank);
  else
    detail::rank_keys<Arch, 4>(v, m, rank);
}

/// Fills v[m..] with `filler` up to a multiple of `word` and returns that multiple.
template <class K>
idx pad_keys(K* v, idx m, K filler) noexcept {
  idx const end = (m + word - 1) / word * word;
  for (idx i = m; i < end; ++i) v[i] = filler;
  return end;
}

}}  // namespace foil::simd
