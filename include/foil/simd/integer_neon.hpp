// SPDX-License-Identifier: BSD-3-Clause
// Integer products of AArch64: sdot.
#pragma once

#include "foil/simd/integer_kernel.hpp"

#if defined(__ARM_FEATURE_DOTPROD)

namespace foil::simd { inline namespace FOIL_ABI {

template <>
struct integer_kernel<8> {
  static constexpr bool exists = true, unsigned_columns = false;
  static constexpr int row_limit = 127;
  static constexpr idx rows = 8, columns = 8;
  using integers = int32x4_t;
  static integers load(std::int32_t const* p) noexcept { return vld1q_s32(p); }
  static void store(std::int32_t* p, integers x) noexcept { vst1q_s32(p, x); }
  static integers all(std::int32_t x) noexcept { return vdupq_n_s32(x); }
  static integers add(integers sum, integers c, integers r) noexcept {
    return vdotq_s32(sum, vreinterpretq_s8_s32(c), vreinterpretq_s8_s32(r));
  }
  static integers both(integers x, integers y) noexcept { return vandq_s32(x, y); }
  static std::uint32_t not_negative(integers x) noexcept {
    static constexpr std::int32_t place[4] = {0, 1, 2, 3};
    return vaddvq_u32(vshlq_u32(vshrq_n_u32(vmvnq_u32(vreinterpretq_u32_s32(x)), 31), vld1q_s32(place)));
  }
  static std::uint32_t above(integers x, integers y, std::int32_t t) noexcept {
    static constexpr std::uint32_t place[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    integers const than = all(t);
    return vaddvq_u32(vorrq_u32(vandq_u32(vcgtq_s32(x, than), vld1q_u32(place)), vandq_u32(vcgtq_s32(y, than), vld1q_u32(place + 4))));
  }
  static integers plus_bias(integers x, float const* s, float f, float t) noexcept {
    float32x4_t const v = vmulq_f32(vsubq_f32(vld1q_f32(s), vdupq_n_f32(t)), vdupq_n_f32(f));
    return vaddq_s32(x, vcvtnq_s32_f32(vminq_f32(vmaxq_f32(v, vdupq_n_f32(-max_seed)), vdupq_n_f32(max_seed))));
  }
};

}}  // namespace foil::simd

#endif
