// SPDX-License-Identifier: BSD-3-Clause
// Products of numbers in bfloat16, summed in float: what an instruction set has for them, one file each.
#pragma once

#include <cstdint>
#include <cstring>

#include "foil/simd/product.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

// A pair is two neighbours in bfloat16 in the 32 bits of a float, the first in the lower half. Pairs are moved as floats and never
// computed with as such; rows of them may be stored rows of bfloat16, so they are read by memcpy. A kernel has
//   rows, columns   of a tile
//   step, deep      it takes `step` pairs of a row at a time; a block of b is at most `deep` pairs deep
//   guard           an object that stands as long as tiles are computed
//   tile(a, a_step, b, pairs, c, ldc, how)   c[rows x columns] from rows of pairs a[i * a_step + p] and a packed panel
//                   b[p * columns + j]; `pairs` is a multiple of step. An element's bits depend on nothing but its numbers.
// One of registers is a bf16_register_tile over
//   width             floats in a register
//   sums, pairs       registers of sums and of pairs
//   load(p), all(p)   pairs from memory; one pair everywhere
//   zero(), read(p), plus(x, y), write(p, x)   of sums
//   add(s, b, a)      s + the products of two pairs

/// The tile of a kernel of registers.
template <class Kernel>
struct bf16_register_tile {
  static constexpr idx rows = Kernel::tile_rows, columns = 2 * Kernel::width, step = 1, deep = 512;
  struct guard {};

  [[gnu::noinline]] static void tile(float const* a, idx a_step, float const* b, idx pairs, float* c, idx ldc, detail::into how) noexcept {
    using sums = typename Kernel::sums;
    constexpr idx w = Kernel::width;
    sums x[std::size_t(rows)], y[std::size_t(rows)];
#pragma GCC unroll 8
    for (idx i = 0; i < rows; ++i) {
      x[i] = y[i] = Kernel::zero();
      if (how == detail::into::chain) x[i] = Kernel::read(c + i * ldc), y[i] = Kernel::read(c + i * ldc + w);
    }
    for (idx p = 0; p < pairs; ++p) {
      auto const b0 = Kernel::load(b), b1 = Kernel::load(b + w);
#pragma GCC unroll 8
      for (idx i = 0; i < rows; ++i) {
        auto const ai = Kernel::all(a + i * a_step + p);
        x[i] = Kernel::add(x[i], b0, ai), y[i] = Kernel::add(y[i], b1, ai);
      }
      b += columns;
    }
#pragma GCC unroll 8
    for (idx i = 0; i < rows; ++i) {
      float* const to = c + i * ldc;
      if (how == detail::into::add) x[i] = Kernel::plus(Kernel::read(to), x[i]), y[i] = Kernel::plus(Kernel::read(to + w), y[i]);
      Kernel::write(to, x[i]), Kernel::write(to + w, y[i]);
    }
  }
};

}}  // namespace foil::simd

#include "foil/simd/bf16_widening.hpp"
#if defined(__AVX512BF16__)
#include "foil/simd/bf16_avx512.hpp"
#elif defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
#include "foil/simd/bf16_neon.hpp"
#endif
#include "foil/simd/bf16_amx.hpp"
