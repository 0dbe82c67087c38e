// SPDX-License-Identifier: BSD-3-Clause
// Products of numbers in bfloat16 in the tile registers of AMX: tdpbf16ps, four tiles of 16 x 16 sums. Numbers and results below
// 1.2e-38 count as 0; the even and the odd numbers of 16 pairs are summed apart.
#pragma once

#include "foil/simd/bf16_kernel.hpp"
#include "foil/simd/tile_registers.hpp"

#if FOIL_TILES_BF16

namespace foil::simd { inline namespace FOIL_ABI {

struct bf16_amx {
  static constexpr idx rows = 32, columns = 32, step = 16, deep = 128;

  /// No: bf16_avx512 does the work.
  static bool usable() noexcept { return detail::has_tiles(); }
  using guard = detail::tile_registers;

  // Both ways of adding continue the chain of sums that c holds: a block of the products is a multiple of 16 pairs.
  [[gnu::noinline]] static void tile(float const* a, idx a_step, float const* b, idx pairs, float* c, idx ldc, detail::into how) noexcept {
    detail::compiler_barrier();
    float *const c1 = c + 16, *const c2 = c + 16 * ldc, *const c3 = c2 + 16;
    idx const c_bytes = ldc * 4, a_bytes = a_step * 4, b_bytes = columns * 4;
    if (how == detail::into::store) {
      _tile_zero(0);
      _tile_zero(1);
      _tile_zero(2);
      _tile_zero(3);
    } else {
      _tile_loadd(0, c, c_bytes);
      _tile_loadd(1, c1, c_bytes);
      _tile_loadd(2, c2, c_bytes);
      _tile_loadd(3, c3, c_bytes);
    }
    float const* const lower = a + 16 * a_step;
    for (idx p = 0; p < pairs; p += step) {
      _tile_loadd(4, a + p, a_bytes);
      _tile_loadd(6, b + p * columns, b_bytes);
      _tile_loadd(7, b + p * columns + 16, b_bytes);
      _tile_loadd(5, lower + p, a_bytes);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, c, c_bytes);
    _tile_stored(1, c1, c_bytes);
    _tile_stored(2, c2, c_bytes);
    _tile_stored(3, c3, c_bytes);
    detail::compiler_barrier();
  }
};

}}  // namespace foil::simd

#endif
