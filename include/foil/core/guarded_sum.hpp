// SPDX-License-Identifier: BSD-3-Clause
// A sum that keeps NaN and infinities apart from the numbers, so that they can also be taken out again.
#pragma once

#include "foil/core/numeric.hpp"

namespace foil { inline namespace FOIL_ABI {

/// value() is the sum by the usual rules: undefined with a NaN or with both infinities, else the infinity,
/// else the sum in double. Never relies on arithmetic with NaN or infinity, so -ffast-math changes nothing.
class guarded_sum {
 public:
  void add(double x) { put(x, 1); }
  void remove(double x) { put(x, -1); }
  void merge(guarded_sum const& o) { sum_ += o.sum_, nan_ += o.nan_, above_ += o.above_, below_ += o.below_; }
  idx undefined() const { return nan_; }
  double value() const {
    if (nan_ > 0 || (above_ > 0 && below_ > 0)) return quiet_nan<double>();
    return above_ > 0 ? infinity<double>() : below_ > 0 ? minus_infinity<double>() : sum_;
  }
  /// value() / n; undefined for n = 0.
  double over(double n) const {
    double const v = value();
    return n > 0 ? (finite_bits(v) ? v / n : v) : quiet_nan<double>();
  }

 private:
  void put(double x, int sign) {
    if (finite_bits(x))
      sum_ += sign * x;
    else
      (nan_bits(x) ? nan_ : ineligible_bits(x) ? below_ : above_) += sign;
  }
  double sum_ = 0;
  idx nan_ = 0, above_ = 0, below_ = 0;
};

}}  // namespace foil
