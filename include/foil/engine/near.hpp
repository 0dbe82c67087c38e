// SPDX-License-Identifier: BSD-3-Clause
// Which pairs of a block were scored one by one: their slopes go to the gradients one by one, too.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "foil/core/types.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// One bit a pair of rows [r0, r0 + rows) and columns [c0, c0 + columns). A row's words belong to the worker of the row.
class near_pairs {
 public:
  [[gnu::noinline]] void open(idx r0, idx rows, idx c0, idx columns) {
    clear();
    r0_ = r0, c0_ = c0, words_ = (columns + 63) / 64;
    if (idx(bits_.size()) < rows * words_) bits_.resize(std::size_t(rows * words_), 0);
    some_.resize(std::size_t(rows), 0);
  }
  void mark(idx i, idx j) {
    if (!holds(i)) return;
    some_[std::size_t(i - r0_)] = 1, word(i, j) |= bit(j);
  }
  bool some(idx i) const { return holds(i) && some_[std::size_t(i - r0_)]; }
  bool has(idx i, idx j) const { return some(i) && (word(i, j) & bit(j)) != 0; }
  bool some(idx i, idx j0, idx j1) const {
    bool any = false;
    each(i, j0, j1, [&](idx) { any = true; });
    return any;
  }
  /// f(j) for the pairs (i, j), j in [j0, j1), in order.
  template <class F>
  void each(idx i, idx j0, idx j1, F const& f) const {
    if (!some(i)) return;
    std::uint64_t const* const row = bits_.data() + (i - r0_) * words_;
    for (idx a = j0 - c0_, end = j1 - c0_; a < end; a = (a | 63) + 1) {
      std::uint64_t w = row[a / 64] >> (a % 64);
      if (end - a < 64) w &= (std::uint64_t(1) << (end - a)) - 1;
      for (; w != 0; w &= w - 1) f(c0_ + a + std::countr_zero(w));
    }
  }

 private:
  bool holds(idx i) const { return i >= r0_ && i - r0_ < idx(some_.size()); }
  std::uint64_t& word(idx i, idx j) { return bits_[std::size_t((i - r0_) * words_ + (j - c0_) / 64)]; }
  std::uint64_t const& word(idx i, idx j) const { return bits_[std::size_t((i - r0_) * words_ + (j - c0_) / 64)]; }
  std::uint64_t bit(idx j) const { return std::uint64_t(1) << ((j - c0_) % 64); }
  void clear() {
    for (std::size_t i = 0; i < some_.size(); ++i)
      if (some_[i]) std::fill_n(bits_.begin() + idx(i) * words_, words_, 0);
    some_.clear();
  }

  idx r0_ = 0, c0_ = 0, words_ = 0;
  std::vector<std::uint64_t> bits_;
  std::vector<unsigned char> some_;
};

}}  // namespace foil::engine
