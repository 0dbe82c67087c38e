// A lower bound of the k-th largest score, proven by the maxima of disjoint groups, and the blocks that can exceed it.
#pragma once

#include "foil/simd/group_maxima.hpp"
#include "foil/simd/kth_key.hpp"
#include "foil/simd/top_k_workspace.hpp"

namespace foil::inline FOIL_ABI::simd {

/// k disjoint groups whose maxima reach a threshold hold k scores that do. Where a row has far more groups than that
/// takes, they are merged: far apart ones, because neighbours in a sorted row would waste each other's maxima.
/// At random about k (1 + 1/12) scores exceed the bound; in a sorted row 16 k do.
template <Scalar S, class Arch, class T = S>
class group_bound {
 public:
  static constexpr idx width = lane_count<S, Arch>;

  /// Enough groups for a bound worth its pass. In a long row whose candidates stand in most blocks, a sample says as
  /// much as the pass and the scan reads everything anyhow.
  static bool worth(idx n, idx k) noexcept {
    return n / block_size<S, Arch> * width >= 3 * k && (n < 4096 || n >= 300 * k);
  }

  group_bound(score_blocks<S, Arch, T>& blocks, idx k, top_k_arrays<S> const& a) noexcept
      : blocks_(blocks), a_(a), k_(k), maxima_{a.group, a.coarse, a.strided, 0} {
    idx const strides = (merged_groups(k) + width - 1) / width;
    if (2 * strides <= blocks.count()) maxima_.strides = strides;
  }

  /// The pass; false when the blocks must be cleaned of NaN first.
  bool pass(idx& nan) noexcept { return fill_maxima<Arch>(blocks_, maxima_, nan); }

  S threshold() noexcept {
    S const* const from = maxima_.strides > 0 ? a_.strided : a_.group;
    idx const m = (maxima_.strides > 0 ? maxima_.strides : blocks_.count()) * width;
    for (idx i = 0; i < m; i += width) key_lanes<S, Arch>(load<Arch>(from + i)).store_unaligned(a_.keys + i);
    pad_keys(a_.keys, m, no_key<S>);
    key<S> const bound = kth_key<Arch>(a_.keys, m, k_, k_ / 8 + 1, a_.other_keys).threshold;
    return value_of<S>((std::max)(bound, key_of(minus_infinity<S>())));
  }

  /// Calls visit(b), in order, for the blocks with a group for which compare(maximum, threshold()) until one returns
  /// false. The threshold may rise on the way.
  template <class Compare, class Threshold, class Visit>
  void visit(Compare compare, Threshold threshold, Visit visit) const noexcept {
    lanes<S, Arch> t(threshold());
    auto const hit = [&](S const* p) { return xsimd::any(compare(load<Arch>(p), t)); };
    for (idx b = 0; b < blocks_.count(); b += coarse_blocks) {
      if (!hit(a_.coarse + b / coarse_blocks * width)) continue;
      for (idx c = b, end = (std::min)(b + coarse_blocks, blocks_.count()); c < end; ++c) {
        if (!hit(a_.group + c * width)) continue;
        if (!visit(c)) return;
        t = lanes<S, Arch>(threshold());
      }
    }
  }

 private:
  score_blocks<S, Arch, T>& blocks_;
  top_k_arrays<S> a_;
  idx k_;
  maxima<S> maxima_;
};

}  // namespace foil::inline FOIL_ABI::simd
