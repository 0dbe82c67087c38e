// SPDX-License-Identifier: BSD-3-Clause
// REDI: likelihood of the chosen answers minus a share of that of the rejected ones.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/preference.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   -a + alpha b e^{gamma b},   a, b mean logp of chosen, rejected
/// arXiv 2505.24850. alpha 0 is supervised training on the chosen. gamma 0 is unbounded below in b; gamma > 0 is a soft
/// taper (not stopped for the gradient), whose push ends at b = -1 / gamma and turns beyond it. The time goes to an exponential and what
/// all preference losses share: checks, a sum in order, divisions.
struct redi {
  static constexpr char const* name = "redi";
  double alpha = 0.8, gamma = 0;  ///< >= 0; weight of the rejected part; its taper, per nat
  static void options(auto list) { list("alpha", &redi::alpha, range::not_negative), list("gamma", &redi::gamma, range::not_negative); }
  pair_terms terms() const { return {.reference = false, .per_token = true}; }
  pair_loss link(pair_log_ratios const& x) const {
    double const b = x.rejected, taper = std::exp(gamma * b);
    if (alpha == 0) return {-x.chosen, -1, 0};            // not 0 times an impossible answer
    double const pull = b <= impossible ? b : alpha * b;  // an infinity has no share
    return {-x.chosen + pull * taper, -1, alpha * taper * (1 + gamma * b)};
  }
};

}}  // namespace foil::loss
