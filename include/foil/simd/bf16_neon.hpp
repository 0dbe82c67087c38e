// SPDX-License-Identifier: BSD-3-Clause
// Products of numbers in bfloat16 of AArch64: bfdot, which rounds the sum of a pair's products in a way of its own.
#pragma once

#include "foil/simd/bf16_kernel.hpp"

#if defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)

namespace foil::simd { inline namespace FOIL_ABI {

struct bf16_neon_registers {
  using sums = float32x4_t;
  using pairs = bfloat16x8_t;
  static constexpr idx width = 4, tile_rows = 8;
  static pairs load(float const* p) noexcept { return vreinterpretq_bf16_f32(vld1q_f32(p)); }
  static pairs all(float const* p) noexcept {
    std::uint32_t one;
    std::memcpy(&one, p, sizeof(one));
    return vreinterpretq_bf16_u32(vdupq_n_u32(one));
  }
  static sums zero() noexcept { return vdupq_n_f32(0); }
  static sums read(float const* p) noexcept { return vld1q_f32(p); }
  static sums plus(sums x, sums y) noexcept { return vaddq_f32(x, y); }
  static void write(float* p, sums x) noexcept { vst1q_f32(p, x); }
  static sums add(sums s, pairs b, pairs a) noexcept { return vbfdotq_f32(s, a, b); }
};

using bf16_neon = bf16_register_tile<bf16_neon_registers>;

}}  // namespace foil::simd

#endif
