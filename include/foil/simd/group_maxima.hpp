// One pass over the scores that keeps the maxima of small groups; the bound of the k-th largest that they prove, and the
// blocks that can exceed it.
#pragma once

#include "foil/simd/kth_key.hpp"
#include "foil/simd/nan_watch.hpp"
#include "foil/simd/top_k_workspace.hpp"

namespace foil::inline FOIL_ABI::simd {

/// k disjoint groups whose maxima reach a threshold hold k scores that do. A group is one lane of one block.
template <Scalar S, class Arch, class T = S>
class group_maxima {
 public:
  static constexpr idx width = lane_count<S, Arch>, size = block_size<S, Arch>;

  /// Few enough scores for the maxima to stay in the first-level cache, and enough groups for a bound worth its pass. In
  /// a long row whose candidates stand in most blocks, a sample says as much.
  static bool worth(idx n, idx k) noexcept {
    return k > 0 && n / size * width >= 3 * k && n <= (3 * k <= word ? (most_grouped / width - 1) * size : idx(32768)) && (n < 4096 || n >= 300 * k);
  }

  group_maxima(score_blocks<S, Arch, T>& blocks, top_k_arrays<S> const& a) noexcept : blocks_(blocks), a_(a) {}

  /// The pass; false when the blocks must be cleaned of NaN first. Otherwise `nan` grows by those replaced.
  bool pass(idx& nan) noexcept {
    nan_watch<S, Arch> watch;
    idx const direct = blocks_.direct();
    S const* p = blocks_.plain(0);
    for (idx b = 0; b < direct; ++b, p += size) take(p, b, watch);
    for (idx b = direct; b < blocks_.count(); ++b) take(blocks_.block(b, nan), b, watch);
    return blocks_.clean() || !watch.alarm();
  }

  /// Where there are far more groups than k takes, they are merged: far apart ones, because neighbours in a sorted row
  /// would waste each other's maxima. At random about k (1 + 1/12) scores exceed the bound; in a sorted row 16 k do.
  S bound(idx k) noexcept {
    idx const all = blocks_.count() * width, m = (std::min)((merged_groups(k) + width - 1) / width * width, all);
    for (idx i = 0; i < m; i += width) {
      auto top = load<Arch>(a_.group + i), other = top;
      idx j = i + m;
      for (; j + m < all; j += 2 * m) top = larger(top, load<Arch>(a_.group + j)), other = larger(other, load<Arch>(a_.group + j + m));
      if (j < all) top = larger(top, load<Arch>(a_.group + j));
      key_lanes<S, Arch>(larger(top, other)).store_unaligned(a_.keys + i);
    }
    pad_keys(a_.keys, m, no_key<S>);
    key<S> const bound = kth_key<Arch>(a_.keys, m, k, k / 8 + 1, a_.other_keys).threshold;
    return value_of<S>((std::max)(bound, key_of(minus_infinity<S>())));
  }

  /// Calls visit(b), in order, for the blocks with a group above the threshold.
  template <class Visit>
  void visit(S threshold, Visit visit) const noexcept {
    lanes<S, Arch> const t(threshold);
    for (idx b = 0; b < blocks_.count(); ++b)
      if (xsimd::any(load<Arch>(a_.group + b * width) > t)) visit(b);
  }

 private:
  [[gnu::always_inline]] void take(S const* p, idx b, nan_watch<S, Arch>& watch) noexcept {
    lanes<S, Arch> top[2], sum;
    for (idx i = 0; i < size; i += 4 * width) {
      auto const v0 = pinned<S, Arch>(load<Arch>(p + i)), v1 = pinned<S, Arch>(load<Arch>(p + i + width));
      auto const v2 = pinned<S, Arch>(load<Arch>(p + i + 2 * width)), v3 = pinned<S, Arch>(load<Arch>(p + i + 3 * width));
      auto const four = (v0 + v1) + (v2 + v3);
      sum = pinned<S, Arch>(i == 0 ? four : sum + four);
      auto const first = larger(v0, v1), second = larger(v2, v3);
      top[0] = i == 0 ? first : larger(top[0], first);
      top[1] = i == 0 ? second : larger(top[1], second);
    }
    watch.see(sum);
    larger(top[0], top[1]).store_unaligned(a_.group + b * width);
  }

  score_blocks<S, Arch, T>& blocks_;
  top_k_arrays<S> a_;
};

}  // namespace foil::inline FOIL_ABI::simd
