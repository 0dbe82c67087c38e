// SPDX-License-Identifier: BSD-3-Clause
// The shim over xsimd 8.1 to 14: the few lane operations foil uses, spelled once, with the same bits everywhere. One file because it is the
// list of what xsimd's versions spell differently.
#pragma once

#include "foil/core/abi.hpp"
// Before the libraries: it says so where foil cannot be compiled.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include <xsimd/xsimd.hpp>

#include "foil/core/types.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

template <Scalar S, class Arch>
using lanes = xsimd::batch<S, Arch>;

/// Numbers in one register.
template <Scalar S, class Arch>
inline constexpr idx lane_count = idx(lanes<S, Arch>::size);

/// Registers an instruction set has for vectors; the product's tile is sized by it.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr int vector_registers = 32;
#else
inline constexpr int vector_registers = 16;
#endif

/// Whether a product and a sum are rounded once.
#if defined(__FMA__) || defined(__aarch64__)
inline constexpr bool fused = true;
#else
inline constexpr bool fused = false;
#endif

template <class Arch = xsimd::default_arch, Scalar S>
lanes<S, Arch> load(S const* p) noexcept {
  return lanes<S, Arch>::load_unaligned(p);
}

/// The compilers' own vectors, for what xsimd 8.1 to 14 do not spell alike.
template <class T, std::size_t Bytes>
struct native_vector_of {
  using type [[gnu::vector_size(Bytes)]] = T;
};
template <class T, std::size_t Bytes>
using native_vector = typename native_vector_of<T, Bytes>::type;

/// As many numbers as a register of double holds, as double. Spelled out for wide registers, which g++ 12 would convert by halves.
template <class Arch>
lanes<double, Arch> widen(double const* p) noexcept {
  return load<Arch>(p);
}
template <class Arch>
lanes<double, Arch> widen(float const* p) noexcept {
  using wide = typename lanes<double, Arch>::register_type;
#if defined(__AVX512F__)
  if constexpr (sizeof(wide) == 64) return _mm512_maskz_cvtps_pd(__mmask8(-1), _mm256_loadu_ps(p));
#endif
#if defined(__AVX__)
  if constexpr (sizeof(wide) == 32) return _mm256_cvtps_pd(_mm_loadu_ps(p));
#endif
  native_vector<float, sizeof(wide) / 2> v;
  std::memcpy(&v, p, sizeof(v));
  return (wide) __builtin_convertvector(v, native_vector<double, sizeof(wide)>);
}

/// The first `live` of a register's numbers, `fill` in the others.
template <class Arch, Scalar S>
lanes<S, Arch> load_some(S const* p, idx live, S fill) noexcept {
  constexpr idx w = lane_count<S, Arch>;
  if (live >= w) return load<Arch>(p);  // never more, which a compiler then knows below
  S padded[std::size_t(w)];
  for (idx i = 0; i < w; ++i) padded[i] = i < live ? p[i] : fill;
  return load<Arch>(padded);
}
template <class Arch, Scalar S>
void store_some(S* p, lanes<S, Arch> const& v, idx live) noexcept {
  constexpr idx w = lane_count<S, Arch>;
  if (live >= w) return v.store_unaligned(p);
  S padded[std::size_t(w)];
  v.store_unaligned(padded);
  for (idx i = 0; i < live; ++i) p[i] = padded[i];
}

/// The same value, which -ffast-math cannot look into: sums and differences across it stay as written.
template <Scalar S, class Arch>
lanes<S, Arch> opaque(lanes<S, Arch> const& x) noexcept {
  typename lanes<S, Arch>::register_type r = x;
#if defined(__AVX512F__)
  asm("" : "+v"(r));
#elif defined(__SSE2__)
  asm("" : "+x"(r));
#elif defined(__aarch64__)
  asm("" : "+w"(r));
#endif
  return r;
}

/// Spelled out for AVX-512 because g++ 12 calls its own unmasked intrinsics uninitialized.
template <Scalar S, class Arch>
lanes<S, Arch> larger(lanes<S, Arch> const& a, lanes<S, Arch> const& b) noexcept {
#if defined(__AVX512F__)
  if constexpr (sizeof(a) == 64) {
    if constexpr (sizeof(S) == 4)
      return _mm512_mask_max_ps(a, __mmask16(-1), a, b);
    else
      return _mm512_mask_max_pd(a, __mmask8(-1), a, b);
  }
#endif
  if constexpr (sizeof(a) > 0) return xsimd::max(a, b);
}
template <Scalar S, class Arch>
lanes<S, Arch> smaller(lanes<S, Arch> const& a, lanes<S, Arch> const& b) noexcept {
#if defined(__AVX512F__)
  if constexpr (sizeof(a) == 64) {
    if constexpr (sizeof(S) == 4)
      return _mm512_mask_min_ps(a, __mmask16(-1), a, b);
    else
      return _mm512_mask_min_pd(a, __mmask8(-1), a, b);
  }
#endif
  if constexpr (sizeof(a) > 0) return xsimd::min(a, b);
}

/// Correctly rounded. Spelled out for AArch64 too, where xsimd estimates the root of a float.
template <Scalar S, class Arch>
lanes<S, Arch> root(lanes<S, Arch> const& a) noexcept {
#if defined(__AVX512F__)
  if constexpr (sizeof(a) == 64) {
    if constexpr (sizeof(S) == 4)
      return _mm512_mask_sqrt_ps(a, __mmask16(-1), a);
    else
      return _mm512_mask_sqrt_pd(a, __mmask8(-1), a);
  }
#elif defined(__aarch64__)
  if constexpr (sizeof(a) == 16) {
    if constexpr (sizeof(S) == 4)
      return vsqrtq_f32(a);
    else
      return vsqrtq_f64(a);
  }
#endif
  if constexpr (sizeof(a) > 0) return xsimd::sqrt(a);
}

/// a * b + c, rounded once wherever this translation unit may use a fused instruction, at any width.
/// Spelled out because xsimd 8.1 has no fused form for AVX-512 and for plain SSE2 or AVX2 tags, where a
/// compiler might fuse one call and not the next.
template <Scalar S, class Arch>
lanes<S, Arch> fma(lanes<S, Arch> const& a, lanes<S, Arch> const& b, lanes<S, Arch> const& c) noexcept {
  [[maybe_unused]] constexpr bool single = sizeof(S) == 4;
#if defined(__AVX512F__)
  if constexpr (sizeof(a) == 64) {
    if constexpr (single)
      return _mm512_fmadd_ps(a, b, c);
    else
      return _mm512_fmadd_pd(a, b, c);
  }
#endif
#if defined(__FMA__)
  if constexpr (sizeof(a) == 32) {
    if constexpr (single)
      return _mm256_fmadd_ps(a, b, c);
    else
      return _mm256_fmadd_pd(a, b, c);
  }
  if constexpr (sizeof(a) == 16) {
    if constexpr (single)
      return _mm_fmadd_ps(a, b, c);
    else
      return _mm_fmadd_pd(a, b, c);
  }
#elif defined(__aarch64__)
  if constexpr (sizeof(a) == 16) {
    if constexpr (single)
      return vfmaq_f32(c, a, b);
    else
      return vfmaq_f64(c, a, b);
  }
#endif
  if constexpr (sizeof(a) > 0) return opaque<S, Arch>(a * b + c);
}

/// p * 2^n by adding to the exponents, n being the low bits of `t`: (1.5 * 2^mantissa bits) + n. Exact while
/// the result is a normal number.
template <Scalar S, class Arch>
lanes<S, Arch> times_power(lanes<S, Arch> const& p, lanes<S, Arch> const& t) noexcept {
  using integer = std::conditional_t<sizeof(S) == 4, std::uint32_t, std::uint64_t>;
  using integers = native_vector<integer, sizeof(p)>;
  using reals = typename lanes<S, Arch>::register_type;
  reals const pr = p, tr = t;
  return (reals)((integers)pr + ((integers)tr << (sizeof(S) == 4 ? 23 : 52)));
}

/// Sum and maximum of a register's numbers, halves upon halves: one order for a given width. The sum is in
/// double.
template <Scalar S, class Arch>
double sum_of(lanes<S, Arch> const& v) noexcept {
  constexpr idx w = lane_count<S, Arch>;
  S x[std::size_t(w)];
  v.store_unaligned(x);
  constexpr idx pairs = w > lane_count<double, Arch> ? w / 2 : w;
  double sum[std::size_t(pairs)];
  if constexpr (pairs < w)
    (widen<Arch>(x) + widen<Arch>(x + pairs)).store_unaligned(sum);
  else
    std::copy_n(x, w, sum);
#pragma GCC unroll 8
  for (idx half = pairs / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
    for (idx i = 0; i < half; ++i) sum[i] += sum[i + half];
  }
  return sum[0];
}
template <Scalar S, class Arch>
S max_of(lanes<S, Arch> const& v) noexcept {
  S x[std::size_t(lane_count<S, Arch>)];
  v.store_unaligned(x);
  return *std::max_element(x, x + lane_count<S, Arch>);
}

}}  // namespace foil::simd
