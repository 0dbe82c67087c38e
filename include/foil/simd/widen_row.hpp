// SPDX-License-Identifier: BSD-3-Clause
// Rows of any storage type in the scalar they are computed in, by registers: compilers widen half types one by one.
#pragma once

#include "foil/simd/lanes.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

namespace detail {

/// A register of float from as many numbers of a half type.
template <class Arch, class T>
lanes<float, Arch> widened(T const* p) noexcept {
  using reals = typename lanes<float, Arch>::register_type;
  using integers = native_vector<std::int32_t, sizeof(reals)>;
  native_vector<std::uint16_t, sizeof(reals) / 2> stored;
  std::memcpy(&stored, p, sizeof(stored));
  if constexpr (std::is_same_v<T, Eigen::bfloat16>) {
    return (reals)(__builtin_convertvector(stored, integers) << 16);
  } else {
#if defined(__AVX512F__)
    if constexpr (sizeof(reals) == 64) return _mm512_maskz_cvtph_ps(__mmask16(-1), (__m256i)stored);
#endif
#if defined(__F16C__)
    if constexpr (sizeof(reals) == 32) return _mm256_cvtph_ps((__m128i)stored);
#endif
    integers const bits = __builtin_convertvector(stored, integers), magnitude = bits & 0x7fff, sign = (bits & 0x8000) << 16;
    integers const bias = integers{} + (112 << 23), normal = (magnitude << 13) + bias + (bias & (integers)(magnitude >= 0x7c00));
    integers const tiny = (integers)(magnitude < 0x400);  // no normal number of 16 bits: a multiple of 2^-24
    auto const multiple = (integers)(__builtin_convertvector(magnitude, native_vector<float, sizeof(reals)>) * 0x1p-24f);
    return (reals)((multiple & tiny) | (normal & ~tiny) | sign);
  }
}

}  // namespace detail

/// out_j = x_j; S is as wide as what T is computed in, or wider.
template <class Arch = xsimd::default_arch, Scalar S, Storage T>
void widen_row(S* out, T const* x, idx n) noexcept {
  if constexpr (Scalar<T> || sizeof(S) == sizeof(double)) {
    for (idx j = 0; j < n; ++j) out[j] = S(x[j]);
  } else {
    constexpr idx w = lane_count<float, Arch>;
    idx j = 0;
    for (; j + w <= n; j += w) detail::widened<Arch>(x + j).store_unaligned(out + j);
    if (j == n) return;
    T rest[std::size_t(w)] = {};
    std::copy(x + j, x + n, rest);
    store_some<Arch, float>(out + j, detail::widened<Arch>(rest), n - j);
  }
}

}}  // namespace foil::simd
