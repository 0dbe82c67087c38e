// Positions of the scores above a rising threshold, cut back to the k best whenever their room is full.
#pragma once

#include "foil/simd/kth_key.hpp"
#include "foil/simd/order_keys.hpp"
#include "foil/simd/score_blocks.hpp"
#include "foil/simd/top_k_workspace.hpp"

namespace foil::inline FOIL_ABI::simd {

/// Candidates arrive in index order and every cut keeps that order among equal scores, so ties go to the lower index
/// without a comparison of indices; a later score equal to the threshold loses to the strict test.
template <Scalar S, class Arch>
class candidates {
 public:
  candidates(S const* x, idx n, idx k, score_blocks<S, Arch>& blocks, top_k_arrays<S> const& arrays) noexcept
      : x_(x), k_(k), room_(candidate_room(n, k)), blocks_(blocks), a_(arrays) {}

  idx count() const noexcept { return count_; }
  S threshold() const noexcept { return threshold_; }
  std::uint32_t const* positions() const noexcept { return a_.position; }

  void restart(S threshold) noexcept { threshold_ = threshold, count_ = 0; }

  /// Adds what block b holds above the threshold.
  void scan(idx b) noexcept {
    if (count_ + block_size<S, Arch> > room_) [[unlikely]] keep_best();
    S const* const p = blocks_.block(b);
    idx count = count_;
    for (idx w = 0; w < block_size<S, Arch>; w += word) {
      std::uint32_t const base = std::uint32_t(b * block_size<S, Arch> + w);
      std::uint32_t* const out = a_.position + count;
      count += each_bit(compare_word<Arch>(p + w, threshold_, greater{}),
                        [&](idx slot, idx bit) { out[slot] = base + std::uint32_t(bit); });
    }
    count_ = count;
  }

  /// Adds the scores of block b that equal the threshold, until there are k candidates.
  void scan_equal(idx b) noexcept {
    S const* const p = blocks_.block(b);
    for (idx w = 0; w < block_size<S, Arch> && count_ < k_; w += word) {
      std::uint32_t const base = std::uint32_t(b * block_size<S, Arch> + w);
      std::uint32_t* const out = a_.position + count_;
      count_ += each_bit(compare_word<Arch>(p + w, threshold_, equal{}),
                         [&](idx slot, idx bit) { out[slot] = base + std::uint32_t(bit); });
    }
    count_ = (std::min)(count_, k_);
  }

  /// Leaves the k best of at least k candidates: those above the k-th first, then those equal to it.
  void keep_best() noexcept {
    load_keys();
    cut();
  }

  /// Orders the candidates by score, then index; only the best k are kept.
  void sort() noexcept {
    load_keys();
    if (count_ > sortable(k_)) cut();
    idx const kept = (std::min)(count_, k_);
    if (count_ <= rank_sort_limit) rank_sort<Arch>(a_.keys, a_.position, count_, kept, a_.other_position);
    else radix_sort(a_.keys, a_.position, count_, kept, a_.ranked, a_.other_ranked, a_.other_position);
    std::swap(a_.position, a_.other_position);
    count_ = kept;
  }

 private:
  void load_keys() noexcept {
    for (idx i = 0; i < count_; ++i) a_.keys[i] = key_of(x_[a_.position[i]]);
    pad_keys(a_.keys, count_, no_key<S>);
  }

  void cut() noexcept {
    auto const end = kth_key<Arch>(a_.keys, count_, k_, 0, a_.other_keys);
    idx kept = 0;
    auto const keep = [&](auto compare, idx limit) {
      for (idx j = 0; j < count_ && kept < limit; j += word) {
        idx const base = kept;
        kept += each_bit(compare_word<Arch>(a_.keys + j, end.threshold, compare), [&](idx slot, idx bit) {
          idx const i = j + (bit & (word - 1));
          a_.other_position[base + slot] = a_.position[i], a_.other_keys[base + slot] = a_.keys[i];
        });
      }
    };
    keep(greater{}, end.above);
    keep(equal{}, k_);
    count_ = k_;
    std::swap(a_.position, a_.other_position), std::swap(a_.keys, a_.other_keys);
    pad_keys(a_.keys, count_, no_key<S>);
    threshold_ = (std::max)(threshold_, value_of<S>(end.threshold));
  }

  S const* x_;
  idx k_, room_, count_ = 0;
  S threshold_ = minus_infinity<S>();
  score_blocks<S, Arch>& blocks_;
  top_k_arrays<S> a_;
};

}  // namespace foil::inline FOIL_ABI::simd
