// SPDX-License-Identifier: BSD-3-Clause
// Scores compared while they are in registers: a block of packed columns against tiles of packed rows, each row with
// its own threshold; only a tile that holds a hit is written down.
#pragma once

#include "foil/simd/compare_word.hpp"
#include "foil/simd/product.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Rows, and columns, of a packed tile.
template <Scalar S, class Arch = xsimd::default_arch>
inline constexpr idx threshold_rows = detail::tile<S, Arch>::rows;
template <Scalar S, class Arch = xsimd::default_arch>
inline constexpr idx threshold_columns = detail::tile<S, Arch>::columns;

/// Columns of one block: packed, they fill about half of a second-level cache and stay there while all rows pass.
template <Scalar S, class Arch = xsimd::default_arch>
constexpr idx threshold_block(idx k) noexcept {
  constexpr idx unit = threshold_columns<S, Arch>;
  idx const fit = (idx(256) << 10) / idx(sizeof(S)) / (std::max)(k, idx(1)) / unit * unit;
  return (std::clamp)(fit, unit, 64 * unit);
}

/// Rows [m, k] packed into tiles: out[i / rows * (rows * k) + p * rows + i % rows], zero rows at the end.
template <Scalar S, class Arch = xsimd::default_arch>
void pack_threshold_rows(S const* x, idx ldx, idx m, idx k, S* out) noexcept {
  constexpr idx rows = threshold_rows<S, Arch>;
  for (idx i = 0; i < (m + rows - 1) / rows * rows; ++i) {
    S* const to = out + i / rows * (rows * k) + i % rows;
    for (idx p = 0; p < k; ++p) to[p * rows] = i < m ? x[i * ldx + p] : S(0);
  }
}
/// Columns, stored as rows [n, k], packed into panels of threshold_columns; zeros at the end of the last.
template <Scalar S, class Arch = xsimd::default_arch>
void pack_threshold_columns(S const* x, idx ldx, idx n, idx k, S* out) noexcept {
  detail::pack_turned<S, threshold_columns<S, Arch>>(x, ldx, n, k, threshold_columns<S, Arch> * k, out);
}

namespace detail {

/// What becomes of the scores of a tile.
enum class thresholded_product { all, hits };

/// score(i, j) = start[j] + the chain of products of row i and column j, over all of k. all: written to c. hits:
/// written only if one of them reaches the threshold of its row; returns the rows that hit, as bits.
template <Scalar S, class Arch, thresholded_product What>
[[gnu::noinline]] std::uint32_t threshold_tile(S const* a, S const* b, idx k, S const* start, [[maybe_unused]] S const* threshold, S* c,
                                               idx ldc) noexcept {
  using batch = lanes<S, Arch>;
  constexpr idx rows = tile<S, Arch>::rows, w = lane_count<S, Arch>;
  batch x[std::size_t(rows)], y[std::size_t(rows)];
  batch const s0 = load<Arch>(start), s1 = load<Arch>(start + w);
#pragma GCC unroll 16
  for (idx i = 0; i < rows; ++i) x[i] = s0, y[i] = s1;
#pragma GCC unroll 4
  for (idx p = 0; p < k; ++p) {
    batch const b0 = load<Arch>(b), b1 = load<Arch>(b + w);
#pragma GCC unroll 16
    for (idx i = 0; i < rows; ++i) {
      batch const ai(a[i]);
      x[i] = fma<S, Arch>(ai, b0, x[i]), y[i] = fma<S, Arch>(ai, b1, y[i]);
    }
    a += rows, b += 2 * w;
  }
  std::uint32_t hit = 0;
  if constexpr (What == thresholded_product::hits) {
    batch const t0(threshold[0]);
    auto any = (x[0] >= t0) | (y[0] >= t0);
#pragma GCC unroll 16
    for (idx i = 1; i < rows; ++i) {
      batch const t(threshold[i]);
      any = any | ((x[i] >= t) | (y[i] >= t));
    }
    if (!xsimd::any(any)) [[likely]]
      return 0;
#pragma GCC unroll 16
    for (idx i = 0; i < rows; ++i) {
      batch const t(threshold[i]);
      hit |= std::uint32_t(xsimd::any((x[i] >= t) | (y[i] >= t))) << i;
    }
  }
#pragma GCC unroll 16
  for (idx i = 0; i < rows; ++i) x[i].store_unaligned(c + i * ldc), y[i].store_unaligned(c + i * ldc + w);
  return hit;
}

/// Bit j of the result: p[j] >= t, for the columns of a tile.
template <Scalar S, class Arch>
std::uint32_t threshold_bits(S const* p, S t) noexcept {
  using batch = lanes<S, Arch>;
  constexpr idx w = lane_count<S, Arch>;
  batch const against(t);
  return register_bits<S, Arch>(load<Arch>(p) >= against) | register_bits<S, Arch>(load<Arch>(p + w) >= against) << w;
}

}  // namespace detail

/// Scores of all packed rows against one packed block of n columns, written to c [m, ldc]; ldc is at least n rounded up
/// to a panel, and c has room for m rounded up to a tile. start[j] is added to the scores of column j, first of all.
template <Scalar S, class Arch = xsimd::default_arch>
void product_all(S const* a, idx m, S const* b, idx n, idx k, S const* start, S* c, idx ldc) noexcept {
  constexpr idx rows = threshold_rows<S, Arch>, columns = threshold_columns<S, Arch>;
  for (idx i = 0; i < m; i += rows)
    for (idx j = 0; j < n; j += columns)
      detail::threshold_tile<S, Arch, detail::thresholded_product::all>(a + i * k, b + j * k, k, start + j, nullptr, c + i * ldc + j, ldc);
}

/// Calls take(i, j, score) for every score of the block that reaches threshold[i], which may rise meanwhile; a stale one
/// only lets more through. Thresholds beyond m must be more than any score. NaN reaches nothing. meet(i) is called
/// before row i is looked at.
template <Scalar S, class Arch = xsimd::default_arch, class Meet, class Take>
void product_hits(S const* a, idx m, S const* b, idx n, idx k, S const* start, S const* threshold, Meet const& meet, Take const& take) {
  constexpr idx rows = threshold_rows<S, Arch>, columns = threshold_columns<S, Arch>;
  alignas(64) S c[std::size_t(rows * columns)];
  for (idx i = 0; i < m; i += rows) {
    for (idx r = i; r < (std::min)(i + rows, m); ++r) meet(r);
    for (idx j = 0; j < n; j += columns)
      for (std::uint32_t hit = detail::threshold_tile<S, Arch, detail::thresholded_product::hits>(a + i * k, b + j * k, k, start + j,
                                                                                                  threshold + i, c, columns);
           hit != 0; hit &= hit - 1) {
        idx const r = std::countr_zero(hit);
        for (std::uint32_t bits = detail::threshold_bits<S, Arch>(c + r * columns, threshold[i + r]); bits != 0; bits &= bits - 1) {
          idx const at = std::countr_zero(bits);
          take(i + r, j + at, c[r * columns + at]);
        }
      }
  }
}

}}  // namespace foil::simd
