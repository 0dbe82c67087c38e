// SPDX-License-Identifier: BSD-3-Clause
// Dot products of a few pairs of rows at once, in the rows' own scalar.
#pragma once

#include "foil/simd/lanes.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// x[i] . y[i] in S of N pairs at a time, a chain each.
template <idx N, class Arch = xsimd::default_arch, Scalar S>
void dots(S const* const* x, S const* const* y, idx n, S* out) noexcept {
  constexpr idx w = lane_count<S, Arch>;
  lanes<S, Arch> sum[std::size_t(N)];
#pragma GCC unroll 8
  for (idx i = 0; i < N; ++i) sum[i] = lanes<S, Arch>(S(0));
  idx j = 0;
  for (; j + w <= n; j += w) {
#pragma GCC unroll 8
    for (idx i = 0; i < N; ++i) sum[i] = fma<S, Arch>(load<Arch>(x[i] + j), load<Arch>(y[i] + j), sum[i]);
  }
  S part[std::size_t(N)][std::size_t(w)];
#pragma GCC unroll 8
  for (idx i = 0; i < N; ++i) {
    if (j < n) sum[i] = fma<S, Arch>(load_some<Arch>(x[i] + j, n - j, S(0)), load_some<Arch>(y[i] + j, n - j, S(0)), sum[i]);
    sum[i].store_unaligned(part[i]);
  }
#pragma GCC unroll 8
  for (idx i = 0; i < N; ++i) {
#pragma GCC unroll 8
    for (idx half = w / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
      for (idx l = 0; l < half; ++l) part[i][l] += part[i][l + half];
    }
    out[i] = part[i][0];
  }
}

}}  // namespace foil::simd
