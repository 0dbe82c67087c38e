// A teacher that follows a student: exponential moving average.
#pragma once

#include <span>

#include "foil/core/numeric.hpp"

namespace foil::inline FOIL_ABI::mining {

/// teacher = decay * teacher + (1 - decay) * student, number by number. O(n).
template <Scalar S>
void moving_average(std::span<S> teacher, std::span<S const> student, double decay) {
  require(decay >= 0 && decay <= 1, "moving_average: argument decay must be in [0, 1], got ", decay);
  require(teacher.size() == student.size(), "moving_average: teacher holds ", idx(teacher.size()),
          " numbers, student ", idx(student.size()));
  for (std::size_t i = 0; i < teacher.size(); ++i)
    teacher[i] = S(decay * double(teacher[i]) + (1 - decay) * double(student[i]));
}

/// min(decay, 1 - (1 + step)^(-2/3)): follows closely at first.
inline double warm_decay(double decay, idx step) {
  require(step >= 0, "warm_decay: argument step must not be negative, got ", step);
  return (std::min)(decay, 1 - std::pow(1 + double(step), -2.0 / 3));
}

}  // namespace foil::inline FOIL_ABI::mining
