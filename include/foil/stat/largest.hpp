// SPDX-License-Identifier: BSD-3-Clause
// The k largest finite numbers of a row, as values only; states of shards merge.
#pragma once

#include <vector>

#include "foil/core/numeric.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// Keeps the k largest finite numbers of everything added (fewer if there were fewer). Equal values are
/// interchangeable, so there is no tie to break. O(V) expected time, O(k) memory.
class largest {
  static constexpr idx block = 64;

 public:
  explicit largest(idx k) : k_(k) { require(k >= 1, "largest: k must be at least 1, got ", k); }

  template <Storage T>
  void add(T const* x, idx n) {
    for (idx first = 0; first < n; first += block) {
      idx const end = (std::min)(n, first + block);
      if (end - first == block && !any_reaches(x + first)) continue;
      for (idx j = first; j < end; ++j) {
        auto const value = arithmetic<T>(x[j]);
        if (!(double(value) < threshold_) && finite_bits(value)) keep(double(value));
      }
    }
  }
  void merge(largest const& other) {
    for (double x : other.kept_) keep(x);
  }
  /// Descending, at most k.
  std::vector<double> values() const {
    std::vector<double> best(kept_);
    std::sort(best.begin(), best.end(), above);
    if (idx(best.size()) > k_) best.resize(std::size_t(k_));
    return best;
  }

 private:
  static constexpr double lowest = -1.7976931348623157e308;
  static bool above(double a, double b) { return a > b; }
  /// Whether any number of a block reaches the smallest one kept: a fixed count and no branch, so that it vectorises.
  template <Storage T>
  bool any_reaches(T const* x) const {
    unsigned any = 0;
    for (idx i = 0; i < block; ++i) any |= unsigned(!(double(arithmetic<T>(x[i])) < threshold_));
    return any != 0;
  }
  void keep(double x) {
    kept_.push_back(x);
    if (idx(kept_.size()) < 2 * k_ + 16) return;
    auto const last = kept_.begin() + k_ - 1;
    std::nth_element(kept_.begin(), last, kept_.end(), above);
    threshold_ = *last;
    kept_.resize(std::size_t(k_));
  }
  idx k_;
  double threshold_ = lowest;  // a number below it is not among the k largest
  std::vector<double> kept_;
};

}}  // namespace foil::stat
