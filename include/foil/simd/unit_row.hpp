// SPDX-License-Identifier: BSD-3-Clause
// A row scaled to unit length, with the same bits on every instruction set.
#pragma once

#include "foil/core/numeric.hpp"
#include "foil/simd/canonical.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// x / |x| in place, in double and rounded to S; a zero row stays zero. Returns |x|. The row is scaled by a power of two before it is
/// squared, which is exact: tiny and huge rows lose nothing. Finite numbers only. O(n).
template <Scalar S>
double scale_to_unit(S* x, idx n) {
  int const exponent = scaling_exponent(double(largest_magnitude(x, n)));
  double const unit = std::ldexp(1.0, exponent);
  for (idx k = 0; k < n; ++k) x[k] = S(double(x[k]) * unit);
  double const length = std::sqrt(canonical_sum_of_squares(x, n));
  if (length > 0)  // not a condition of the loop, which then vectorises
    for (idx k = 0; k < n; ++k) x[k] = S(double(x[k]) / length);
  return std::ldexp(length, -exponent);
}

}}  // namespace foil::simd
