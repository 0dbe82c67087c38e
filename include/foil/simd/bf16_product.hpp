// SPDX-License-Identifier: BSD-3-Clause
// The three products of product.hpp from numbers in bfloat16, summed in float: scores from rows of pairs, gradients from slopes in
// float, which are rounded on the way, and rows of pairs. One file because the three share one loop over one tile.
#pragma once

#include <algorithm>

#include "foil/simd/bf16_kernel.hpp"
#include "foil/simd/bf16_pack.hpp"
#include "foil/simd/transpose.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

namespace detail {

enum class bf16_form { scores, anchors, candidates };

/// The blocks around a kernel's tile, in pairs: of b `deep` x `wide`, of a `group` rows.
template <class Kernel>
struct bf16_blocks {
  static constexpr idx line = 16, group = 64, max_wide = 1024;
  static constexpr idx deep(bf16_form what) {
    return what == bf16_form::scores ? Kernel::deep : (std::min)(Kernel::deep, product_quantum / 2);
  }
  static constexpr idx wide(bf16_form what) { return what == bf16_form::scores ? 256 : max_wide; }
  static constexpr idx panel(idx pairs) { return pairs * Kernel::columns + line; }
  static constexpr idx a_step = Kernel::deep + line, turned_step = group + line;
  static constexpr idx spare = Kernel::rows * Kernel::columns, a_block = group * a_step, turned = product_quantum / 2 * turned_step;
  static constexpr idx b_block = (std::max)(wide(bf16_form::scores) / Kernel::columns * panel(deep(bf16_form::scores)),
                                            max_wide / Kernel::columns * panel(product_quantum / 2));
  static constexpr idx workspace = line + spare + a_block + turned + b_block;
  static_assert(group % Kernel::rows == 0 && max_wide % Kernel::columns == 0 && Kernel::deep % Kernel::step == 0);
};

/// A block of a as the kernel reads it: m rows of `numbers` numbers, zeros up to `whole` pairs and whole tiles.
template <class Kernel>
void bf16_pack_rows(bf16_form what, float const* a, idx lda, idx m, idx numbers, idx whole, float* turned, float* out) noexcept {
  using shape = bf16_blocks<Kernel>;
  constexpr idx step = shape::a_step;
  idx const pairs = bf16_pairs(numbers);
  if (what == bf16_form::candidates) {
    for (idx p = 0; p < pairs; ++p) {
      float const* const first = a + 2 * p * lda;
      bf16_round_rows(first, 2 * p + 1 < numbers ? first + lda : nullptr, m, turned + p * shape::turned_step);
    }
    transpose(turned, shape::turned_step, pairs, m, out, step);
  }
  for (idx i = 0; i < m; ++i) {
    if (what == bf16_form::scores)
      std::memcpy(out + i * step, a + i * lda, sizeof(float) * std::size_t(pairs));
    else if (what == bf16_form::anchors)
      bf16_round(a + i * lda, numbers, out + i * step);
    std::fill(out + i * step + pairs, out + i * step + whole, 0.0f);
  }
  for (idx i = m; i % Kernel::rows != 0; ++i) std::fill_n(out + i * step, whole, 0.0f);
}

/// The loops around the tile. a: rows of pairs, or slopes [m, k] or, of candidates, [k, m]; b: rows of pairs [n, k] of scores, else
/// [k, n].
template <class Kernel>
void bf16_multiply(bf16_form what, float const* a, idx lda, idx m, float const* b, idx ldb, idx n, idx k, float* c, idx ldc,
                   float* workspace) noexcept {
  using shape = bf16_blocks<Kernel>;
  constexpr idx rows = Kernel::rows, columns = Kernel::columns, step = Kernel::step;
  if (m == 0 || n == 0) return;
  bool const scores = what == bf16_form::scores;
  idx const all = bf16_pairs(k), deep = shape::deep(what), wide = shape::wide(what);
  auto const past = reinterpret_cast<std::uintptr_t>(workspace) % 64 / sizeof(float);
  float* const spare = workspace + (past == 0 ? 0 : shape::line - idx(past));
  float *const a_packed = spare + shape::spare, *const turned = a_packed + shape::a_block, *const b_packed = turned + shape::turned;
  [[maybe_unused]] typename Kernel::guard const guard;
  for (idx j0 = 0; j0 < n; j0 += wide) {
    idx const nb = (std::min)(wide, n - j0);
    for (idx p0 = 0; p0 < all; p0 += deep) {
      idx const kb = (std::min)(deep, all - p0), numbers = (std::min)(2 * kb, k - 2 * p0);
      idx const whole = (kb + step - 1) / step * step, panel = shape::panel(whole);
      into const how = !scores ? into::add : p0 > 0 ? into::chain : into::store;
      if (scores)
        pack_turned<float, columns>(b + j0 * ldb + p0, ldb, nb, kb, panel, b_packed);
      else
        bf16_pack<columns>(b + 2 * p0 * ldb + j0 / 2, ldb, nb, numbers, panel, b_packed);
      for (idx j = 0; j < nb; j += columns) std::fill_n(b_packed + j / columns * panel + kb * columns, (whole - kb) * columns, 0.0f);
      for (idx g0 = 0; g0 < m; g0 += shape::group) {
        idx const mb = (std::min)(shape::group, m - g0);
        float const* from = what == bf16_form::candidates ? a + 2 * p0 * lda + g0 : a + g0 * lda + (scores ? p0 : 2 * p0);
        bool const packs = !scores || mb % rows != 0 || whole != kb;
        if (packs) bf16_pack_rows<Kernel>(what, from, lda, mb, numbers, whole, turned, a_packed), from = a_packed;
        idx const a_step = packs ? shape::a_step : lda;
        for (idx i = 0; i < mb; i += rows)
          for (idx j = 0; j < nb; j += columns) {
            idx const high = (std::min)(rows, mb - i), across = (std::min)(columns, nb - j);
            float const *const ai = from + i * a_step, *const bj = b_packed + j / columns * panel;
            float* const to = c + (g0 + i) * ldc + j0 + j;
            if (high == rows && across == columns) {
              Kernel::tile(ai, a_step, bj, whole, to, ldc, how);
              continue;
            }
            // What sticks out of c goes through a full-size copy and the same kernel.
            std::fill_n(spare, rows * columns, 0.0f);
            for (idx r = 0; r < high && how != into::store; ++r) std::copy_n(to + r * ldc, across, spare + r * columns);
            Kernel::tile(ai, a_step, bj, whole, spare, columns, how);
            for (idx r = 0; r < high; ++r) std::copy_n(spare + r * columns, across, to + r * ldc);
          }
      }
    }
  }
}

#if defined(__AVX512BF16__)
using bf16_registers = bf16_avx512;
#elif defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
using bf16_registers = bf16_neon;
#else
using bf16_registers = bf16_widening<>;
#endif

inline void bf16_multiply_best(bf16_form what, float const* a, idx lda, idx m, float const* b, idx ldb, idx n, idx k, float* c, idx ldc,
                               float* workspace) noexcept {
#if FOIL_TILES_BF16
  if (bf16_amx::usable()) return bf16_multiply<bf16_amx>(what, a, lda, m, b, ldb, n, k, c, ldc, workspace);
#endif
  bf16_multiply<bf16_registers>(what, a, lda, m, b, ldb, n, k, c, ldc, workspace);
}

}  // namespace detail

/// Floats that the workspace of the products below must hold, whatever the shape. Any alignment will do.
inline idx bf16_workspace() noexcept {
  idx most = detail::bf16_blocks<detail::bf16_registers>::workspace;
#if FOIL_TILES_BF16
  most = (std::max)(most, detail::bf16_blocks<bf16_amx>::workspace);
#endif
  return most;
}

/// c[m, n] = a[m, k] b[n, k]^T, of rows of pairs whose strides are counted in pairs: the scores. An element's bits do not depend on
/// m, n or its place. k = 0 writes zeros.
inline void bf16_product_abt(float const* a, idx lda, idx m, float const* b, idx ldb, idx n, idx k, float* c, idx ldc,
                             float* workspace) noexcept {
  for (idx i = 0; k == 0 && i < m; ++i) std::fill_n(c + i * ldc, n, 0.0f);
  detail::bf16_multiply_best(detail::bf16_form::scores, a, lda, m, b, ldb, n, k, c, ldc, workspace);
}

/// c[m, n] += a[m, k] b[k, n]: the gradient of the anchors from slopes a, in float and rounded here, and rows of pairs b. k may be cut
/// at multiples of product_quantum without changing a bit.
inline void bf16_add_product_ab(float const* a, idx lda, idx m, float const* b, idx ldb, idx n, idx k, float* c, idx ldc,
                                float* workspace) noexcept {
  detail::bf16_multiply_best(detail::bf16_form::anchors, a, lda, m, b, ldb, n, k, c, ldc, workspace);
}

/// c[m, n] += a[k, m]^T b[k, n]: the gradient of the candidates. As bf16_add_product_ab.
inline void bf16_add_product_atb(float const* a, idx lda, idx m, float const* b, idx ldb, idx n, idx k, float* c, idx ldc,
                                 float* workspace) noexcept {
  detail::bf16_multiply_best(detail::bf16_form::candidates, a, lda, m, b, ldb, n, k, c, ldc, workspace);
}

}}  // namespace foil::simd
