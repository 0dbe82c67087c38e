// SPDX-License-Identifier: BSD-3-Clause
// Whole numbers that add up: a budget split in proportion to shares.
#pragma once

#include <cmath>

#include "foil/core/canonical_order.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// floor(total * w_i / sum w), and the units left over to the largest fractions, ties to the lower index. All
/// weights zero: all quotas zero. O(n log n).
inline std::vector<idx> largest_remainder(real_span weights, idx total) {
  require(total >= 0 && total <= idx(1) << 53, "largest_remainder: argument total must be in 0 .. 2^53, got ", total);
  double sum = 0;
  for (idx i = 0; i < weights.size(); ++i) {
    require(finite_bits(weights[i]) && weights[i] >= 0,
            "largest_remainder: argument weights must hold finite numbers of at least 0, element ", i, " is not");
    sum += weights[i];
  }
  require(finite_bits(sum), "largest_remainder: the weights' sum is too large");
  std::vector<idx> quota(std::size_t(weights.size()), 0);
  if (!(sum > 0)) return quota;
  std::vector<double> fraction;
  idx left = total;
  // Remainders of whole weights, and of fractions such as 0.25, are exact: equal ones are equal. The unit keeps products finite.
  double const unit = finite_bits(double(total) * sum) ? 1 : 0x1p-60;
  for (idx i = 0; i < weights.size(); ++i) {
    double const product = double(total) * (weights[i] * unit), rest = std::fmod(product, sum * unit);
    idx const whole = std::llround((product - rest) / (sum * unit));
    quota[std::size_t(i)] = whole, left -= whole;
    fraction.push_back(weights[i] > 0 ? rest : minus_infinity<double>());
  }
  // Near 2^53 shares are rounded to more than halves, so that the quotas' sum may be above the total.
  idx const step = left < 0 ? -1 : 1;
  auto const order = left < 0 ? ascending_order(fraction) : canonical_order(fraction, left);
  while (left != 0)
    for (idx i : order)
      if (left != 0 && quota[std::size_t(i)] + step >= 0) quota[std::size_t(i)] += step, left -= step;
  return quota;
}

}}  // namespace foil::mining
