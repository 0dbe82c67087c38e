// SPDX-License-Identifier: BSD-3-Clause
// Numbers between two others: which of sixty-four, and the largest or smallest of many; the first largest.
#pragma once

#include "foil/core/numeric.hpp"
#include "foil/simd/compare_word.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Bit i of the result: low <= p[i] <= high, for i < 64.
template <class Arch = xsimd::default_arch, Scalar S>
std::uint64_t between_word(S const* p, S low, S high) noexcept {
  lanes<S, Arch> const most(high);
  return compare_word<Arch>(p, low, [&most](auto const& x, auto const& least) { return (x >= least) & (x <= most); });
}
/// The same for low < p[i] < high.
template <class Arch = xsimd::default_arch, Scalar S>
std::uint64_t inside_word(S const* p, S low, S high) noexcept {
  lanes<S, Arch> const most(high);
  return compare_word<Arch>(p, low, [&most](auto const& x, auto const& least) { return (x > least) & (x < most); });
}

/// The largest (smallest) of n numbers strictly between low and high; minus (plus) infinity if there is none. n is a
/// multiple of `word`.
template <bool Largest, class Arch = xsimd::default_arch, Scalar S>
S extreme_inside(S const* p, idx n, S low, S high) noexcept {
  using batch = lanes<S, Arch>;
  constexpr idx w = lane_count<S, Arch>;
  static_assert(word % (4 * w) == 0);
  S const none = Largest ? minus_infinity<S>() : infinity<S>();
  batch const least(low), most(high), nothing(none);
  batch best[4] = {nothing, nothing, nothing, nothing};
  for (idx j = 0; j < n; j += 4 * w) {
#pragma GCC unroll 4
    for (idx i = 0; i < 4; ++i) {
      batch const x = load<Arch>(p + j + i * w), in(xsimd::select((x > least) & (x < most), x, nothing));
      best[i] = Largest ? larger<S, Arch>(best[i], in) : smaller<S, Arch>(best[i], in);
    }
  }
  auto const better = [](batch const& a, batch const& b) { return Largest ? larger<S, Arch>(a, b) : smaller<S, Arch>(a, b); };
  S lane[std::size_t(w)];
  better(better(best[0], best[1]), better(best[2], best[3])).store_unaligned(lane);
  return Largest ? *std::max_element(lane, lane + w) : *std::min_element(lane, lane + w);
}

/// The place of the first largest of n numbers, a multiple of `word`; -1 where none is finite.
template <class Arch = xsimd::default_arch, Scalar S>
idx first_largest(S const* p, idx n) noexcept {
  constexpr S most = (std::numeric_limits<S>::max)();
  S const best = extreme_inside<true, Arch>(p, n, -most, most);
  for (idx j = 0; j < n; j += word)
    if (std::uint64_t const bits = compare_word<Arch>(p + j, best, equal{}); bits != 0 && finite_bits(best))
      return j + std::countr_zero(bits);
  return -1;
}

}}  // namespace foil::simd
