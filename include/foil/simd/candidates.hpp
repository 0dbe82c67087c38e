// SPDX-License-Identifier: BSD-3-Clause
// The scores above a rising threshold and where they stand, reduced to the k best whenever their buffer is full. One file because
// buffer, threshold and selection are one invariant.
#pragma once

#include "foil/simd/compress.hpp"
#include "foil/simd/kth_key.hpp"
#include "foil/simd/nan_detector.hpp"
#include "foil/simd/order_keys.hpp"
#include "foil/simd/score_blocks.hpp"
#include "foil/simd/top_k_workspace.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Candidates arrive in index order and every selection keeps that order among equal scores, so ties go to the lower index
/// without a comparison of indices; a later score equal to the threshold loses to the strict test.
template <Scalar S, class Arch, class T = S>
class candidates {
 public:
  candidates(T const* x, idx n, idx k, score_blocks<S, Arch, T>& blocks, top_k_arrays<S> const& arrays) noexcept
      : x_(x),
        k_(k),
        capacity_(candidate_capacity(n, k)),
        full_((std::min)(2 * k + 64, capacity_ - block_size<S, Arch>)),
        blocks_(blocks),
        a_(arrays) {}

  idx count() const noexcept { return count_; }
  /// Scores keyed so far: the work beyond the passes over the row.
  idx rescanned() const noexcept { return total_; }
  S threshold() const noexcept { return threshold_; }
  std::uint32_t const* positions() const noexcept { return a_.position; }

  void restart(S threshold) noexcept { threshold_ = threshold, count_ = keyed_ = trimmed_ = 0; }

  /// Adds what every block holds above the threshold, about a share of the scores; `nan` grows by the NaN that clean
  /// blocks replaced. False when one read in place may hold a NaN.
  bool scan_all(double share, idx& nan) noexcept {
    nan_detector<S, Arch> watch;
    idx const direct = blocks_.direct();
    bool const rare = share < 0.03;
    if (!rare) full_ = capacity_ - block_size<S, Arch>;  // a higher threshold would save nothing
    rare ? scan_blocks<true>(direct, watch) : scan_blocks<false>(direct, watch);
    for (idx b = direct; b < blocks_.count(); ++b) scan_block<true>(b, blocks_.block(b, nan), watch);
    return blocks_.clean() || !watch.may_hold_nan();
  }
  /// Adds what block b holds above the threshold.
  void scan(idx b) noexcept {
    nan_detector<S, Arch> unused;
    scan_block<true>(b, blocks_.block(b), unused);
  }

  /// Adds the scores of block b that equal the threshold, until there are k candidates. They are not keyed: no selection may
  /// follow.
  void scan_equal(idx b) noexcept {
    S const* const p = blocks_.block(b);
    for (idx w = 0; w < block_size<S, Arch> && count_ < k_; w += word) {
      std::uint32_t const base = std::uint32_t(b * block_size<S, Arch> + w);
      count_ += put_where<Arch>(p + w, threshold_, equal{}, base, a_.position + count_);
    }
    count_ = (std::min)(count_, k_);
  }

  /// Leaves the k best of at least k candidates: those above the k-th first, then those equal to it.
  void keep_best() noexcept {
    complete_keys();
    select_best();
  }

  /// Orders the candidates by score, then index; only the best k are kept.
  void sort() noexcept {
    complete_keys();
    if (count_ > sortable(k_)) select_best();
    idx const kept = (std::min)(count_, k_);
    if (count_ <= rank_sort_limit)
      rank_sort<Arch>(a_.keys, a_.position, count_, kept, a_.other_position);
    else
      radix_sort(a_.keys, a_.position, count_, kept, a_.ranked, a_.other_ranked, a_.other_position);
    std::swap(a_.position, a_.other_position);
    count_ = kept;
  }

 private:
  static constexpr idx size = block_size<S, Arch>;

  template <bool Rare>
  void scan_blocks(idx direct, nan_detector<S, Arch>& watch) noexcept {
    nan_detector<S, Arch> seen = watch;  // a copy of its own stays in registers
    S const* p = blocks_.plain(0);
    for (idx b = 0; b < direct; ++b, p += size) scan_block<Rare>(b, p, seen);
    watch = seen;
  }
  /// A branch passes over words without a candidate where those are rare; otherwise it would be mispredicted.
  template <bool Rare>
  [[gnu::always_inline]] void scan_block(idx b, S const* p, nan_detector<S, Arch>& watch) noexcept {
    if (count_ >= full_) [[unlikely]]
      trim(b * size);
    S const threshold = threshold_;
    idx count = count_;
    nan_detector<S, Arch> here;  // stays in a register, which one that lives across selections would not
    for (idx i = 0; i < size; i += word) {
      auto const base = std::uint32_t(b * size + i);
      std::uint32_t* const out = a_.position + count;
      if constexpr (Rare) {
        if (!xsimd::any(maxima_noting_nan<Arch, word>(p + i, here) > lanes<S, Arch>(threshold))) [[likely]]
          continue;
        std::uint64_t const bits = compare_word<Arch>(p + i, threshold, greater{});
        count += std::popcount(bits) > 8 ? put_where<Arch>(p + i, threshold, greater{}, base, out) : put_positions(bits, base, out);
      } else {
        lanes<S, Arch> sum(S(0));
        count += put_where<Arch>(
            p + i, threshold,
            [&sum](auto const& x, auto const& t) {
              auto const v = pinned<S, Arch>(x);
              sum += v;
              return v > t;
            },
            base, out);
        here.add(sum);
      }
    }
    watch.add(here);
    count_ = count;
  }
  /// Candidates are reduced to k soon where they are few, because a higher threshold saves more than the selection costs.
  [[gnu::noinline]] void trim(idx at) noexcept {
    idx const most = capacity_ - size;
    full_ = 8 * (count_ - k_) > at - trimmed_ ? most : (std::min)(2 * k_ + 64, most);
    trimmed_ = at;
    if (count_ >= full_) keep_best();
  }

  /// A scan leaves positions; selections and sorts want keys.
  void complete_keys() noexcept {
    key<S>* const keys = a_.keys;
    for (idx i = keyed_; i < count_; ++i) keys[i] = std::bit_cast<key<S>>(S(x_[a_.position[i]]));
    for (idx i = keyed_; i < count_; ++i) keys[i] = key_of_bits(keys[i]);
    total_ += count_ - keyed_;
    keyed_ = count_;
    pad_keys(a_.keys, count_, no_key<S>);
  }

  void select_best() noexcept {
    auto const end = kth_key<Arch>(a_.keys, count_, k_, 0, a_.other_keys);
    idx kept = 0;
    auto const keep = [&](auto compare, idx limit) {
      for (idx j = 0; j < count_ && kept < limit; j += word) {
        std::uint64_t const in = compare_word<Arch>(a_.keys + j, end.threshold, compare);
        if (in == 0) continue;
        kept += put_pairs(in, a_.keys + j, a_.position + j, a_.other_keys + kept, a_.other_position + kept);
      }
    };
    keep(greater{}, end.above);
    keep(equal{}, k_);
    count_ = keyed_ = k_;
    std::swap(a_.position, a_.other_position), std::swap(a_.keys, a_.other_keys);
    pad_keys(a_.keys, count_, no_key<S>);
    threshold_ = (std::max)(threshold_, value_of<S>(end.threshold));
  }

  T const* x_;
  idx k_, capacity_, full_, count_ = 0, keyed_ = 0, trimmed_ = 0, total_ = 0;
  S threshold_ = minus_infinity<S>();
  score_blocks<S, Arch, T>& blocks_;
  top_k_arrays<S> a_;
};

}}  // namespace foil::simd
