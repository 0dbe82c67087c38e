// SPDX-License-Identifier: BSD-3-Clause
// The order of scores as integers: NaN < -inf < finite < +inf, -0 equals +0.
#pragma once

#include <algorithm>
#include <limits>

#include "foil/core/real_span.hpp"

namespace foil { inline namespace FOIL_ABI {

/// An integer that orders as the score does. Comparing it means the same under -ffast-math.
inline std::int64_t order_key(double x) {
  if (nan_bits(x)) return (std::numeric_limits<std::int64_t>::min)();
  auto const bits = std::bit_cast<std::int64_t>(x);
  return bits >= 0 ? bits : -(bits & (std::numeric_limits<std::int64_t>::max)());
}
/// The largest key of some scores; below all that a number has where there is none.
inline std::int64_t largest_key(real_span x, idx from, idx to) {
  constexpr std::int64_t none = (std::numeric_limits<std::int64_t>::min)() + 1;  // not NaN's own: or g++ makes a branch of it
  std::int64_t most = none;
  for (idx j = from; j < to; ++j) most = (std::max)(most, (std::max)(order_key(x[j]), none));
  return most;
}
/// The score of a key that is not NaN's.
inline double score_of_key(std::int64_t key) {
  return std::bit_cast<double>(key >= 0 ? key : -key | (std::numeric_limits<std::int64_t>::min)());
}

}}  // namespace foil
