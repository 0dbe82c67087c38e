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

/// The shortest prefix of the tokens, by ascending cost(logit) >= 0, ties to the lower index, whose mass is `mass`; at least one
/// token, and with `ties` all that cost as much as the last. Rounding of the sum must not ask for one token more. Costs are sorted
/// into buckets whose masses add up; only the bucket where the mass is reached is sorted: O(V) unless costs pile up there.
template <class Cost>
prefix cheapest(distribution& d, double mass, Cost const& cost, bool ties = false) {
  constexpr idx buckets = 1024;
  std::vector<double> const& weight = d.weights();
  auto const size = weight.size();
  std::vector<double> costs(size, -1.0), mass_of(std::size_t(buckets) + 1, 0.0);  // of filtered tokens: no cost, a bucket of their own
  std::vector<std::uint16_t> bucket(size);
  d.each_token([&](idx t, double logit) { costs[std::size_t(t)] = cost(logit); });
  double const highest = (std::max)(0.0, simd::max_of_sum<double>(costs.data(), nullptr, idx(size)));
  // Costs far beyond the common ones share the last bucket, so that a masked logit does not stretch the others'.
  double const step = (std::min)(highest, 8 * d.entropy() + 40) / double(buckets);
  double const per_step = step > 0 ? (std::min)(1 / step, (std::numeric_limits<double>::max)()) : 0;
  for (std::size_t t = 0; t < size; ++t) {  // numbers, and no sum beside them: the loop vectorises
    double const at = costs[t] * per_step, inside = at < double(buckets - 1) ? at : double(buckets - 1);
    bucket[t] = std::uint16_t(std::int32_t(costs[t] < 0 ? double(buckets) : inside));
  }
  for (std::size_t t = 0; t < size; ++t) mass_of[bucket[t]] += weight[t];
  double const total = std::accumulate(mass_of.begin(), mass_of.end(), 0.0);
  double const needed = (std::max)((mass - 1e-12) * total, (std::numeric_limits<double>::min)());
  double sum = 0;
  idx last = 0;
  while (last < buckets - 1 && !(sum + mass_of[std::size_t(last)] >= needed)) sum += mass_of[std::size_t(last++)];
  auto const at_last = std::uint16_t(last);
  auto const below = std::size_t(std::count_if(bucket.begin(), bucket.end(), [&](std::uint16_t b) { return b < at_last; }));
  auto const beside = std::size_t(std::count(bucket.begin(), bucket.end(), at_last));
  prefix r;
  r.tokens.resize(below + beside + 1);  // one more each: what is not taken is written over, without a branch
  std::vector<idx> close(beside + 1);
  for (std::size_t t = 0, n = 0, c = 0; t < size; ++t) {
    r.tokens[n] = close[c] = idx(t);
    n += bucket[t] < at_last, c += bucket[t] == at_last;
  }
  r.tokens.resize(below), close.resize(beside);
  std::sort(close.begin(), close.end(), [&](idx a, idx b) {
    double const x = costs[std::size_t(a)], y = costs[std::size_t(b)];
    return x != y ? x < y : a < b;
  });
  for (std::size_t i = 0; i < close.size() && (i == 0 || sum < needed || (ties && costs[std::size_t(close[i])] == r.cost)); ++i) {
    sum += weight[std::size_t(close[i])], r.cost = costs[std::size_t(close[i])];
    r.tokens.push_back(close[i]);
  }
  return r;
}

}}  // namespace foil::score
