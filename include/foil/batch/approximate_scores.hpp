// SPDX-License-Identifier: BSD-3-Clause
// Scores of a few rows at a time: an approximate value for every pair, with a bound on its error, and the canonical score of a
// pair on demand.
#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "foil/core/numeric.hpp"
#include "foil/engine/scratch.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Approximate values of rows against all columns. The value x of a pair lies near a y that tells its canonical score, factor * y, or
/// factor * sqrt(-2 y) for distances that are roots: |x - y - shift| <= error_bound. Where `error_bound` is 0, x is the canonical score
/// itself (factor 1, no shift). Minus infinity: no such pair.
template <Scalar S>
class approximate_scores {
 public:
  virtual ~approximate_scores() = default;
  /// Fills rows first .. first + count, at most `max_rows`.
  virtual void open(idx first, idx count) = 0;
  /// The canonical score of a pair of an opened row.
  virtual S score(idx row, idx column) = 0;

  idx stride = 0;                   ///< values of a row, a multiple of simd::word
  idx max_rows = 1;                 ///< rows of a panel
  engine::scratch<S> values;        ///< [rows of the panel, stride]
  std::vector<double> error_bound;  ///< of each row of the panel
  std::vector<double> shift;        ///< [rows of the panel] what was added to y

  /// Values below `below` (above `above`) belong to scores below (above) t, whatever rounding did to them; `around`: the
  /// largest number that was rounded on the way to t.
  struct limits {
    S below, above;
  };
  limits limits_at(idx i, double t, double around) const {
    constexpr S most = (std::numeric_limits<S>::max)();
    if (!finite_bits(t)) return {std::numeric_limits<S>::lowest(), most};
    double const slack = 8 * double(std::numeric_limits<S>::epsilon()) * (std::abs(t) + around) + double((std::numeric_limits<S>::min)());
    double const wide = error_bound[std::size_t(i)], from = shift[std::size_t(i)], low = value_of(t - slack), high = value_of(t + slack);
    auto const outward = [&](double x, int direction) {
      double const by = direction * wide;
      double const y = x + by + direction * double(std::numeric_limits<S>::epsilon()) * (std::abs(x) + std::abs(by));
      return y > double(most) ? most : y < -double(most) ? -most : S(y);
    };
    return {outward(low + from, -1), outward(high + from, 1)};
  }

 protected:
  double factor_ = 1;     ///< score = factor_ * y, factor_ > 0; of a root, score = factor_ * sqrt(-2 y), factor_ < 0
  bool is_root_ = false;  ///< of distances that are no squares

 private:
  /// The y whose score is t; where there is none, beyond all.
  double value_of(double t) const {
    if (!is_root_) return t / factor_;
    double const root = t / factor_;
    return root < 0 ? double((std::numeric_limits<S>::max)()) : -root * root / 2;
  }
};

}}  // namespace foil::mining
