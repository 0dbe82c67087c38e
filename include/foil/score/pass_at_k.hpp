// SPDX-License-Identifier: BSD-3-Clause
// pass@k: the chance that k of n recorded samples hold a correct one.
#pragma once

#include "foil/core/numeric.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// 1 - C(n-c, k) / C(n, k), without replacement, exact to rounding for any n (a sum of log1p, no binomials).
/// Undefined (NaN) for k < 1 or k > n. Refuses c outside 0 .. n. O(c); the time goes to a logarithm for each. Chen
/// et al. 2021, arXiv 2107.03374.
inline double pass_at_k(idx n, idx correct, idx k) {
  require(n >= 0 && correct >= 0 && correct <= n, "pass_at_k: correct must be in 0 .. n, got ", correct, " of ", n);
  if (k < 1 || k > n) return quiet_nan<double>();
  if (correct == 0) return 0;
  if (n - correct < k) return 1;
  double log_fail = 0;
  for (idx i = n - correct; i < n; ++i) log_fail += std::log1p(-double(k) / (double(i) + 1));  // n may be the last idx
  return -std::expm1(log_fail);
}

}}  // namespace foil::score
