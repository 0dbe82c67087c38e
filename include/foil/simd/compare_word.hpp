// SPDX-License-Identifier: BSD-3-Clause
// Sixty-four comparisons as one machine word, and the positions of its set bits.
#pragma once

#include <bit>
#include <cstdint>

#include "foil/simd/lanes.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

struct greater {
  template <class B>
  auto operator()(B const& a, B const& b) const noexcept {
    return a > b;
  }
};
struct at_least {
  template <class B>
  auto operator()(B const& a, B const& b) const noexcept {
    return a >= b;
  }
};
struct equal {
  template <class B>
  auto operator()(B const& a, B const& b) const noexcept {
    return a == b;
  }
};

/// Whether a comparison is a word with a bit a lane, as AVX-512's are of 64 bytes and, since xsimd 14, of fewer; else it is a register.
template <class Mask, class Batch>
inline constexpr bool is_word = sizeof(Mask) < sizeof(Batch);

/// Bit i of the result: lane i of a comparison of numbers.
template <Scalar S, class Arch, class Mask>
std::uint32_t register_bits(Mask const& mask) noexcept {
#if defined(__AVX512F__)
  if constexpr (is_word<Mask, lanes<S, Arch>>) return std::uint32_t(mask.data);
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(Mask) == 32 && sizeof(S) == 4) return std::uint32_t(_mm256_movemask_ps(mask.data));
  if constexpr (sizeof(Mask) == 32 && sizeof(S) == 8) return std::uint32_t(_mm256_movemask_pd(mask.data));
#endif
#if defined(__SSE2__)
  if constexpr (sizeof(Mask) == 16 && sizeof(S) == 4) return std::uint32_t(_mm_movemask_ps(mask.data));
  if constexpr (sizeof(Mask) == 16 && sizeof(S) == 8) return std::uint32_t(_mm_movemask_pd(mask.data));
#endif
  bool flags[64];
  mask.store_unaligned(flags);
  std::uint32_t bits = 0;
  for (idx i = 0; i < lane_count<S, Arch>; ++i) bits |= std::uint32_t(flags[i]) << i;
  return bits;
}

/// Numbers that one word has a bit for; arrays given to compare_word are padded to it.
inline constexpr idx word = 64;

/// Bit i of the result: compare(p[i], t), for i < 64.
template <class Arch = xsimd::default_arch, class T, class Compare>
[[gnu::always_inline]] inline std::uint64_t compare_word(T const* p, T t, Compare compare) noexcept {
  using batch = xsimd::batch<T, Arch>;
  constexpr idx width = idx(batch::size);
  batch const against(t);
  auto const at = [&](idx i) { return compare(batch::load_unaligned(p + i * width), against); };
  std::uint64_t bits = 0;
#if defined(__AVX512F__)
  if constexpr (is_word<decltype(at(0)), batch>) {
    for (idx i = 0; i < word / width; ++i) bits |= std::uint64_t(at(i).data) << (i * width);
    return bits;
  }
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(decltype(at(0))) == 32 && sizeof(T) == 4) {
    // Saturating packs narrow four masks to bytes; they work within 128-bit halves, which the permutation
    // undoes.
    auto const mask = [&](idx i) {
      if constexpr (std::is_same_v<T, float>)
        return _mm256_castps_si256(at(i).data);
      else
        return __m256i(at(i).data);
    };
    __m256i const order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for (idx i = 0; i < 2; ++i) {
      __m256i const low = _mm256_packs_epi32(mask(4 * i), mask(4 * i + 1));
      __m256i const high = _mm256_packs_epi32(mask(4 * i + 2), mask(4 * i + 3));
      __m256i const bytes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order);
      bits |= std::uint64_t(std::uint32_t(_mm256_movemask_epi8(bytes))) << (32 * i);
    }
    return bits;
  }
  if constexpr (sizeof(decltype(at(0))) == 32 && sizeof(T) == 8) {
    for (idx i = 0; i < 16; ++i) {
      __m256d mask;
      if constexpr (std::is_same_v<T, double>)
        mask = at(i).data;
      else
        mask = _mm256_castsi256_pd(at(i).data);
      bits |= std::uint64_t(std::uint32_t(_mm256_movemask_pd(mask))) << (4 * i);
    }
    return bits;
  }
#endif
#if defined(__SSE2__)
  if constexpr (sizeof(decltype(at(0))) == 16 && sizeof(T) == 4) {
    auto const mask = [&](idx i) {
      if constexpr (std::is_same_v<T, float>)
        return _mm_castps_si128(at(i).data);
      else
        return __m128i(at(i).data);
    };
    for (idx i = 0; i < 4; ++i) {
      __m128i const low = _mm_packs_epi32(mask(4 * i), mask(4 * i + 1));
      __m128i const high = _mm_packs_epi32(mask(4 * i + 2), mask(4 * i + 3));
      bits |= std::uint64_t(std::uint32_t(_mm_movemask_epi8(_mm_packs_epi16(low, high)))) << (16 * i);
    }
    return bits;
  }
#endif
  alignas(64) bool flags[word];
  for (idx i = 0; i < word / width; ++i) at(i).store_aligned(flags + i * width);
  for (idx i = 0; i < word; ++i) bits |= std::uint64_t(flags[i]) << i;
  return bits;
}

/// Calls put(slot, bit) for every set bit in ascending order, slots counting from 0, and returns their
/// number. The first four (then eight) puts happen whatever the word holds, so sparse words cost no
/// misprediction: `put` must tolerate a slot up to seven past the last and the bit 64.
template <class Put>
idx each_bit(std::uint64_t bits, Put put) noexcept {
  idx const n = idx(std::popcount(bits));
  auto const four = [&](idx from) {
    for (idx i = 0; i < 4; ++i) {
      put(from + i, idx(std::countr_zero(bits)));
      bits &= bits - 1;
    }
  };
  four(0);
  if (n > 4) [[unlikely]] {
    four(4);
    for (idx i = 8; i < n; ++i) {
      put(i, idx(std::countr_zero(bits)));
      bits &= bits - 1;
    }
  }
  return n;
}

}}  // namespace foil::simd
