// SPDX-License-Identifier: BSD-3-Clause
// Integer products in registers of 256 bits: vpmaddubsw and vpmaddwd, or vpdpbusd and vpdpwssd where there is AVX-VNNI.
#pragma once

#include "foil/simd/integer_kernel.hpp"

#if defined(__AVX2__) && !defined(__AVX512BW__)

namespace foil::simd { inline namespace FOIL_ABI {
namespace detail {

struct integer_avx2 {
  static constexpr bool exists = true;
  static constexpr idx rows = 6, columns = 16;
  using integers = __m256i;
  static integers load(std::int32_t const* p) noexcept { return _mm256_loadu_si256(reinterpret_cast<__m256i const*>(p)); }
  static void store(std::int32_t* p, integers x) noexcept { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x); }
  static integers all(std::int32_t x) noexcept { return _mm256_set1_epi32(x); }
  static integers both(integers x, integers y) noexcept { return _mm256_and_si256(x, y); }
  static std::uint32_t not_negative(integers x) noexcept { return ~std::uint32_t(_mm256_movemask_ps(_mm256_castsi256_ps(x))) & 0xff; }
  static std::uint32_t above(integers x, integers y, std::int32_t t) noexcept {
    integers const than = all(t);
    return std::uint32_t(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(x, than)))) |
           std::uint32_t(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(y, than)))) << 8;
  }
  static integers plus_bias(integers x, float const* s, float f, float t) noexcept {
    __m256 v = _mm256_mul_ps(_mm256_sub_ps(_mm256_loadu_ps(s), _mm256_set1_ps(t)), _mm256_set1_ps(f));
    v = _mm256_min_ps(_mm256_max_ps(v, _mm256_set1_ps(-max_seed)), _mm256_set1_ps(max_seed));
    return _mm256_add_epi32(x, _mm256_cvtps_epi32(v));
  }
};

}  // namespace detail

template <>
struct integer_kernel<16> : detail::integer_avx2 {
  static constexpr bool unsigned_columns = false;
  static integers add(integers sum, integers c, integers r) noexcept {
#if defined(__AVXVNNI__)
    return _mm256_dpwssd_avx_epi32(sum, c, r);
#else
    return _mm256_add_epi32(sum, _mm256_madd_epi16(c, r));
#endif
  }
};

template <>
struct integer_kernel<8> : detail::integer_avx2 {
  static constexpr bool unsigned_columns = true;
#if defined(__AVXVNNI__)
  static constexpr int row_limit = 127;
  static integers add(integers sum, integers c, integers r) noexcept { return _mm256_dpbusd_avx_epi32(sum, c, r); }
#else
  static constexpr int row_limit = 63;  // two products of it and 255 stay within 16 bits
  static integers add(integers sum, integers c, integers r) noexcept {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(c, r), _mm256_set1_epi16(1)));
  }
#endif
};

}}  // namespace foil::simd

#endif
