// SPDX-License-Identifier: BSD-3-Clause
// What the machine can do at best, as contenders of the same race: a maximum, and fused or whole products on registers alone.
#pragma once

#include <benchmark/benchmark.h>
#include <utility>

#include "foil/simd/integer_kernel.hpp"
#include "foil/simd/lanes.hpp"
#include "foil/simd/tile_registers.hpp"

namespace bench {

using foil::idx;
using batch = foil::simd::lanes<float, xsimd::default_arch>;

/// Reads every number once and keeps the largest: no exact selection can do less.
inline float maximum(float const* x, idx n) {
  constexpr idx w = idx(batch::size), step = 8 * w;
  batch m[8];
  for (batch& lane : m) lane = batch(x[0]);
  idx i = 0;
  for (; i + step <= n; i += step)
    for (idx l = 0; l < 8; ++l) m[l] = foil::simd::larger(m[l], batch::load_unaligned(x + i + l * w));
  for (idx l = 1; l < 8; ++l) m[0] = foil::simd::larger(m[0], m[l]);
  float best = foil::simd::max_of(m[0]);
  for (; i < n; ++i) best = (std::max)(best, x[i]);
  return best;
}

/// As many flops as asked for, in a loop that touches no memory.
template <foil::Scalar S = float>
void fused_products(double flops) {
  using wide = foil::simd::lanes<S, xsimd::default_arch>;
  constexpr int chains = 12;
  wide sum[chains];
  for (int i = 0; i < chains; ++i) sum[i] = wide(S(i));
  wide const a(S(1.0000001f)), b(S(1e-9f));
  auto const turns = idx(flops / (2.0 * chains * double(wide::size)));
#pragma GCC unroll 8
  for (idx r = 0; r < turns; ++r) {
#pragma GCC unroll 12
    for (int i = 0; i < chains; ++i) sum[i] = foil::simd::fma<S, xsimd::default_arch>(sum[i], a, b);
  }
  wide all = sum[0];
  for (int i = 1; i < chains; ++i) all += sum[i];
  benchmark::DoNotOptimize(all);
}

#if FOIL_TILES_INT8
/// Multiply-adds of 8 bits on the tile registers alone; each instruction does 16 * 16 * 64 of them.
inline void tile_products(double macs) {
  foil::simd::detail::tile_registers const registers;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  for (auto turns = idx(macs / (4 * 16 * 16 * 64.0)); turns > 0; --turns) {
    _tile_dpbusd(0, 4, 5);
    _tile_dpbusd(1, 4, 5);
    _tile_dpbusd(2, 4, 5);
    _tile_dpbusd(3, 4, 5);
  }
}
#endif

/// As many multiply-adds of whole numbers as asked for, on registers alone, by the instruction that the integer pass uses.
template <int Bits>
void integer_products(double macs) {
#if FOIL_TILES_INT8
  if (Bits == 8 && foil::simd::detail::has_tiles()) return tile_products(macs);
#endif
  using kernel = foil::simd::integer_kernel<Bits>;
  if constexpr (kernel::exists) {
    // Constant indices, and a copy for DoNotOptimize: or g++ stores the array in every turn.
    [&]<int... I>(std::integer_sequence<int, I...>) {
      typename kernel::integers sum[] = {kernel::all(I)...};
      auto a = kernel::all(0x01010101), b = kernel::all(0x01000100);
      auto const turns = idx(macs / (double(sizeof...(I)) * double(kernel::columns / 2) * (32 / Bits)));
      for (idx r = 0; r < turns; ++r) {
        asm volatile("" : "+m"(a), "+m"(b));  // or a compiler would see that nothing changes
        ((sum[I] = kernel::add(sum[I], a, b)), ...);
      }
      auto all = sum[0];
      ((all = kernel::both(all, sum[I])), ...);
      benchmark::DoNotOptimize(all);
    }
    (std::make_integer_sequence<int, 12>{});
  }
}

}  // namespace bench
