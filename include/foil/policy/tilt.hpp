// SPDX-License-Identifier: BSD-3-Clause
// The optimum of reward maximisation under a KL to the base: the base tilted by e^{reward / beta}.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/log_probability.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// log p_j + reward_j / beta - log-sum-exp of that, for logp [n] and reward [n] in nats. Without rewards the reward is log p
/// itself: p^(1 + 1/beta), sharpening (Huang et al. 2024, arXiv 2412.01951). beta -> inf keeps p, beta -> 0 is the argmax of
/// the reward, ties sharing. A logp of minus infinity stays. All impossible: minus infinity everywhere. Refuses beta <= 0,
/// NaN, and infinite rewards. O(n), in double.
template <Scalar S>
std::vector<S> tilt(std::span<S const> logp, double beta, std::span<S const> reward = {}) {
  check_option("tilt", "beta", beta, range::real{0, range::finite.high, true});
  if (!reward.empty()) require_size(reward.size(), logp.size(), "tilt", "reward");
  require_logp(logp, false, "tilt", "logp"), require_logp(reward, true, "tilt", "reward");
  auto const possible = [&](std::size_t i) { return finite_bits(logp[i]); };
  auto const gain = [&](std::size_t i) { return double(reward.empty() ? logp[i] : reward[i]); };
  // The best reward counts 0, so that a tiny beta overflows nothing.
  double best = (std::numeric_limits<double>::lowest)(), top = impossible;
  for (std::size_t i = 0; i < logp.size(); ++i)
    if (possible(i)) best = (std::max)(best, gain(i));
  std::vector<double> z;
  for (std::size_t i = 0; i < logp.size(); ++i) {
    double const behind = possible(i) ? best - gain(i) : 0;
    z.push_back(!possible(i) || behind > -impossible * beta ? impossible : double(logp[i]) - behind / beta);
    top = (std::max)(top, z.back());
  }
  double sum = 0;
  for (double x : z) sum += std::exp(x - top);
  std::vector<S> out;
  for (std::size_t i = 0; i < z.size(); ++i)
    out.push_back(finite_bits(logp[i]) ? narrow<S>(z[i] - top - std::log(sum)) : minus_infinity<S>());
  return out;
}

}}  // namespace foil::loss
