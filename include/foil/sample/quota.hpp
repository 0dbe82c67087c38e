// SPDX-License-Identifier: BSD-3-Clause
// Whole numbers that add up: a budget split in proportion to shares.
#pragma once

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
  for (idx i = 0; i < weights.size(); ++i) {
    double const share = double(total) * (weights[i] / sum);
    quota[std::size_t(i)] = idx(share), left -= idx(share);
    fraction.push_back(weights[i] > 0 ? share - std::floor(share) : minus_infinity<double>());
  }
  for (idx i : canonical_order(fraction, (std::max)(left, idx(0)))) ++quota[std::size_t(i)];
  return quota;
}

}}  // namespace foil::mining
