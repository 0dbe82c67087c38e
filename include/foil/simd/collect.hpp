// Streams a row of scores past a threshold: the few that reach it are handed over, the rest cost one comparison.
#pragma once

#include "foil/simd/lanes.hpp"

namespace foil::inline FOIL_ABI::simd {

/// Calls take(j) for every x[j] >= threshold, j rising; NaN never reaches it. One load and compare per register.
template <Scalar S, class Arch = xsimd::default_arch, class Take>
void collect_at_least(S const* x, idx n, S threshold, Take const& take) {
  using batch = xsimd::batch<S, Arch>;
  constexpr idx w = idx(batch::size);
  batch const t(threshold);
  idx j = 0;
  for (; j + 4 * w <= n; j += 4 * w) {
    auto const a = batch::load_unaligned(x + j) >= t, b = batch::load_unaligned(x + j + w) >= t;
    auto const c = batch::load_unaligned(x + j + 2 * w) >= t, d = batch::load_unaligned(x + j + 3 * w) >= t;
    if (!xsimd::any((a | b) | (c | d))) continue;
    for (idx i = j; i < j + 4 * w; ++i)
      if (x[i] >= threshold) take(i);
  }
  for (; j < n; ++j)
    if (x[j] >= threshold) take(j);
}

}  // namespace foil::inline FOIL_ABI::simd
