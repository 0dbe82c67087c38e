// One pass over the scores that keeps the maxima of small groups, of neighbouring ones and of far apart ones.
#pragma once

#include "foil/simd/nan_watch.hpp"
#include "foil/simd/score_blocks.hpp"

namespace foil::inline FOIL_ABI::simd {

/// Blocks that share one coarse maximum, which lets a visit skip them together.
inline constexpr idx coarse_blocks = 8;

/// Maxima of a row of scores in three arrays of registers. A group is one lane of one block.
template <Scalar S>
struct maxima {
  S* group;   ///< [blocks]
  S* coarse;  ///< [blocks / coarse_blocks, rounded up]
  S* strided;  ///< [strides]: of the blocks b, b + strides, b + 2 strides ...; not written when strides == 0
  idx strides;
};

/// Fills m.group and m.strided for `count` <= coarse_blocks blocks at p, the first being block b; returns their maximum.
template <class Arch, bool Strided, Scalar S>
lanes<S, Arch> block_maxima(S const* p, idx b, idx count, maxima<S> const& m, nan_watch<S, Arch>& watch) noexcept {
  constexpr idx w = lane_count<S, Arch>;
  nan_watch<S, Arch> seen = watch;  // a copy of its own stays in registers
  lanes<S, Arch> best(minus_infinity<S>());
  S* group = m.group + b * w;
  S* const strided = m.strided;
  idx const wrap = m.strides * w;
  idx at = Strided ? b % m.strides * w : 0;
  for (S const* const end = p + count * block_size<S, Arch>; p != end; p += block_size<S, Arch>, group += w) {
    lanes<S, Arch> top[2], sum;
    for (idx i = 0; i < block_size<S, Arch>; i += 4 * w) {
      auto const v0 = pinned<S, Arch>(load<Arch>(p + i)), v1 = pinned<S, Arch>(load<Arch>(p + i + w));
      auto const v2 = pinned<S, Arch>(load<Arch>(p + i + 2 * w)), v3 = pinned<S, Arch>(load<Arch>(p + i + 3 * w));
      auto const four = (v0 + v1) + (v2 + v3);
      sum = pinned<S, Arch>(i == 0 ? four : sum + four);
      auto const first = larger(v0, v1), second = larger(v2, v3);
      top[0] = i == 0 ? first : larger(top[0], first);
      top[1] = i == 0 ? second : larger(top[1], second);
    }
    seen.see(sum);
    top[0] = larger(top[0], top[1]);
    top[0].store_unaligned(group);
    best = larger(best, top[0]);
    if constexpr (Strided) {
      larger(load<Arch>(strided + at), top[0]).store_unaligned(strided + at);
      at = at + w == wrap ? 0 : at + w;
    }
  }
  watch = seen;
  return best;
}

/// Fills m in one pass. Returns false when plain blocks may hold a NaN: then the maxima mean nothing.
template <class Arch, bool Strided, Scalar S, class T>
bool fill_maxima(score_blocks<S, Arch, T>& blocks, maxima<S> const& m, idx& nan) noexcept {
  constexpr idx w = lane_count<S, Arch>;
  nan_watch<S, Arch> watch;
  idx const n = blocks.count(), direct = blocks.direct();
  std::fill_n(m.strided, Strided ? m.strides * w : 0, minus_infinity<S>());
  for (idx b = 0; b < n; b += coarse_blocks) {
    idx const end = (std::min)(b + coarse_blocks, n), plain = (std::clamp)(direct, b, end);
    auto best = block_maxima<Arch, Strided>(blocks.plain(b), b, plain - b, m, watch);
    for (idx c = plain; c < end; ++c)
      best = larger(best, block_maxima<Arch, Strided>(blocks.block(c, nan), c, idx(1), m, watch));
    best.store_unaligned(m.coarse + b / coarse_blocks * w);
  }
  return blocks.clean() || !watch.alarm();
}
template <class Arch, Scalar S, class T>
bool fill_maxima(score_blocks<S, Arch, T>& blocks, maxima<S> const& m, idx& nan) noexcept {
  return m.strides > 0 ? fill_maxima<Arch, true>(blocks, m, nan) : fill_maxima<Arch, false>(blocks, m, nan);
}

}  // namespace foil::inline FOIL_ABI::simd
