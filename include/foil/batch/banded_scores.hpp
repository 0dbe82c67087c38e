// SPDX-License-Identifier: BSD-3-Clause
// Scores of a few rows at a time: a number for every pair that is known within a band, and the canonical score of a pair for
// those that ask.
#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "foil/core/numeric.hpp"
#include "foil/engine/scratch.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Numbers of rows against all columns. A number x of row i belongs to a pair whose canonical score belongs to some y (factor * y,
/// or factor * sqrt(-2 y) of a root) with |x - y - shift| <= band; where `band` is 0, x is the canonical score itself (factor 1, no shift). Minus infinity: no such pair.
template <Scalar S>
class banded_scores {
 public:
  virtual ~banded_scores() = default;
  /// Fills rows first .. first + count, at most `most_rows`.
  virtual void open(idx first, idx count) = 0;
  /// The canonical score of a pair of an opened row.
  virtual S score(idx row, idx column) = 0;

  idx stride = 0;              ///< numbers of a row, a multiple of simd::word
  idx most_rows = 1;           ///< rows of a panel
  engine::scratch<S> numbers;  ///< [rows of the panel, stride]
  std::vector<double> band;    ///< of each row of the panel
  std::vector<double> shift;

  /// Numbers below `below` (above `above`) belong to scores below (above) t, whatever rounding did to them; `around`: the
  /// largest number that was rounded on the way to t.
  struct cut {
    S below, above;
  };
  cut cut_at(idx i, double t, double around) const {
    constexpr S most = (std::numeric_limits<S>::max)();
    if (!finite_bits(t)) return {std::numeric_limits<S>::lowest(), most};
    double const slack = 8 * double(std::numeric_limits<S>::epsilon()) * (std::abs(t) + around) + double((std::numeric_limits<S>::min)());
    double const wide = band[std::size_t(i)], from = shift[std::size_t(i)], low = number_of(t - slack), high = number_of(t + slack);
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
  double number_of(double t) const {
    if (!is_root_) return t / factor_;
    double const root = t / factor_;
    return root < 0 ? double((std::numeric_limits<S>::max)()) : -root * root / 2;
  }
};

}}  // namespace foil::mining
