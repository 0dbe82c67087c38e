// SPDX-License-Identifier: BSD-3-Clause
// AlphaPO: SimPO with a reward of another shape than the logarithm.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/preference.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   softplus(-u),   u = beta (s(a) - s(b)) - gamma,   s(x) = (1 - e^{-alpha x}) / alpha,   a, b mean logp of chosen, rejected
/// Gupta et al. 2025, arXiv 2501.03884. alpha 0 is SimPO; above 0 unlikely answers weigh more, below 0 likely ones.
/// The time goes to two exponentials an answer, one of them an expm1, and the link's.
struct alphapo {
  static constexpr char const* name = "alphapo";
  double alpha = 0.25;  ///< a number; shape of the reward. Powers e^{-alpha x} beyond e^276 count as e^276
  double beta = 2;      ///< > 0; factor on the difference of rewards
  double gamma = 0.5;   ///< a number; margin inside the logit
  static void options(auto list) {
    list("alpha", &alphapo::alpha, range::either_sign), list("beta", &alphapo::beta, range::positive);
    list("gamma", &alphapo::gamma, range::either_sign);
  }
  pair_terms terms() const { return {.reference = false, .per_token = true}; }
  pair_loss link(pair_log_ratios const& x) const {
    auto const reward = [&](double a) { return power_of_probability(a, -alpha, largest_exponent); };
    auto const slope = [&](double a) { return std::exp((std::min)(-alpha * a, largest_exponent)); };
    double const u = beta * (reward(x.chosen) - reward(x.rejected)) - gamma;
    logistic<double> const wrong(-u);
    double const outer = beta * wrong.sigmoid();
    return {wrong.softplus(), -outer * slope(x.chosen), outer * slope(x.rejected)};
  }
};

}}  // namespace foil::loss
