// The entries that a word of sixty-four comparisons picks, moved together without a branch on any of them.
#pragma once

#include <array>

#include "foil/simd/compare_word.hpp"

namespace foil::inline FOIL_ABI::simd {

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

/// out = base + i for the set bits i of a word that holds many; returns their number.
inline idx dense_positions(std::uint64_t bits, std::uint32_t base, std::uint32_t* out) noexcept {
  idx n = 0;
#if defined(__AVX512F__)
  __m512i at = _mm512_add_epi32(_mm512_set1_epi32(int(base)), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  for (idx i = 0; i < word; i += 16) {
    auto const m = __mmask16(bits >> i);
    _mm512_storeu_si512(out + n, _mm512_maskz_compress_epi32(m, at));
    n += std::popcount(m);
    at = _mm512_add_epi32(at, _mm512_set1_epi32(16));
  }
#elif defined(__AVX2__)
  for (idx i = 0; i < word; i += 8) {
    std::uint64_t const m = bits >> i & 255;
    __m256i const at = _mm256_add_epi32(set_bit_lanes(m), _mm256_set1_epi32(int(base) + int(i)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + n), at);
    n += std::popcount(m);
  }
#else
  for (; bits; bits &= bits - 1) out[n++] = base + std::uint32_t(std::countr_zero(bits));
#endif
  return n;
}

/// The same for any word. The first four entries are written whatever the word holds, so that sparse words cost no
/// misprediction.
inline idx put_positions(std::uint64_t bits, std::uint32_t base, std::uint32_t* out) noexcept {
  constexpr std::uint64_t last = std::uint64_t(1) << 63;  // a bit to find: no compiler tests for none
  idx const n = idx(std::popcount(bits));
  if (n > 4) return dense_positions(bits, base, out);
  for (idx i = 0; i < 4; ++i, bits &= bits - 1) out[i] = base + std::uint32_t(std::countr_zero(bits | last));
  return n;
}

/// out = base + i where x[i] > t, for i < 64, at the same speed whatever x holds; returns how many.
template <class Arch, Scalar S>
idx put_above(S const* x, S t, std::uint32_t base, std::uint32_t* out) noexcept {
#if defined(__AVX2__) && !defined(__AVX512F__)
  if constexpr (sizeof(lanes<S, Arch>) == 32 && sizeof(S) == 4) {
    idx n = 0;
    __m256 const above = _mm256_set1_ps(t);
    for (idx i = 0; i < word; i += 8) {
      auto const m = unsigned(_mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(x + i), above, _CMP_GT_OQ)));
      __m256i const at = _mm256_add_epi32(set_bit_lanes(m), _mm256_set1_epi32(int(base) + int(i)));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + n), at);
      n += std::popcount(m);
    }
    return n;
  }
#endif
#if defined(__AVX512F__) || defined(__AVX2__)
  return dense_positions(compare_word<Arch>(x, t, greater{}), base, out);
#else
  return put_positions(compare_word<Arch>(x, t, greater{}), base, out);
#endif
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

}  // namespace foil::inline FOIL_ABI::simd
