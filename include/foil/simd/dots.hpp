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
  if (j < n) {
#pragma GCC unroll 8
    for (idx i = 0; i < N; ++i)
      sum[i] = fma<S, Arch>(load_some<Arch>(x[i] + j, n - j, S(0)), load_some<Arch>(y[i] + j, n - j, S(0)), sum[i]);
  }
  constexpr idx quad = 16 / idx(sizeof(S));
  using quads = native_vector<S, 16>;
#pragma GCC unroll 8
  for (idx i = 0; i < N; ++i) {
    quads part[std::size_t(w / quad)];
    std::memcpy(&part, &sum[i], sizeof(part));
#pragma GCC unroll 8
    for (idx l = 1; l < w / quad; ++l) part[0] += part[l];
    S all = part[0][0];
#pragma GCC unroll 4
    for (idx l = 1; l < quad; ++l) all += part[0][l];
    out[i] = all;
  }
}

}}  // namespace foil::simd
