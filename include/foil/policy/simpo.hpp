// SPDX-License-Identifier: BSD-3-Clause
// SimPO: preference by mean log-probability, without a reference model.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/dpo.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   softplus(-u),   u = beta (mean logp of the chosen - mean logp of the rejected) - gamma
/// Meng et al. 2024, arXiv 2405.14734; gamma stands inside the logit, about a quarter of beta. The
/// time goes to an exponential, a logarithm and divisions by lengths a pair.
struct simpo {
  static constexpr char const* name = "simpo";
  double beta = 2;     ///< > 0; factor on the difference of mean log-probabilities
  double gamma = 0.5;  ///< a number; margin inside the logit
  static void options(auto list) { list("beta", &simpo::beta, range::positive), list("gamma", &simpo::gamma, range::either_sign); }
  pair_terms terms() const { return {.reference = false, .per_token = true}; }
  pair_loss link(pair_log_ratios const& x) const {
    logistic<double> const wrong(-(beta * x.difference() - gamma));
    return of_difference(wrong.softplus(), -beta * wrong.sigmoid());
  }
};

}}  // namespace foil::loss
