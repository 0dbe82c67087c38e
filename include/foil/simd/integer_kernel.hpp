// SPDX-License-Identifier: BSD-3-Clause
// Products of whole numbers in 8 or 16 bits, summed exactly in 32: what an instruction set has for them, one file each.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "foil/simd/lanes.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// The kernel for Bits = 8 or 16: a tile of `rows` rows by two registers of columns. A group is what one sum takes at a
/// time, 32 bits of a row and of a column: 4 numbers of 8 bits, or 2 of 16. A specialisation has
///   rows, columns       of the tile; rows is at most 8
///   unsigned_columns    numbers of columns are stored + 128, as unsigned: sums are then 128 times the row's sum too large
///   row_limit           the largest number of a row of 8 bits: 127, or 63 where a larger one might leave 16 bits on the way
///   integers            a register of 32-bit numbers
///   load(p), all(x)     from memory; the same number everywhere; store(p, x)
///   add(sum, c, r)      sum + the products of a column's groups c and of a row's group r
///   both(x, y)          bitwise and
///   not_negative(x)     one bit per number
///   above(x, y, t)      one bit per number of x, then of y: where it is more than t
///   plus_bias(x, s, f, t)  x + (s - t) f, rounded; (s - t) f is cut to +-max_seed first
/// and exists = true.
template <int Bits>
struct integer_kernel {
  static constexpr bool exists = false;
  static constexpr int row_limit = 127;
};

/// Sums stay within 32 bits from seeds within this: 2^31 less what rows and columns of length 32,767 can add.
inline constexpr float max_seed = 1.04e9f;

}}  // namespace foil::simd

#if defined(__AVX512BW__)
#include "foil/simd/integer_avx512.hpp"
#elif defined(__AVX2__)
#include "foil/simd/integer_avx2.hpp"
#elif defined(__ARM_FEATURE_DOTPROD)
#include "foil/simd/integer_neon.hpp"
#endif
