// SPDX-License-Identifier: BSD-3-Clause
// The tokens of least cost that hold a probability mass: top-p in an order that the caller gives.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "foil/score/distribution.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// What `cheapest` returns.
struct prefix {
  std::vector<idx> tokens;  ///< in no order
  double cost = 0;          ///< the largest of their costs
};

/// The shortest prefix of the tokens, by ascending cost(token) >= 0, ties to the lower index, whose mass is `mass`; at least one
/// token. Rounding of the sum must not ask for one token more. Costs are sorted into buckets whose masses add up; only the bucket
/// where the mass is reached is sorted: O(V) unless costs pile up there.
template <class Cost>
prefix cheapest(distribution& d, double mass, Cost const& cost) {
  constexpr idx buckets = 1024;
  std::vector<double> const& weight = d.weights();
  std::vector<double> costs(weight.size()), mass_of(std::size_t(buckets), 0.0);
  double highest = 0, sum = 0;
  double const needed = (std::max)((mass - 1e-12) * d.total(), (std::numeric_limits<double>::min)());
  d.each_token([&](idx t) { highest = (std::max)(highest, costs[std::size_t(t)] = cost(t)); });
  // Costs far beyond the common ones share the last bucket, so that a masked logit does not stretch the others'.
  double const step = (std::min)(highest, 8 * d.entropy() + 40) / double(buckets);
  auto const bucket = [&](idx t) { return step > 0 ? idx((std::min)(costs[std::size_t(t)] / step, double(buckets - 1))) : 0; };
  d.each_token([&](idx t) { mass_of[std::size_t(bucket(t))] += weight[std::size_t(t)]; });
  idx last = 0;
  while (last < buckets - 1 && !(sum + mass_of[std::size_t(last)] >= needed)) sum += mass_of[std::size_t(last++)];
  prefix r;
  std::vector<idx> close;
  d.each_token([&](idx t) {
    if (idx const b = bucket(t); b <= last) (b < last ? r.tokens : close).push_back(t);
  });
  std::sort(close.begin(), close.end(), [&](idx a, idx b) {
    double const x = costs[std::size_t(a)], y = costs[std::size_t(b)];
    return x != y ? x < y : a < b;
  });
  for (std::size_t i = 0; i < close.size() && (i == 0 || sum < needed); ++i) {
    sum += weight[std::size_t(close[i])], r.cost = costs[std::size_t(close[i])];
    r.tokens.push_back(close[i]);
  }
  return r;
}

}}  // namespace foil::score
