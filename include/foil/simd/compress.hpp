// SPDX-License-Identifier: BSD-3-Clause
// The entries that a word of sixty-four comparisons picks, moved together without a branch on any of them.
#pragma once

#include <array>

#include "foil/simd/compare_word.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Entries that a compression may write past the last one it returns.
inline constexpr idx compress_spill = 16;

#if defined(__AVX2__)
/// Byte j of entry m: the position of the j-th set bit of m.
inline constexpr std::array<std::uint64_t, 256> set_bits = [] {
  std::array<std::uint64_t, 256> table{};
  for (unsigned m = 0; m < 256; ++m)
    for (unsigned bit = 0, shift = 0; bit < 8; ++bit)
      if (m >> bit & 1u) table[m] |= std::uint64_t(bit) << shift, shift += 8;
  return table;
}();
inline __m256i set_bit_lanes(std::uint64_t byte) noexcept {
  return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<__m128i const*>(set_bits.data() + byte)));
}
#endif

/// out = base + i for the set bits i of a word that holds few; returns their number.
inline idx put_positions(std::uint64_t bits, std::uint32_t base, std::uint32_t* out) noexcept {
  idx n = 0;
  for (; bits; bits &= bits - 1) out[n++] = base + std::uint32_t(std::countr_zero(bits));
  return n;
}

/// out = base + i where compare(x[i], t), for i < 64, at about the same speed however many; returns their number.
template <class Arch, Scalar S, class Compare>
[[gnu::always_inline]] inline idx put_where(S const* x, S t, Compare compare, std::uint32_t base, std::uint32_t* out) noexcept {
  idx n = 0;
#if defined(__AVX2__)
  constexpr idx w = lane_count<S, Arch>;
  lanes<S, Arch> const against(t);
  for (idx i = 0; i < word; i += w) {
    std::uint32_t const in = register_bits<S, Arch>(compare(load<Arch>(x + i), against));
    auto const from = int(base) + int(i);
#if defined(__AVX512F__)
    if constexpr (w == 16) {
      __m512i const iota = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
      _mm512_storeu_si512(out + n, _mm512_maskz_compress_epi32(__mmask16(in), _mm512_add_epi32(iota, _mm512_set1_epi32(from))));
    } else
#endif
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + n), _mm256_add_epi32(set_bit_lanes(in), _mm256_set1_epi32(from)));
    n += std::popcount(in);
  }
#else
  n = put_positions(compare_word<Arch>(x, t, compare), base, out);
#endif
  return n;
}

/// Moves the picked of 64 keys to `out`, which may be `keys` or lie before it; returns their number.
template <class K>
idx put_keys(std::uint64_t bits, K const* keys, K* out) noexcept {
#if defined(__AVX512F__)
  idx n = 0;
  for (idx i = 0; i < word; i += 64 / idx(sizeof(K))) {
    __m512i const x = _mm512_loadu_si512(keys + i);
    if constexpr (sizeof(K) == 4) {
      auto const m = __mmask16(bits >> i);
      _mm512_storeu_si512(out + n, _mm512_maskz_compress_epi32(m, x));
      n += std::popcount(m);
    } else {
      auto const m = __mmask8(bits >> i);
      _mm512_storeu_si512(out + n, _mm512_maskz_compress_epi64(m, x));
      n += std::popcount(m);
    }
  }
  return n;
#else
#if defined(__AVX2__)
  if constexpr (sizeof(K) == 4) {
    idx n = 0;
    for (idx i = 0; i < word; i += 8) {
      std::uint64_t const m = bits >> i & 255;
      __m256i const x = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(keys + i));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + n), _mm256_permutevar8x32_epi32(x, set_bit_lanes(m)));
      n += std::popcount(m);
    }
    return n;
  }
#endif
  return each_bit(bits, [&](idx slot, idx bit) { out[slot] = keys[bit & (word - 1)]; });
#endif
}

/// put_keys of keys and of the positions beside them, elsewhere.
template <class K>
idx put_pairs(std::uint64_t bits, K const* keys, std::uint32_t const* position, K* out, std::uint32_t* out_position) noexcept {
#if defined(__AVX2__) && !defined(__AVX512F__)
  if constexpr (sizeof(K) == 4) {
    idx n = 0;
    for (idx i = 0; i < word; i += 8) {
      std::uint64_t const m = bits >> i & 255;
      __m256i const picked = set_bit_lanes(m), x = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(keys + i));
      __m256i const at = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(position + i));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + n), _mm256_permutevar8x32_epi32(x, picked));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out_position + n), _mm256_permutevar8x32_epi32(at, picked));
      n += std::popcount(m);
    }
    return n;
  }
#endif
  put_keys(bits, position, out_position);
  return put_keys(bits, keys, out);
}

/// Moves the keys in (above, most] of m, padded to a multiple of `word`, to `out`, which may be v; returns their number.
template <class Arch = xsimd::default_arch, class K>
idx put_between(K const* v, idx m, K above, K most, K* out) noexcept {
  idx kept = 0;
#if defined(__AVX2__) && !defined(__AVX512F__)
  if constexpr (sizeof(K) == 4) {
    __m256i const low = _mm256_set1_epi32(above), high = _mm256_set1_epi32(most);
    for (idx j = 0; j < m; j += 8) {
      __m256i const x = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(v + j));
      __m256i const in = _mm256_andnot_si256(_mm256_cmpgt_epi32(x, high), _mm256_cmpgt_epi32(x, low));
      auto const bits = std::uint64_t(std::uint32_t(_mm256_movemask_ps(_mm256_castsi256_ps(in))));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + kept), _mm256_permutevar8x32_epi32(x, set_bit_lanes(bits)));
      kept += std::popcount(bits);
    }
    return kept;
  }
#endif
  for (idx j = 0; j < m; j += word) {
    std::uint64_t const in = compare_word<Arch>(v + j, above, greater{}) & ~compare_word<Arch>(v + j, most, greater{});
    if (in != 0) kept += put_keys(in, v + j, out + kept);
  }
  return kept;
}

}}  // namespace foil::simd
