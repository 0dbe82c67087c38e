// SPDX-License-Identifier: BSD-3-Clause
// The matrix product: one register tile over packed panels, for the scores and for both gradients. One file because the
// three products share one tile, one packing and one blocking.
#pragma once

#include <algorithm>
#include <cstdint>

#include "foil/simd/lanes.hpp"
#include "foil/simd/pack.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// The adding products sum k in blocks of this many, counted from the start of the call: cutting k at its
/// multiples into several calls gives the same bits.
inline constexpr idx product_quantum = 256;

namespace detail {

/// How a tile of c begins and ends: c = sum; c = c continued by the chain of products; c = c + sum.
enum class into { store, chain, add };

/// The register tile and the blocks around it.
template <Scalar S, class Arch>
struct tile {
  static constexpr idx columns = 2 * lane_count<S, Arch>, line = 64 / idx(sizeof(S));
  static constexpr idx rows = vector_registers == 32 ? 8 : fused ? 6 : 4;  // unfused products need a register
  // A block of b, deep x wide, is packed into panels and stays in the second-level cache; panels are a cache line
  // apart, so that they do not share cache sets. Scores want it deep: passes over c cost more than passes over a.
  // Sums in blocks of the quantum cannot be deeper.
  static constexpr idx block = idx(1) << 16, scores_deep = 1024;
  static constexpr idx deep(bool scores) { return scores ? scores_deep : product_quantum; }
  static constexpr idx wide(bool scores) { return block / deep(scores); }
  // A tile reads a where it is. Only columns of a, whose every number lies in another page, are packed first, `group`
  // tiles at a time to use whole cache lines, unless registers are so long that the tile hides it.
  static constexpr bool packs_columns = sizeof(lanes<S, Arch>) < 64;
  static constexpr idx group = packs_columns ? 8 : 1, a_tile = rows * product_quantum + line;
  static constexpr idx a_block = (std::max)(group * a_tile, rows* scores_deep + line);

  static idx workspace(idx n) {
    idx const padded = (n + columns - 1) / columns * columns;
    return line + rows * columns + a_block + (std::min)(block, padded * scores_deep) + (std::min)(wide(false), padded) / columns * line;
  }
};

/// A piece of a matrix that is to be packed next, fetched a few rows at a time between tiles.
class upcoming {
 public:
  template <Scalar S>
  upcoming(S const* x, idx ldx, idx rows, idx columns) noexcept
      : row_(reinterpret_cast<std::uintptr_t>(x)),
        step_(std::uintptr_t(ldx) * sizeof(S)),
        bytes_(std::uintptr_t(columns) * sizeof(S)),
        rows_(rows) {}
  /// So many rows at a time that `times` of them are all.
  idx share(idx times) const noexcept { return (rows_ + times - 1) / times; }
  void fetch(idx rows) noexcept {
    for (rows = (std::min)(rows, rows_), rows_ -= rows; rows > 0; --rows, row_ += step_)
      for (std::uintptr_t at = row_ & ~std::uintptr_t(63); at < row_ + bytes_; at += 64)
        __builtin_prefetch(reinterpret_cast<void const*>(at), 0, 2);
  }

 private:
  std::uintptr_t row_, step_, bytes_;
  idx rows_;
};

/// The one kernel: c[rows x columns] from a, whose element (i, p) is a[i * a_step + p] or, turned, a[p * a_step + i],
/// and a packed panel b[p * columns + j]. Every element is one chain of fused products over p, wherever it sits.
template <Scalar S, class Arch, bool Turned>
[[gnu::noinline]] void multiply_tile(S const* a, idx a_step, S const* b, idx k, S* c, idx ldc, into how) noexcept {
  using batch = lanes<S, Arch>;
  constexpr idx rows = tile<S, Arch>::rows, w = lane_count<S, Arch>;
  batch x[std::size_t(rows)], y[std::size_t(rows)];
  if (how == into::chain) {
#pragma GCC unroll 16
    for (idx i = 0; i < rows; ++i) x[i] = load<Arch>(c + i * ldc), y[i] = load<Arch>(c + i * ldc + w);
  } else {
#pragma GCC unroll 16
    for (idx i = 0; i < rows; ++i) x[i] = y[i] = batch(S(0));
  }
  // The lines that the end of this tile writes; a chain began by reading them, so there it is the next tile's
  // turn.
  S* const soon = how == into::chain ? c + 2 * w : c;
#pragma GCC unroll 16
  for (idx i = 0; i < rows; ++i) {
    __builtin_prefetch(soon + i * ldc, 1);
    __builtin_prefetch(soon + i * ldc + 2 * w - 1, 1);
  }
#pragma GCC unroll 4
  for (idx p = 0; p < k; ++p) {
    batch const b0 = load<Arch>(b), b1 = load<Arch>(b + w);
    if (Turned && !tile<S, Arch>::packs_columns) __builtin_prefetch(a + tile<S, Arch>::line, 0, 2);
#pragma GCC unroll 16
    for (idx i = 0; i < rows; ++i) {
      batch const ai(Turned ? a[i] : a[i * a_step]);
      x[i] = fma<S, Arch>(ai, b0, x[i]), y[i] = fma<S, Arch>(ai, b1, y[i]);
    }
    a += Turned ? a_step : 1, b += 2 * w;
  }
  if (how == into::add) {
#pragma GCC unroll 16
    for (idx i = 0; i < rows; ++i) x[i] = load<Arch>(c + i * ldc) + x[i], y[i] = load<Arch>(c + i * ldc + w) + y[i];
  }
#pragma GCC unroll 16
  for (idx i = 0; i < rows; ++i) x[i].store_unaligned(c + i * ldc), y[i].store_unaligned(c + i * ldc + w);
}

/// A tile that sticks out of c goes through a full-size copy and the same kernel: its elements keep their
/// bits.
template <Scalar S, class Arch, bool Turned>
void multiply_edge(S const* a, idx a_step, S const* b, idx k, S* c, idx ldc, into how, idx m, idx n, S* spare) noexcept {
  constexpr idx rows = tile<S, Arch>::rows, columns = tile<S, Arch>::columns;
  std::fill_n(spare, rows * columns, S(0));
  if (how != into::store)
    for (idx i = 0; i < m; ++i) std::copy_n(c + i * ldc, n, spare + i * columns);
  multiply_tile<S, Arch, Turned>(a, a_step, b, k, spare, columns, how);
  for (idx i = 0; i < m; ++i) std::copy_n(spare + i * columns, n, c + i * ldc);
}

/// The loops around the tile. Turned: a is read as [k, m] (else [m, k]); b is read as [n, k] (else [k, n]).
template <Scalar S, class Arch, bool TurnA, bool TurnB>
void multiply(S const* a, idx lda, idx m, S const* b, idx ldb, idx n, idx k, S* c, idx ldc, bool adding, S* workspace) noexcept {
  using shape = tile<S, Arch>;
  constexpr idx rows = shape::rows, columns = shape::columns, deep = shape::deep(TurnB), wide = shape::wide(TurnB);
  constexpr bool packs = TurnA && shape::packs_columns;
  constexpr idx group = packs ? shape::group * rows : rows;
  if (m == 0) return;
  auto const past = reinterpret_cast<std::uintptr_t>(workspace) % 64 / sizeof(S);
  S* const spare = workspace + (past == 0 ? 0 : shape::line - idx(past));
  S* const a_packed = spare + rows * columns;
  S* const b_packed = a_packed + shape::a_block;
  auto const b_piece = [&](idx j, idx p) {
    idx const nb = (std::min)(wide, j < n ? n - j : n), kb = (std::min)(deep, p < k ? k - p : k);
    return TurnB ? upcoming(b + j * ldb + p, ldb, nb, kb) : upcoming(b + p * ldb + j, ldb, kb, nb);
  };
  for (idx j0 = 0; j0 < n; j0 += wide) {
    idx const nb = (std::min)(wide, n - j0), across = (nb + columns - 1) / columns;
    for (idx p0 = 0; p0 < k; p0 += deep) {
      idx const kb = (std::min)(deep, k - p0), panel = columns * kb + shape::line;
      into const how = adding ? into::add : p0 > 0 ? into::chain : into::store;
      if constexpr (TurnB)
        pack_turned<S, columns>(b + j0 * ldb + p0, ldb, nb, kb, panel, b_packed);
      else
        pack<S, columns>(b + p0 * ldb + j0, ldb, nb, kb, panel, b_packed);
      // After the last block, that of a caller who goes on where this call ends.
      upcoming next_b = p0 + kb < k ? b_piece(j0, p0 + kb) : j0 + wide < n ? b_piece(j0 + wide, 0) : TurnB ? b_piece(n, 0) : b_piece(0, k);
      idx const b_rows = next_b.share((m + rows - 1) / rows * across);
      for (idx g0 = 0; g0 < m; g0 += group) {
        idx const mb = (std::min)(group, m - g0), mb_next = (std::min)(group, m - g0 - mb);
        S const* from = TurnA ? a + p0 * lda + g0 : a + g0 * lda + p0;
        idx a_step = lda;
        upcoming next_a(from + mb, lda, packs && mb_next > 0 ? kb : 0, mb_next);
        idx const a_rows = next_a.share((mb + rows - 1) / rows * across);
        if (packs || (TurnA && mb < rows)) {
          pack<S, rows>(from, lda, mb, kb, shape::a_tile, a_packed);
          from = a_packed, a_step = rows;
        } else if (mb < rows) {
          pack_lines<S, rows>(from, lda, mb, kb, deep, a_packed);
          from = a_packed, a_step = deep;
        }
        for (idx i = 0; i < mb; i += rows)
          for (idx j = 0; j < nb; j += columns) {
            S const *const at = from + i / rows * shape::a_tile, *const bt = b_packed + j / columns * panel;
            S* const ct = c + (g0 + i) * ldc + j0 + j;
            next_a.fetch(a_rows), next_b.fetch(b_rows);
            if (i + rows <= mb && j + columns <= nb)
              multiply_tile<S, Arch, TurnA>(at, a_step, bt, kb, ct, ldc, how);
            else
              multiply_edge<S, Arch, TurnA>(at, a_step, bt, kb, ct, ldc, how, (std::min)(rows, mb - i), (std::min)(columns, nb - j), spare);
          }
      }
    }
  }
}

}  // namespace detail

/// Numbers of S that the workspace of the products below must hold for c of m x n and inner length k (at most
/// about 80,000, whatever the shape). Any alignment will do.
template <Scalar S, class Arch = xsimd::default_arch>
idx product_workspace([[maybe_unused]] idx m, idx n, [[maybe_unused]] idx k) noexcept {
  return detail::tile<S, Arch>::workspace(n);
}

/// c[m, n] = a[m, k] b[n, k]^T, all row-major with the given strides: the scores. An element is one chain of
/// fused products over k from 0, so it does not depend on m, n or its place. k = 0 writes zeros.
template <Scalar S, class Arch = xsimd::default_arch>
void product_abt(S const* a, idx lda, idx m, S const* b, idx ldb, idx n, idx k, S* c, idx ldc, S* workspace) noexcept {
  if (k == 0)
    for (idx i = 0; i < m; ++i) std::fill_n(c + i * ldc, n, S(0));
  detail::multiply<S, Arch, false, true>(a, lda, m, b, ldb, n, k, c, ldc, false, workspace);
}

/// c[m, n] += a[m, k] b[k, n]: the gradient of the anchors from slopes and candidates. k is summed in blocks
/// of product_quantum, c += block 0, c += block 1, ...; the bits depend on nothing else.
template <Scalar S, class Arch = xsimd::default_arch>
void add_product_ab(S const* a, idx lda, idx m, S const* b, idx ldb, idx n, idx k, S* c, idx ldc, S* workspace) noexcept {
  detail::multiply<S, Arch, false, false>(a, lda, m, b, ldb, n, k, c, ldc, true, workspace);
}

/// c[m, n] += a[k, m]^T b[k, n]: the gradient of the candidates from slopes and anchors. Blocks as
/// add_product_ab.
template <Scalar S, class Arch = xsimd::default_arch>
void add_product_atb(S const* a, idx lda, idx m, S const* b, idx ldb, idx n, idx k, S* c, idx ldc, S* workspace) noexcept {
  detail::multiply<S, Arch, true, false>(a, lda, m, b, ldb, n, k, c, ldc, true, workspace);
}

}}  // namespace foil::simd
