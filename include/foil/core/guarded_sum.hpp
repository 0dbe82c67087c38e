// SPDX-License-Identifier: BSD-3-Clause
// A sum that keeps NaN and infinities apart from the numbers.
#pragma once

#include "foil/core/numeric.hpp"

namespace foil { inline namespace FOIL_ABI {

/// value() is the sum by the usual rules: undefined with a NaN or with both infinities, else the infinity, else the sum in
/// double; one that a double cannot hold is infinite, but its mean is right. Never relies on arithmetic with NaN or infinity, so
/// -ffast-math changes nothing.
class guarded_sum {
 public:
  void add(double x) {
    if (finite_bits(x))
      sum_ += x, small_ += x * step;
    else
      ++(nan_bits(x) ? nan_ : ineligible_bits(x) ? below_ : above_);
  }
  void merge(guarded_sum const& o) { sum_ += o.sum_, small_ += o.small_, nan_ += o.nan_, above_ += o.above_, below_ += o.below_; }
  idx undefined() const { return nan_; }
  double value() const {
    if (nan_ > 0 || (above_ > 0 && below_ > 0)) return quiet_nan<double>();
    if (above_ > 0 || below_ > 0) return above_ > 0 ? infinity<double>() : minus_infinity<double>();
    return finite_bits(sum_) ? sum_ : small_ / step;
  }
  /// value() / n; undefined for n = 0.
  double over(double n) const {
    if (!(n > 0)) return quiet_nan<double>();
    if (!finite_bits(sum_) && nan_ + above_ + below_ == 0) return small_ / n / step;
    double const v = value();
    return finite_bits(v) ? v / n : v;
  }

 private:
  static constexpr double step = 0x1p-64;
  double sum_ = 0, small_ = 0;  // small_: the sum times step, which 2^64 numbers of any size do not overflow
  idx nan_ = 0, above_ = 0, below_ = 0;
};

}}  // namespace foil
