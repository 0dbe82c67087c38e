// SPDX-License-Identifier: BSD-3-Clause
// One pass over the scores that keeps the maxima of small groups; the bound of the k-th largest that they prove, and the
// blocks that can exceed it.
#pragma once

#include "foil/simd/kth_key.hpp"
#include "foil/simd/nan_detector.hpp"
#include "foil/simd/top_k_workspace.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// k disjoint groups whose maxima reach a threshold hold k scores that do. A group is one lane of one block.
template <Scalar S, class Arch, class T = S>
class group_maxima {
 public:
  static constexpr idx width = lane_count<S, Arch>, size = block_size<S, Arch>;

  /// Few enough scores for the maxima to stay in the first-level cache, and enough groups for a bound worth its pass. In
  /// a short row they must hold the best k of a sorted one in a block, or interleaved ones do better; in a long row whose
  /// candidates stand in most blocks, a sample says as much.
  static bool is_faster(idx n, idx k) noexcept {
    idx const most = 3 * k <= word ? (max_grouped / width - 1) * size : idx(32768);
    return n / size * width >= 3 * k && n <= most && (n < 4096 ? width >= k : n >= 300 * k);
  }

  group_maxima(score_blocks<S, Arch, T>& blocks, top_k_arrays<S> const& a) noexcept : blocks_(blocks), a_(a) {}

  /// The pass; false when the blocks must be cleaned of NaN first. Otherwise `nan` grows by those replaced.
  bool pass(idx& nan) noexcept {
    nan_detector<S, Arch> watch;
    idx const direct = blocks_.direct();
    S const* p = blocks_.plain(0);
    for (idx b = 0; b < direct; ++b, p += size) take(p, b, watch);
    for (idx b = direct; b < blocks_.count(); ++b) take(blocks_.block(b, nan), b, watch);
    return blocks_.clean() || !watch.may_hold_nan();
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
  [[gnu::always_inline]] void take(S const* p, idx b, nan_detector<S, Arch>& watch) noexcept {
    maxima_noting_nan<Arch, size>(p, watch).store_unaligned(a_.group + b * width);
  }

  score_blocks<S, Arch, T>& blocks_;
  top_k_arrays<S> a_;
};

/// keys[j] = the key of the largest of x[j], x[j + m], x[j + 2 m] ... below n; n and m are multiples of `word`, m <= n.
template <Scalar S, class Arch = xsimd::default_arch>
void interleaved_maxima(S const* x, idx n, idx m, key<S>* keys) noexcept {
  for (idx j = 0; j < m; j += lane_count<S, Arch>) {
    auto top = load<Arch>(x + j);
    for (idx i = j + m; i < n; i += m) top = larger(top, load<Arch>(x + i));
    key_lanes<S, Arch>(top).store_unaligned(keys + j);
  }
}

/// The bound of a short row, which is read again anyway: from the maxima of every sixty-fourth score.
template <Scalar S, class Arch, class T>
S interleaved_bound(score_blocks<S, Arch, T>& blocks, idx k) noexcept {
  constexpr idx w = lane_count<S, Arch>;
  lanes<S, Arch> top[std::size_t(word / w)];
  for (auto& t : top) t = lanes<S, Arch>(minus_infinity<S>());
  for (idx b = 0; b < blocks.count(); ++b) {
    S const* const p = blocks.block(b);
    for (idx i = 0; i < block_size<S, Arch>; i += word)
#pragma GCC unroll 32
      for (idx j = 0; j < word / w; ++j) top[std::size_t(j)] = larger(top[std::size_t(j)], load<Arch>(p + i + j * w));
  }
  alignas(64) key<S> keys[std::size_t(word)], scratch[std::size_t(word)];
  for (idx j = 0; j < word / w; ++j) key_lanes<S, Arch>(top[std::size_t(j)]).store_unaligned(keys + j * w);
  idx m = word;
  for (; 6 * k <= m; m /= 2)
    for (idx i = 0; i < m / 2; ++i) keys[i] = (std::max)(keys[i], keys[i + m / 2]);
  pad_keys(keys, m, no_key<S>);
  key<S> const bound = kth_key<Arch>(keys, m, k, k / 8 + 1, scratch).threshold;
  return value_of<S>((std::max)(bound, key_of(minus_infinity<S>())));
}

}}  // namespace foil::simd
