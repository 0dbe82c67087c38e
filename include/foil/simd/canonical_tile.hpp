// SPDX-License-Identifier: BSD-3-Clause
// Register-tiled canonical dot products and squared distances of m anchors with 4 candidates: each has the bits of canonical_dot. Without
// fused multiply-adds, those of doubles and all distances are as slow as one by one.
#pragma once

#include "foil/simd/canonical.hpp"
#include "foil/simd/shuffle.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

namespace detail {

/// The 8 partial sums of each of four pairs, added in the tree of canonical_chains::total, which it must match bit for bit.
inline void canonical_totals(double const (&part)[4][8], double* out) noexcept {
  using four = native_vector<double, 32>;
  four v[4], half[2];
  for (int i = 0; i < 4; ++i) {
    four low, high;
    std::memcpy(&low, part[i], sizeof(four)), std::memcpy(&high, part[i] + 4, sizeof(four));
    v[i] = low + high;
  }
  asm("" : "+m"(v));  // or -ffast-math would be free to choose its own tree
  for (int i = 0; i < 2; ++i) half[i] = FOIL_SHUFFLE(v[2 * i], v[2 * i + 1], 0, 1, 4, 5) + FOIL_SHUFFLE(v[2 * i], v[2 * i + 1], 2, 3, 6, 7);
  asm("" : "+m"(half));
  four const total = FOIL_SHUFFLE(half[0], half[1], 0, 2, 4, 6) + FOIL_SHUFFLE(half[0], half[1], 1, 3, 5, 7);
  std::memcpy(out, &total, sizeof(four));
}

/// sum + x * y, or sum + d * d with d = x - y rounded in double.
template <bool Difference, class Arch>
lanes<double, Arch> canonical_step(lanes<double, Arch> const& x, lanes<double, Arch> const& y, lanes<double, Arch> const& sum) noexcept {
  if constexpr (Difference) {
    auto const d = opaque<double, Arch>(x - y);
    return opaque<double, Arch>(fma<double, Arch>(d, d, sum));
  } else {
    return opaque<double, Arch>(fma<double, Arch>(x, y, sum));
  }
}

/// Adds n elements, a multiple of 8, of M rows of x with 4 of y to the partial sums chain[M][4][8] of their products, or squared
/// differences. A register holds w of the 8, so the rows are read 8 / w times, once for each w of them.
template <idx M, class Arch, bool Difference, Scalar S>
[[gnu::noinline]] void add_to_chains(S const* const* x, S const* const* y, idx n, double (*chain)[4][8]) noexcept {
  constexpr idx w = lane_count<double, Arch>;
  S const* row[std::size_t(M)];
  std::copy_n(x, M, row);
  S const *const y0 = y[0], *const y1 = y[1], *const y2 = y[2], *const y3 = y[3];
  for (idx c = 0; c < 8; c += w) {
    lanes<double, Arch> s0[std::size_t(M)], s1[std::size_t(M)], s2[std::size_t(M)], s3[std::size_t(M)];
#pragma GCC unroll 4
    for (idx i = 0; i < M; ++i) {
      s0[i] = load<Arch>(chain[i][0] + c), s1[i] = load<Arch>(chain[i][1] + c);
      s2[i] = load<Arch>(chain[i][2] + c), s3[i] = load<Arch>(chain[i][3] + c);
    }
    for (idx j = c; j < n; j += 8) {
      auto const b0 = widen<Arch>(y0 + j), b1 = widen<Arch>(y1 + j), b2 = widen<Arch>(y2 + j), b3 = widen<Arch>(y3 + j);
#pragma GCC unroll 4
      for (idx i = 0; i < M; ++i) {
        auto const a = widen<Arch>(row[i] + j);
        s0[i] = canonical_step<Difference, Arch>(a, b0, s0[i]), s1[i] = canonical_step<Difference, Arch>(a, b1, s1[i]);
        s2[i] = canonical_step<Difference, Arch>(a, b2, s2[i]), s3[i] = canonical_step<Difference, Arch>(a, b3, s3[i]);
      }
    }
#pragma GCC unroll 4
    for (idx i = 0; i < M; ++i) {
      s0[i].store_unaligned(chain[i][0] + c), s1[i].store_unaligned(chain[i][1] + c);
      s2[i].store_unaligned(chain[i][2] + c), s3[i].store_unaligned(chain[i][3] + c);
    }
  }
}

template <idx M, class Arch, bool Difference, Scalar S>
void canonical_tile_of(S const* const* x, S const* const* y, idx n, double* out) noexcept {
  double chain[std::size_t(M)][4][8] = {};
  idx const whole = n / 8 * 8;
  add_to_chains<M, Arch, Difference>(x, y, whole, chain);
  if (whole < n) {  // the rest, filled up with zeros to 8, as in canonical_dot
    S last[std::size_t(M + 4)][8] = {};
    S const* row[std::size_t(M + 4)];
    for (idx r = 0; r < M + 4; ++r) std::copy_n((r < M ? x[r] : y[r - M]) + whole, n - whole, last[r]), row[r] = last[r];
    add_to_chains<M, Arch, Difference>(row, row + M, 8, chain);
  }
  for (idx i = 0; i < M; ++i) canonical_totals(chain[i], out + 4 * i);
}

template <class Arch, bool Difference, Scalar S>
void canonical_tile(S const* const* x, idx m, S const* const* y, idx n, double* out) noexcept {
  idx i = 0;
  if constexpr (fused || (sizeof(S) == 4 && !Difference)) {
    constexpr idx most = vector_registers > 16 ? 4 : 2;
    for (; i + most <= m; i += most) canonical_tile_of<most, Arch, Difference>(x + i, y, n, out + 4 * i);
    if constexpr (most > 2)
      if (m - i >= 2) canonical_tile_of<2, Arch, Difference>(x + i, y, n, out + 4 * i), i += 2;
    if (i < m) canonical_tile_of<1, Arch, Difference>(x + i, y, n, out + 4 * i);
  } else {
    for (; i < m; ++i) canonical_pairs<4, Arch, Difference>([=](idx) { return x[i]; }, [=](idx k) { return y[k]; }, n, out + 4 * i);
  }
}

}  // namespace detail

/// out[4 i + k] = canonical_dot(x[i], y[k], n) for i < m, k < 4; all four rows of y are read.
template <class Arch = xsimd::default_arch, Scalar S>
void canonical_dot_tile(S const* const* x, idx m, S const* const (&y)[4], idx n, double* out) noexcept {
  detail::canonical_tile<Arch, false>(x, m, y, n, out);
}
/// out[4 i + k] = canonical_square_of_difference(x[i], y[k], n) for i < m, k < 4.
template <class Arch = xsimd::default_arch, Scalar S>
void canonical_square_of_difference_tile(S const* const* x, idx m, S const* const (&y)[4], idx n, double* out) noexcept {
  detail::canonical_tile<Arch, true>(x, m, y, n, out);
}

}}  // namespace foil::simd
