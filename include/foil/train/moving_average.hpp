// SPDX-License-Identifier: BSD-3-Clause
// A teacher that follows a student: exponential moving average.
#pragma once

#include <span>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// teacher = decay * teacher + (1 - decay) * student, number by number, in double. O(n); the time goes to the way from float to
/// double and back.
template <Scalar S>
void moving_average(std::span<S> teacher, std::span<S const> student, double decay) {
  check_option("moving_average", "decay", decay, range::share);
  require(teacher.size() == student.size(), "moving_average: teacher holds ", idx(teacher.size()), " numbers, student ",
          idx(student.size()));
  for (std::size_t i = 0; i < teacher.size(); ++i) teacher[i] = S(decay * double(teacher[i]) + (1 - decay) * double(student[i]));
}

/// min(decay, 1 - (1 + step)^(-2/3)): follows closely at first.
inline double warm_decay(double decay, idx step) {
  check_option("warm_decay", "decay", decay, range::share), check_option("warm_decay", "step", step, range::at_least(0));
  return (std::min)(decay, 1 - std::pow(1 + double(step), -2.0 / 3));
}

}}  // namespace foil::mining
