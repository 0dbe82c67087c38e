// SPDX-License-Identifier: BSD-3-Clause
// Integer products in registers of 512 bits: vpdpbusd and vpdpwssd, or vpmaddwd where there is no VNNI.
#pragma once

#include "foil/simd/integer_kernel.hpp"

#if defined(__AVX512BW__)

namespace foil::simd { inline namespace FOIL_ABI {
namespace detail {

struct integer_avx512 {
  static constexpr bool exists = true;
  static constexpr idx rows = 8, columns = 32;
  using integers = __m512i;
  static integers load(std::int32_t const* p) noexcept { return _mm512_loadu_si512(p); }
  static void store(std::int32_t* p, integers x) noexcept { _mm512_storeu_si512(p, x); }
  static integers all(std::int32_t x) noexcept { return _mm512_set1_epi32(x); }
  static integers both(integers x, integers y) noexcept { return _mm512_and_si512(x, y); }
  static std::uint32_t not_negative(integers x) noexcept { return std::uint32_t(_mm512_cmpge_epi32_mask(x, _mm512_setzero_si512())); }
  static std::uint32_t above(integers x, integers y, std::int32_t t) noexcept {
    integers const than = all(t);
    return std::uint32_t(_mm512_kunpackw(_mm512_cmpgt_epi32_mask(y, than), _mm512_cmpgt_epi32_mask(x, than)));
  }
  static integers plus_bias(integers x, float const* s, float f, float t) noexcept {
    __m512 v = _mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(s), _mm512_set1_ps(t)), _mm512_set1_ps(f));
    v = _mm512_mask_max_ps(v, __mmask16(-1), v, _mm512_set1_ps(-max_seed));
    v = _mm512_mask_min_ps(v, __mmask16(-1), v, _mm512_set1_ps(max_seed));
    return _mm512_add_epi32(x, _mm512_mask_cvtps_epi32(x, __mmask16(-1), v));
  }
};

}  // namespace detail

template <>
struct integer_kernel<16> : detail::integer_avx512 {
  static constexpr bool unsigned_columns = false;
  static integers add(integers sum, integers c, integers r) noexcept {
#if defined(__AVX512VNNI__)
    return _mm512_dpwssd_epi32(sum, c, r);
#else
    return _mm512_add_epi32(sum, _mm512_madd_epi16(c, r));
#endif
  }
};

#if defined(__AVX512VNNI__)
template <>
struct integer_kernel<8> : detail::integer_avx512 {
  static constexpr int row_limit = 127;
  static constexpr bool unsigned_columns = true;
  static integers add(integers sum, integers c, integers r) noexcept { return _mm512_dpbusd_epi32(sum, c, r); }
};
#endif

}}  // namespace foil::simd

#endif
