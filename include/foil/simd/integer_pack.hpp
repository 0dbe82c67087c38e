// SPDX-License-Identifier: BSD-3-Clause
// Rows and columns as whole numbers, packed as the kernels of integer_kernel.hpp read them, with limits on what that leaves out.
#pragma once

#include "foil/simd/integer_amx.hpp"
#include "foil/simd/quantize.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Longest rows whose sums stay within 32 bits.
template <int Bits>
inline constexpr idx max_integer_dim = Bits == 8 ? 16384 : 65536;

/// Whether the products of so many bits go through tile registers, where rows and columns are packed in another order.
template <int Bits>
bool integer_in_tiles() noexcept {
#if FOIL_TILES_INT8
  if constexpr (Bits == 8) return detail::has_tiles();
#endif
  return false;
}
/// Rows that are searched together.
template <int Bits>
inline constexpr idx integer_tile_rows = FOIL_TILES_INT8&& Bits == 8 ? 32 : integer_kernel<Bits>::rows;

/// Rows as the kernel reads them, in the caller's memory: tiles of its rows, each row with a scale of its own. Arrays of one number
/// per row have integer_rows_beyond more.
template <int Bits>
struct integer_rows {
  idx groups = 0;
  std::int32_t* packed = nullptr;                                ///< [rows of whole tiles * groups]
  std::int32_t* correction = nullptr;                            ///< what storing columns + 128 adds to the row's sums, negated
  float *inverse = nullptr, *error = nullptr, *reach = nullptr;  ///< 1 / s, e and |a| + e
};
inline constexpr idx integer_rows_beyond = 32;

/// Columns as the kernel reads them: tiles of its columns, each tile with one scale.
template <int Bits>
struct integer_columns {
  struct tile {
    float inverse, length, error, bias;  ///< 1 / t, largest |c|, f and, in size, bias
  };
  idx n = 0, groups = 0;
  std::int32_t* packed = nullptr;  ///< [columns of whole tiles * groups]
  tile* tiles = nullptr;
  float* bias = nullptr;  ///< added to the products, [columns of whole tiles]

  /// Columns from j on, the first of a tile.
  integer_columns from(idx j) const noexcept {
    return {n - j, groups, packed + j * groups, tiles + j / integer_kernel<Bits>::columns, bias + j};
  }
};

/// Groups of a packed row or column; a tile register holds 16.
template <int Bits>
constexpr idx integer_packed_groups(idx k) noexcept {
  return FOIL_TILES_INT8 && Bits == 8 ? (integer_groups<Bits>(k) + 15) / 16 * 16 : integer_groups<Bits>(k);
}
/// Rows and columns that whole tiles hold.
template <int Bits>
constexpr idx integer_whole_rows(idx m) noexcept {
  return (m + integer_tile_rows<Bits> - 1) / integer_tile_rows<Bits> * integer_tile_rows<Bits>;
}
template <int Bits>
constexpr idx integer_whole_columns(idx n) noexcept {
  return (n + integer_kernel<Bits>::columns - 1) / integer_kernel<Bits>::columns * integer_kernel<Bits>::columns;
}
/// Words that q of the two functions below must hold.
template <int Bits>
constexpr idx integer_scratch(idx k) noexcept {
  return integer_kernel<Bits>::columns * quantized_stride<Bits>(k);
}

/// The largest number, of 16 bits the length, that quantised rows have.
template <int Bits>
inline constexpr int integer_row_limit = Bits == 8 ? integer_kernel<8>::row_limit : 32000;

/// Rows x[m, k].
template <int Bits, Scalar S>
void pack_integer_rows(S const* x, idx ldx, idx m, idx k, integer_rows<Bits>& out, std::int32_t* q) noexcept {
  idx const rows = integer_in_tiles<Bits>() ? 16 : integer_kernel<Bits>::rows, groups = integer_groups<Bits>(k);
  out.groups = integer_packed_groups<Bits>(k);
  for (idx i = 0; i < integer_whole_rows<Bits>(m) + integer_rows_beyond; ++i)
    out.inverse[i] = 1, out.error[i] = out.reach[i] = 0, out.correction[i] = 0;
  std::fill_n(out.packed, integer_whole_rows<Bits>(m) * out.groups, 0);
  for (idx i = 0; i < m; ++i) {
    quantized const row = quantize<Bits, false, integer_row_limit<Bits>>(x + i * ldx, ldx, 1, k, q);
    out.inverse[i] = 1 / row.scale, out.error[i] = row.error, out.reach[i] = row.length + row.error;
    std::int32_t* const to = out.packed + i / rows * rows * out.groups + i % rows;
    for (idx p = 0; p < groups; ++p) to[p * rows] = q[p];
    if constexpr (integer_kernel<Bits>::unsigned_columns)
      for (idx p = 0; p < groups; ++p) {
        std::int8_t four[4];
        std::memcpy(four, q + p, 4);
        for (std::int8_t v : four) out.correction[i] -= 128 * v;
      }
  }
}
/// Columns, stored as rows x[n, k]; bias [n]: below -1e38 marks a column that is never to be found.
template <int Bits, Scalar S>
void pack_integer_columns(S const* x, idx ldx, idx n, idx k, S const* bias, integer_columns<Bits>& out, std::int32_t* q) noexcept {
  constexpr idx columns = integer_kernel<Bits>::columns;
  idx const groups = integer_groups<Bits>(k);
  out.n = n, out.groups = integer_packed_groups<Bits>(k);
  for (idx j = 0; j < n; j += columns) {
    idx const live = (std::min)(columns, n - j);
    quantized const c = quantize<Bits, integer_kernel<Bits>::unsigned_columns>(x + j * ldx, ldx, live, k, q);
    std::int32_t* const to = out.packed + j * out.groups;
    if (integer_in_tiles<Bits>()) {
      for (idx i = 0; i < live; ++i)
        for (idx p = 0; p < groups; p += 16)
          std::copy_n(q + i * quantized_stride<Bits>(k) + p, (std::min)(idx(16), groups - p), to + (i / 16 * out.groups + p + i % 16) * 16);
    } else {
      detail::pack_turned<std::int32_t, columns>(q, quantized_stride<Bits>(k), live, groups, columns * out.groups, to);
    }
    float size = 0;
    for (idx i = 0; i < columns; ++i) {
      float const s = i < live && bias[j + i] > S(-1e38f) ? float(bias[j + i]) : -1e38f;
      out.bias[j + i] = s;
      if (s > -1e38f) size = (std::max)(size, std::abs(s));
    }
    out.tiles[j / columns] = {1 / c.scale, c.length, c.error, size};
  }
}

}}  // namespace foil::simd
