// SPDX-License-Identifier: BSD-3-Clause
// The mean of the last w numbers of a stream.
#pragma once

#include <utility>

#include "foil/core/guarded_sum.hpp"
#include "foil/core/option.hpp"
#include "foil/score/ranking.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// O(1) amortised time a number, O(w) memory. The running sum is formed anew once per w numbers: it cannot
/// drift.
class window {
 public:
  explicit window(idx size) : size_(size) { check_option("window", "size", size, range::at_least(1)); }
  void add(double x) {
    if (!full()) {
      ring_.push_back(x), sum_.add(x);
    } else {
      sum_.remove(std::exchange(ring_[at_], x)), sum_.add(x);
    }
    if (++at_ < std::size_t(size_)) return;
    at_ = 0, sum_ = {};
    for (double y : ring_) sum_.add(y);
  }
  bool full() const { return idx(ring_.size()) == size_; }
  double mean() const { return sum_.over(double(ring_.size())); }

 private:
  idx size_;
  std::size_t at_ = 0;
  std::vector<double> ring_;
  guarded_sum sum_;
};

}}  // namespace foil::score
