// SPDX-License-Identifier: BSD-3-Clause
// The inter-quartile fence: which similarities are neither far too easy nor suspiciously hard.
#pragma once

#include "foil/core/canonical_order.hpp"
#include "foil/core/option.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What `iqr_filter` returns.
struct iqr_kept {
  double lower = quiet_nan<double>(), upper = quiet_nan<double>();  ///< ends of the fence; NaN when there was no value
  std::vector<idx> kept;                                            ///< places of the kept values, ascending
  std::vector<double> values;                                       ///< the kept values, ascending
};

/// Q1 and Q3 are the sorted values at floor(0.25 L) and floor(0.75 L), without interpolation; kept are the x
/// with Q1 - w (Q3 - Q1) <= x <= Q3 + w (Q3 - Q1), both ends inclusive (UNPG, Jung et al. 2022, arXiv
/// 2203.11593). Give it each negative pair once. NaN and infinities are neither counted nor kept. Nothing in,
/// nothing out. O(L log L).
inline iqr_kept iqr_filter(real_span similarities, double whisker = 1.5) {
  check_option("iqr_filter", "whisker", whisker, range::not_negative);
  std::vector<double> sorted;
  for (idx j = 0; j < similarities.size(); ++j)
    if (finite_bits(similarities[j])) sorted.push_back(similarities[j]);
  iqr_kept r;
  if (sorted.empty()) return r;
  std::sort(sorted.begin(), sorted.end());
  double const q1 = sorted[sorted.size() / 4], q3 = sorted[3 * sorted.size() / 4];
  double const reach = whisker > 0 ? whisker * (q3 - q1) : 0;  // the difference may be infinite
  r.lower = q1 - reach, r.upper = q3 + reach;
  for (double x : sorted)
    if (r.lower <= x && x <= r.upper) r.values.push_back(x);
  for (idx j = 0; j < similarities.size(); ++j)
    if (finite_bits(similarities[j]) && r.lower <= similarities[j] && similarities[j] <= r.upper) r.kept.push_back(j);
  return r;
}

}}  // namespace foil::mining
