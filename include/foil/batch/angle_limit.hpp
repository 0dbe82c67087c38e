// SPDX-License-Identifier: BSD-3-Clause
// The angle at which two rows are seen from a third, and which heights of a triangle have one above a limit.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include "foil/core/abi.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

inline constexpr double degrees_per_radian = 57.29577951308232;

/// atan(sqrt(base) / (2 sqrt(height))) in degrees, of squared lengths.
inline double angle_of(double base, double height) { return std::atan2(std::sqrt(base), 2 * std::sqrt(height)) * degrees_per_radian; }

/// Which heights have an angle above a limit: those below `sure` do, those above `possible` do not.
class angle_limit {
 public:
  explicit angle_limit(double degrees) : degrees_(degrees) {
    constexpr double slack = 1e-13;  // more than an angle is rounded
    auto const ratio = [](double radians) {
      double const t = std::tan(radians);
      return radians < 1.5707963267948966 && t > 0 ? 0.25 / t / t : 0;
    };
    if (degrees < min_degrees_) return;
    sure_ = ratio(degrees / degrees_per_radian * (1 + slack)) * (1 - 10 * slack);
    possible_ = ratio(degrees / degrees_per_radian * (1 - slack)) * (1 + 10 * slack);
  }
  /// {sure, possible} for a squared base; two equal rows have the angle 0.
  std::pair<double, double> operator()(double base) const {
    if (degrees_ >= min_degrees_) return {(std::min)(base * sure_, unbounded_), (std::min)(base * possible_, unbounded_)};
    return {degrees_ <= 0 ? unbounded_ : -1, unbounded_};
  }

 private:
  static constexpr double min_degrees_ = 1e-100, unbounded_ = 1e200;  ///< squares of rescaled rows are far below
  double degrees_, sure_ = 0, possible_ = 0;
};

}}  // namespace foil::mining
