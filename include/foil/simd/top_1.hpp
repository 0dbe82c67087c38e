// SPDX-License-Identifier: BSD-3-Clause
// The largest score: maxima of chunks that stay in the first cache, then a search in the best chunk only.
#pragma once

#include "foil/simd/compare_word.hpp"
#include "foil/simd/nan_detector.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Position of the first largest score among n >= 1; -1 when none exceeds minus infinity, and -2 when a NaN may stand
/// in x, which this pass does not handle. One pass at the speed of a maximum.
template <class Arch, Scalar S>
idx top_1(S const* x, idx n) noexcept {
  constexpr idx w = lane_count<S, Arch>, step = 4 * w, chunk = 8192 / idx(sizeof(S));
  nan_detector<S, Arch> watch;
  S best = minus_infinity<S>();
  idx from = 0;
  idx const whole = n / step * step;
  for (idx begin = 0; begin < whole; begin += chunk) {
    idx const end = (std::min)(begin + chunk, whole);
    lanes<S, Arch> m[4] = {load<Arch>(x + begin), load<Arch>(x + begin), load<Arch>(x + begin), load<Arch>(x + begin)};
    for (idx i = begin; i < end; i += step) {
      auto const a = pinned<S, Arch>(load<Arch>(x + i)), b = pinned<S, Arch>(load<Arch>(x + i + w));
      auto const c = pinned<S, Arch>(load<Arch>(x + i + 2 * w)), d = pinned<S, Arch>(load<Arch>(x + i + 3 * w));
      watch.add((a + b) + (c + d));
      m[0] = larger(m[0], a), m[1] = larger(m[1], b), m[2] = larger(m[2], c), m[3] = larger(m[3], d);
    }
    auto const top = larger(larger(m[0], m[1]), larger(m[2], m[3]));
    if (begin > 0 && !xsimd::any(top > lanes<S, Arch>(best))) continue;
    alignas(64) S lane[std::size_t(w)];
    top.store_aligned(lane);
    for (S const v : lane)
      if (v > best) best = v, from = begin;
  }
  if (watch.may_hold_nan()) return -2;
  for (idx i = whole; i < n; ++i) {
    if (nan_bits(x[i])) return -2;
    if (x[i] > best) best = x[i], from = i;
  }
  if (ineligible_bits(best)) return -1;
  idx i = from;
  for (; i + word <= n; i += word)
    if (std::uint64_t const hit = compare_word<Arch>(x + i, best, equal{})) return i + idx(std::countr_zero(hit));
  while (x[i] != best) ++i;
  return i;
}

}}  // namespace foil::simd
