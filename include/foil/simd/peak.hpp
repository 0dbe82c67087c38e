// SPDX-License-Identifier: BSD-3-Clause
// The score that a row's exponentials are counted from.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "foil/core/numeric.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// A score m whose exponential is about the row's largest: k m = `most`, the row's max_of_sum, but for its rounding, which
/// does not matter, since everything is counted from m itself. Exponentials of differences of scores are exact where
/// those of sums are rounded in units of the scores. Where `most` is so large that most / k may be off by more than an eighth of an
/// exponent, m is the score of the largest pair itself. b: null, or the row's log weights.
template <Scalar S>
S peak(S const* u, S const* b, idx n, S most, S k) noexcept {
  S m = std::clamp(most / k, S(-1e28), S(1e28)), best = log_zero<S>;
  if (std::abs(most) <= 1 / (8 * std::numeric_limits<S>::epsilon()) || !(most > log_zero_limit<S>)) return m;
  S const near = m;
  for (idx j = 0; j < n; ++j)
    if (S const w = b != nullptr ? b[j] : S(0), x = k * (u[j] - near) + w; w > log_zero_limit<S> && x > best) best = x, m = u[j];
  return m;
}

}}  // namespace foil::simd
