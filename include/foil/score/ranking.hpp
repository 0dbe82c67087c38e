// SPDX-License-Identifier: BSD-3-Clause
// The order of scores: NaN < -inf < finite < +inf, -0 equals +0, ties to the lower index.
#pragma once

#include "foil/core/mask.hpp"
#include "foil/core/real_span.hpp"
#include "foil/core/score_order.hpp"
#include "foil/core/sorted_places.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// Indices of the scores, best first; equal scores keep their order, undefined ones come last. O(N log N); the time goes to a sort
/// that keeps the order of equal ones.
inline std::vector<idx> ranking(real_span scores) {
  return places_by(scores.size(), [&](idx i) { return order_key(scores[i]); });
}

/// How many scores are undefined.
inline idx undefined(real_span scores) {
  idx count = 0;
  for (idx i = 0; i < scores.size(); ++i) count += nan_bits(scores[i]);
  return count;
}

}}  // namespace foil::score
