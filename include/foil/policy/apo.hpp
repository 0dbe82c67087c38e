// SPDX-License-Identifier: BSD-3-Clause
// Anchored preference optimisation: where the two likelihoods themselves shall move, not their difference alone.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/preference.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   sigmoid(-beta c) + sigmoid(beta r),   c, r = logp - ref of chosen, rejected
/// The chosen becomes likelier, the rejected less likely: for chosen answers better than the model's own.
/// D'Oosterlinck et al. 2024, arXiv 2408.06266, equation 7. Between 0 and 2.
struct apo_zero {
  static constexpr char const* name = "apo_zero";
  double beta = 0.1;  ///< > 0; factor on log-ratios
  static void options(auto list) { list("beta", &apo_zero::beta, range::positive); }
  pair_terms terms() const { return {}; }
  pair_loss link(pair_log_ratios const& x) const {
    logistic<double> const c(beta * x.chosen), r(beta * x.rejected);
    return {c.complement() + r.sigmoid(), -beta * c.sigmoid() * c.complement(), beta * r.sigmoid() * r.complement()};
  }
};

///   sigmoid(beta c) + sigmoid(-beta (c - r))
/// Both become less likely, the rejected more so: for chosen answers worse than the model's own. Equation 8 there.
struct apo_down {
  static constexpr char const* name = "apo_down";
  double beta = 0.1;  ///< > 0; factor on log-ratios
  static void options(auto list) { list("beta", &apo_down::beta, range::positive); }
  pair_terms terms() const { return {}; }
  pair_loss link(pair_log_ratios const& x) const {
    logistic<double> const c(beta * x.chosen), u(beta * x.difference());
    double const slope = beta * u.sigmoid() * u.complement();
    return {c.sigmoid() + u.complement(), beta * c.sigmoid() * c.complement() - slope, slope};
  }
};

}}  // namespace foil::loss
