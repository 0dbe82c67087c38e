// SPDX-License-Identifier: BSD-3-Clause
// Packing: pieces of a row-major matrix copied into the order in which the product's tile reads them.
#pragma once

#include <algorithm>
#include <cstring>

#include "foil/core/types.hpp"
#include "foil/simd/shuffle.hpp"

namespace foil::simd { inline namespace FOIL_ABI { namespace detail {

/// x[k, n] cut into panels of W columns: out[j / W * step + p * W + j % W] = x[p * ldx + j]; the last panel
/// is filled up with zeros.
template <Scalar S, idx W>
void pack(S const* x, idx ldx, idx n, idx k, idx step, S* out) noexcept {
  idx const whole = n / W, rest = n % W;
  for (idx p = 0; p < k; ++p) {
    S const* from = x + p * ldx;
    S* to = out + p * W;
    for (idx t = 0; t < whole; ++t, from += W, to += step) {
      for (idx l = 0; l < W; l += 64 / idx(sizeof(S))) __builtin_prefetch(to + 8 * W + l, 1);
      std::memcpy(to, from, sizeof(S) * std::size_t(W));
    }
    if (rest > 0) std::fill_n(std::copy_n(from, rest, to), W - rest, S(0));
  }
}

/// x[m, k] row by row, `stride` apart, filled up with zero rows to a multiple of W.
template <Scalar S, idx W>
void pack_lines(S const* x, idx ldx, idx m, idx k, idx stride, S* out) noexcept {
  for (idx i = 0; i < m; ++i) std::memcpy(out + i * stride, x + i * ldx, sizeof(S) * std::size_t(k));
  for (idx i = m; i % W != 0; ++i) std::fill_n(out + i * stride, k, S(0));
}

/// A square of x turned in 16-byte registers: to[p * W + j] = from[j * ldx + p] for 16 / sizeof(S) of each.
template <class S, idx W>
void turn_square(S const* from, idx ldx, S* to) noexcept {
  using quad [[gnu::vector_size(16)]] = S;
  auto const row = [=](idx j) {
    quad v;
    std::memcpy(&v, from + j * ldx, 16);
    return v;
  };
  auto const put = [=](idx p, quad v) { std::memcpy(to + p * W, &v, 16); };
  if constexpr (sizeof(S) == 4) {
    quad const r0 = row(0), r1 = row(1), r2 = row(2), r3 = row(3);
    quad const a = FOIL_SHUFFLE(r0, r1, 0, 4, 1, 5), b = FOIL_SHUFFLE(r2, r3, 0, 4, 1, 5);
    quad const c = FOIL_SHUFFLE(r0, r1, 2, 6, 3, 7), d = FOIL_SHUFFLE(r2, r3, 2, 6, 3, 7);
    put(0, FOIL_SHUFFLE(a, b, 0, 1, 4, 5)), put(1, FOIL_SHUFFLE(a, b, 2, 3, 6, 7));
    put(2, FOIL_SHUFFLE(c, d, 0, 1, 4, 5)), put(3, FOIL_SHUFFLE(c, d, 2, 3, 6, 7));
  } else {
    quad const r0 = row(0), r1 = row(1);
    put(0, FOIL_SHUFFLE(r0, r1, 0, 2)), put(1, FOIL_SHUFFLE(r0, r1, 1, 3));
  }
}

/// x[n, k] turned into panels of W columns: out[j / W * step + p * W + j % W] = x[j * ldx + p], zeros beyond
/// n. A cache line of every row at a time: lines are read once and written whole while they are near.
template <class S, idx W>
void pack_turned(S const* x, idx ldx, idx n, idx k, idx step, S* out) noexcept {
  constexpr idx q = 16 / idx(sizeof(S)), line = 64 / idx(sizeof(S)), ahead = 4 * line;
  for (idx j0 = 0; j0 < n; j0 += W)
    for (idx p0 = 0; p0 < k; p0 += line) {
      idx const p1 = (std::min)(p0 + line, k);
      for (idx j = j0; j < j0 + W; j += q) {
        S const* const from = x + j * ldx;
        S* const to = out + j0 / W * step + (j - j0);
        idx const live = (std::clamp)(n - j, idx(0), q);
        idx p = p0;
        if (live == q) {
          for (idx r = 0; r < q; ++r) {
            __builtin_prefetch(from + r * ldx + p0 + ahead);
            __builtin_prefetch(out + j0 / W * step + p1 * W + (j - j0 + r) * line, 1);
          }
          for (; p + q <= p1; p += q) turn_square<S, W>(from + p, ldx, to + p * W);
        }
        for (; p < p1; ++p)
          for (idx r = 0; r < q; ++r)
            if (r < live)
              std::memcpy(to + p * W + r, from + r * ldx + p, sizeof(S));
            else
              to[p * W + r] = S(0);
      }
    }
}

}}}  // namespace foil::simd::detail
