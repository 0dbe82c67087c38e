// SPDX-License-Identifier: BSD-3-Clause
// All of 0 .. n-1 in random order, taken one at a time.
#pragma once

#include <utility>

#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Its first k numbers are uniform_subset(n, k), whatever k turns out to be. O(1) a number; memory in proportion to what
/// was taken, at most n.
class random_order {
 public:
  random_order(idx n, random_stream draw) : n_(n), draw_(draw) {
    require(n >= 0, "random_order: argument n must not be negative, got ", n);
  }
  idx left() const { return n_ - taken_; }
  idx next() {
    idx const t = taken_++, j = t + draw_.below(n_ - t);
    if (all_.empty() && t >= n_ / 8) {
      all_.resize(std::size_t(n_));
      for (idx p = 0; p < n_; ++p) all_[std::size_t(p)] = p;
      for (auto const& [place, number] : moved_) all_[std::size_t(place)] = number;
      moved_.clear();
    }
    if (!all_.empty()) {
      std::swap(all_[std::size_t(t)], all_[std::size_t(j)]);
      return all_[std::size_t(t)];
    }
    idx& there = moved_.try_emplace(j, j).first->second;
    auto const last = moved_.find(t);
    return std::exchange(there, last == moved_.end() ? t : last->second);
  }

 private:
  idx n_, taken_ = 0;
  random_stream draw_;
  std::unordered_map<idx, idx> moved_;  // places that no longer hold their own number
  std::vector<idx> all_;                // in their stead, once many were taken
};

}}  // namespace foil::mining
