// SPDX-License-Identifier: BSD-3-Clause
// The mean of the last w numbers of a stream.
#pragma once

#include <vector>

#include "foil/core/guarded_sum.hpp"
#include "foil/core/option.hpp"
#include "foil/score/ranking.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// O(1) amortised time a number, O(w) memory. Nothing is ever subtracted: the mean has the rounding of a sum over the window, whatever
/// came before it.
class window {
 public:
  /// `where` begins the message of a size below 1.
  explicit window(idx size, char const* where = "window") : size_(size) { check_option(where, "size", size, range::at_least(1)); }
  void add(double x) {
    if (!full())
      ring_.push_back(x);
    else
      ring_[at_] = x;
    newer_.add(x);
    if (++at_ < std::size_t(size_)) return;
    older_.resize(ring_.size());
    guarded_sum sum;
    for (std::size_t k = ring_.size(); k-- > 0;) {
      sum.add(ring_[k]);
      older_[k] = sum;
    }
    at_ = 0, newer_ = {};
  }
  bool full() const { return idx(ring_.size()) == size_; }
  double mean() const {
    guarded_sum sum = newer_;
    if (full()) sum.merge(older_[at_]);
    return sum.over(double(ring_.size()));
  }

 private:
  idx size_;
  std::size_t at_ = 0;
  std::vector<double> ring_;
  std::vector<guarded_sum> older_;  // [w], at k: ring_[k] to its end when at_ was last 0
  guarded_sum newer_;               // ring_[0] to at_
};

}}  // namespace foil::score
