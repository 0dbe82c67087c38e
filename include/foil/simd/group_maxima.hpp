// One pass over the scores that keeps the maximum of every small group, in two levels, as keys.
#pragma once

#include "foil/simd/nan_watch.hpp"
#include "foil/simd/score_blocks.hpp"

namespace foil::inline FOIL_ABI::simd {

/// Lanewise maximum of one block: as many groups as there are lanes, of scores a register apart.
template <class Arch, Scalar S>
lanes<S, Arch> block_maxima(S const* p, nan_watch<S, Arch>& watch) noexcept {
  constexpr idx w = lane_count<S, Arch>;
  lanes<S, Arch> best[2];
  for (idx i = 0; i < block_size<S>; i += 4 * w) {
    auto const a = load<Arch>(p + i), b = load<Arch>(p + i + w), c = load<Arch>(p + i + 2 * w),
               d = load<Arch>(p + i + 3 * w);
    watch.see(a, b, c, d);
    auto const ab = larger(a, b), cd = larger(c, d);
    best[0] = i == 0 ? ab : larger(best[0], ab);
    best[1] = i == 0 ? cd : larger(best[1], cd);
  }
  return larger(best[0], best[1]);
}

/// group[b * lanes + l] = key of the maximum of lane l of block b; super[c * lanes + l] the same over `fold`
/// consecutive blocks (not written when fold == 1). Returns false when a NaN may have been met by plain
/// blocks: then the maxima mean nothing. One pass; writes 4 or 8 bytes a group.
template <class Arch, Scalar S>
bool group_maxima(score_blocks<S>& blocks, idx fold, key<S>* group, key<S>* super, idx& nan) noexcept {
  constexpr idx w = lane_count<S, Arch>;
  nan_watch<S, Arch> watch;
  idx const n = blocks.count();
  for (idx b = 0; b < n; b += fold) {
    idx const end = (std::min)(b + fold, n);
    lanes<S, Arch> best(minus_infinity<S>());
    for (idx c = b; c < end; ++c) {
      auto const m = block_maxima<Arch>(blocks.block(c, nan), watch);
      key_lanes<S, Arch>(m).store_unaligned(group + c * w);
      best = larger(best, m);
    }
    if (fold > 1) key_lanes<S, Arch>(best).store_unaligned(super + b / fold * w);
  }
  return blocks.clean() || !watch.alarm();
}

}  // namespace foil::inline FOIL_ABI::simd
