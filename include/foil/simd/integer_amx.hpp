// SPDX-License-Identifier: BSD-3-Clause
// Integer products of 8 bits in the tile registers of x86 (AMX): eight times as many at once as vpdpbusd. Linux grants these registers
// to a process that asks; where it does not, the kernel of vpdpbusd does the work.
#pragma once

#include "foil/simd/integer_kernel.hpp"
#include "foil/simd/tile_registers.hpp"

#if FOIL_TILES_INT8

namespace foil::simd { inline namespace FOIL_ABI { namespace detail {

/// c[column * 32 + row] = the products of 32 rows and 32 columns; a [2][steps][16 groups][16 rows], b [2][steps][16 columns][16 groups].
[[gnu::noinline]] inline void tile_products(std::int32_t const* a, std::int32_t const* b, idx steps, std::int32_t* c) noexcept {
  compiler_barrier();
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  std::int32_t const *const a1 = a + 256 * steps, *const b1 = b + 256 * steps;
  for (idx s = 0; s < 256 * steps; s += 256) {
    _tile_loadd(4, b + s, 64);
    _tile_loadd(5, a + s, 64);
    _tile_dpbusd(0, 4, 5);
    _tile_loadd(6, a1 + s, 64);
    _tile_dpbusd(1, 4, 6);
    _tile_loadd(7, b1 + s, 64);
    _tile_dpbusd(2, 7, 5);
    _tile_dpbusd(3, 7, 6);
  }
  _tile_stored(0, c, 128);
  _tile_stored(1, c + 16, 128);
  _tile_stored(2, c + 16 * 32, 128);
  _tile_stored(3, c + 16 * 32 + 16, 128);
  compiler_barrier();
}

}}}  // namespace foil::simd::detail

#endif
