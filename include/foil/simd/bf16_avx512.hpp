// SPDX-License-Identifier: BSD-3-Clause
// Products of numbers in bfloat16 in registers of 512 bits: vdpbf16ps. Numbers and results below 1.2e-38 count as 0.
#pragma once

#include "foil/simd/bf16_kernel.hpp"

#if defined(__AVX512BF16__)

namespace foil::simd { inline namespace FOIL_ABI {

struct bf16_avx512_registers {
  using sums = __m512;
  using pairs = __m512i;
  static constexpr idx width = 16, tile_rows = 8;
  static pairs load(float const* p) noexcept { return _mm512_loadu_si512(p); }
  static pairs all(float const* p) noexcept {
    int one;
    std::memcpy(&one, p, sizeof(one));
    return _mm512_set1_epi32(one);
  }
  static sums zero() noexcept { return _mm512_setzero_ps(); }
  static sums read(float const* p) noexcept { return _mm512_loadu_ps(p); }
  static sums plus(sums x, sums y) noexcept { return _mm512_add_ps(x, y); }
  static void write(float* p, sums x) noexcept { _mm512_storeu_ps(p, x); }
  static sums add(sums s, pairs b, pairs a) noexcept { return _mm512_dpbf16_ps(s, (__m512bh)a, (__m512bh)b); }
};

using bf16_avx512 = bf16_register_tile<bf16_avx512_registers>;

}}  // namespace foil::simd

#endif
