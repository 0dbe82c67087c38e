// The shim over xsimd 8.1 to 14: the few lane operations foil uses, spelled once, with the same bits everywhere.
#pragma once

#include <cstring>

#include <xsimd/xsimd.hpp>

#include "foil/core/types.hpp"

namespace foil::inline FOIL_ABI::simd {

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

template <class Arch = xsimd::default_arch, Scalar S>
lanes<S, Arch> load(S const* p) noexcept {
  return lanes<S, Arch>::load_unaligned(p);
}

/// a * b + c, rounded once wherever this translation unit may use a fused instruction, at any width.
/// Spelled out because xsimd 8.1 has no fused form for AVX-512 and for plain SSE2 or AVX2 tags, where a compiler
/// might fuse one call and not the next.
template <Scalar S, class Arch>
lanes<S, Arch> fma(lanes<S, Arch> const& a, lanes<S, Arch> const& b, lanes<S, Arch> const& c) noexcept {
  constexpr bool single = sizeof(S) == 4;
#if defined(__AVX512F__)
  if constexpr (sizeof(a) == 64) {
    if constexpr (single) return _mm512_fmadd_ps(a, b, c);
    else return _mm512_fmadd_pd(a, b, c);
  }
#endif
#if defined(__FMA__)
  if constexpr (sizeof(a) == 32) {
    if constexpr (single) return _mm256_fmadd_ps(a, b, c);
    else return _mm256_fmadd_pd(a, b, c);
  }
  if constexpr (sizeof(a) == 16) {
    if constexpr (single) return _mm_fmadd_ps(a, b, c);
    else return _mm_fmadd_pd(a, b, c);
  }
#elif defined(__aarch64__)
  if constexpr (sizeof(a) == 16) {
    if constexpr (single) return vfmaq_f32(c, a, b);
    else return vfmaq_f64(c, a, b);
  }
#endif
  if constexpr (sizeof(a) > 0) return a * b + c;
}

}  // namespace foil::inline FOIL_ABI::simd
