// The order of scores: NaN < -inf < finite < +inf, -0 equals +0, ties to the lower index.
#pragma once

#include <limits>
#include <numeric>

#include "foil/score/numbers.hpp"

namespace foil::inline FOIL_ABI::score {

/// An integer that orders as the score does. Comparing it means the same under -ffast-math.
inline std::int64_t order_key(double x) {
  if (nan_bits(x)) return (std::numeric_limits<std::int64_t>::min)();
  auto const bits = std::bit_cast<std::int64_t>(x);
  return bits >= 0 ? bits : -(bits & (std::numeric_limits<std::int64_t>::max)());
}

/// Indices of the scores, best first; equal scores keep their order, undefined ones come last. O(N log N).
inline std::vector<idx> ranking(numbers scores) {
  std::vector<idx> order(std::size_t(scores.size()));
  std::iota(order.begin(), order.end(), idx(0));
  std::stable_sort(order.begin(), order.end(),
                   [&](idx a, idx b) { return order_key(scores[a]) > order_key(scores[b]); });
  return order;
}

/// How many scores are undefined.
inline idx undefined(numbers scores) {
  idx count = 0;
  for (idx i = 0; i < scores.size(); ++i) count += nan_bits(scores[i]);
  return count;
}

}  // namespace foil::inline FOIL_ABI::score
