// The optimum of reward maximisation under a KL to the base: the base tilted by e^{reward / beta}.
#pragma once

#include "foil/loss/policy.hpp"

namespace foil::inline FOIL_ABI::loss {

/// log p_j + reward_j / beta - log-sum-exp of that. Without rewards the reward is log p itself: p^(1 + 1/beta), sharpening
/// (Huang et al. 2024, arXiv 2412.01951). beta -> inf keeps p, beta -> 0 is the argmax, ties sharing. A logp of minus
/// infinity stays. All impossible: minus infinity everywhere. O(n).
template <Scalar S>
std::vector<S> tilt(std::span<S const> logp, double beta, std::span<S const> reward = {}) {
  require(beta > 0 && finite_bits(beta), "tilt: beta must be a positive number, got ", beta);
  if (!reward.empty()) require_size(reward.size(), logp.size(), "tilt", "reward");
  require_logp(logp, false, "tilt", "logp"), require_logp(reward, true, "tilt", "reward");
  std::vector<double> z;
  double top = impossible;
  for (std::size_t i = 0; i < logp.size(); ++i) {
    double const l = log_probability(logp[i]);
    z.push_back(finite_bits(logp[i]) ? l + (reward.empty() ? l : double(reward[i])) / beta : impossible);
    top = (std::max)(top, z.back());
  }
  double sum = 0;
  for (double x : z) sum += std::exp(x - top);
  std::vector<S> out;
  for (std::size_t i = 0; i < z.size(); ++i)
    out.push_back(finite_bits(logp[i]) ? narrow<S>(z[i] - top - std::log(sum)) : minus_infinity<S>());
  return out;
}

}  // namespace foil::inline FOIL_ABI::loss
