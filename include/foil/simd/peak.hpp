// SPDX-License-Identifier: BSD-3-Clause
// The reference of a stable log-sum-exp: what is subtracted from a row's scores before their exponentials.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "foil/core/numeric.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// m = most / k, in units of scores, with `most` = max_j (k u_j + b_j), the row's max_of_sum; it need not be one of the scores, and its
/// rounding does no harm, since every term exp(k (u_j - m) + b_j) has the same m. `most` itself is not subtracted from k u_j + b_j, which
/// are rounded already, while u_j - m of near scores is exact. Where `most` is so large that most / k may be off by more than an eighth
/// of an exponent, m is the score of the largest pair itself. b: null, or log weights. Of a row without pairs m means nothing.
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
