// SPDX-License-Identifier: BSD-3-Clause
// Numbers rounded to bfloat16 and laid out in pairs, as the kernels of bf16_kernel.hpp read them.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "foil/simd/lanes.hpp"
#include "foil/simd/shuffle.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Pairs that hold k numbers.
constexpr idx bf16_pairs(idx k) noexcept { return (k + 1) / 2; }

/// The bits of the nearest number in bfloat16, ties to even; a number stays a number, at most 3.39e38, infinities and NaN stay what
/// they are, and what is below 1.2e-38 becomes 0, as the processors round.
constexpr std::uint32_t bf16_bits(float x) noexcept {
  std::uint32_t const u = std::bit_cast<std::uint32_t>(x), near = (u + 0x7fff + (u >> 16 & 1)) >> 16;
  std::uint32_t const held = near - std::uint32_t((near & 0x7f80) == 0x7f80);
  if ((u & 0x7f800000) == 0x7f800000) return u >> 16 | std::uint32_t((u & 0x007fffff) != 0) << 6;
  return (u & 0x7f800000) == 0 ? u >> 16 & 0x8000 : held;
}
/// The number itself.
constexpr float bf16_rounded(float x) noexcept { return std::bit_cast<float>(bf16_bits(x) << 16); }

namespace detail {

inline void put_pair(float* to, std::uint32_t first, std::uint32_t second) noexcept {
  std::uint32_t const both = first | second << 16;
  std::memcpy(to, &both, sizeof(both));
}
inline std::uint16_t bf16_at(float const* pairs, idx j) noexcept {
  std::uint16_t x;
  std::memcpy(&x, reinterpret_cast<char const*>(pairs) + 2 * j, sizeof(x));
  return x;
}
#if defined(__AVX512BF16__)
inline __m512 bf16_held(__m512 x) noexcept {
  __m512 const most = _mm512_set1_ps(0x1.fep127f), least = _mm512_set1_ps(-0x1.fep127f);
  __m512i const exponent = _mm512_set1_epi32(0x7f800000), own = _mm512_and_si512(_mm512_castps_si512(x), exponent);
  __mmask16 const number = _mm512_cmpneq_epi32_mask(own, exponent);
  return _mm512_mask_max_ps(x, number, _mm512_mask_min_ps(x, number, x, most), least);
}
#endif

}  // namespace detail

/// x[n] as bf16_pairs(n) pairs; behind an odd number stands a 0.
inline void bf16_round(float const* x, idx n, float* out) noexcept {
  idx j = 0;
#if defined(__AVX512BF16__)
  for (; j + 32 <= n; j += 32) {
    __m512 const lower = detail::bf16_held(_mm512_loadu_ps(x + j)), upper = detail::bf16_held(_mm512_loadu_ps(x + j + 16));
    _mm512_storeu_si512(out + j / 2, (__m512i)_mm512_cvtne2ps_pbh(upper, lower));
  }
#endif
  for (; j + 2 <= n; j += 2) detail::put_pair(out + j / 2, bf16_bits(x[j]), bf16_bits(x[j + 1]));
  if (j < n) detail::put_pair(out + j / 2, bf16_bits(x[j]), 0);
}

/// out[j] is the pair of x[j] and y[j]; y null: of x[j] and 0.
inline void bf16_round_rows(float const* x, float const* y, idx n, float* out) noexcept {
  idx j = 0;
#if defined(__AVX512BF16__) && defined(__AVX512BW__)
  alignas(64) static constexpr auto place = [] {
    struct {
      std::uint16_t of[32];
    } p{};
    for (int i = 0; i < 32; ++i) p.of[i] = std::uint16_t(i / 2 + i % 2 * 16);
    return p;
  }();
  __m512i const order = _mm512_load_si512(&place);
  for (; j + 16 <= n && y != nullptr; j += 16) {
    __m512 const first = detail::bf16_held(_mm512_loadu_ps(x + j)), second = detail::bf16_held(_mm512_loadu_ps(y + j));
    _mm512_storeu_si512(out + j, _mm512_permutexvar_epi16(order, (__m512i)_mm512_cvtne2ps_pbh(second, first)));
  }
#endif
  for (; j < n; ++j) detail::put_pair(out + j, bf16_bits(x[j]), y == nullptr ? 0 : bf16_bits(y[j]));
}

/// Rows of pairs x[k, n], n and k counted in numbers, as panels of W columns: out[j / W * step + p * W + j % W] is the pair of
/// column j in the rows 2p and 2p + 1; zeros beyond k and n.
template <idx W>
void bf16_pack(float const* x, idx ldx, idx n, idx k, idx step, float* out) noexcept {
  using eight [[gnu::vector_size(16)]] = std::uint16_t;
  for (idx p = 0; p < bf16_pairs(k); ++p) {
    float const *const first = x + 2 * p * ldx, *const second = 2 * p + 1 < k ? first + ldx : nullptr;
    for (idx j0 = 0; j0 < n; j0 += W) {
      float* const to = out + j0 / W * step + p * W;
      idx const live = (std::min)(W, n - j0);
      idx j = 0;
      for (; j + 8 <= live && second != nullptr; j += 8) {
        eight a, b;
        std::memcpy(&a, first + (j0 + j) / 2, 16), std::memcpy(&b, second + (j0 + j) / 2, 16);
        eight const low = FOIL_SHUFFLE(a, b, 0, 8, 1, 9, 2, 10, 3, 11), high = FOIL_SHUFFLE(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
        std::memcpy(to + j, &low, 16), std::memcpy(to + j + 4, &high, 16);
      }
      for (; j < live; ++j)
        detail::put_pair(to + j, detail::bf16_at(first, j0 + j), second == nullptr ? 0 : detail::bf16_at(second, j0 + j));
      std::fill(to + j, to + W, 0.0f);
    }
  }
}

}}  // namespace foil::simd
