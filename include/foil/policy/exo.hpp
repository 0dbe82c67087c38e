// SPDX-License-Identifier: BSD-3-Clause
// Preference losses of the difference h of log-ratios beyond the logistic one: exact optimisation, and a discovered blend.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/preference.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   KL(q || p) = q log(q / (1 - e)) + (1 - q) log((1 - q) / e),   q = sigmoid(beta h), e the share of wrong labels
/// Efficient exact optimisation: the reverse of DPO's KL. Ji et al. 2024, arXiv 2402.00856, equation 16. At most -log e, which is
/// what an impossible chosen answer costs; least, 0, at q = 1 - e.
struct exo_pair {
  static constexpr char const* name = "exo_pair";
  double beta = 0.1;      ///< > 0; factor on the difference of log-ratios
  double flipped = 1e-3;  ///< in [1e-15, 0.5); share of wrong labels
  static void options(auto list) {
    list("beta", &exo_pair::beta, range::positive), list("flipped", &exo_pair::flipped, range::real{1e-15, 0.5, false, true});
  }
  pair_terms terms() const { return {}; }
  pair_loss link(pair_log_ratios const& x) const {
    double const u = beta * x.difference(), right = std::log1p(-flipped), wrong = std::log(flipped);
    logistic<double> const at(u);
    double const q = at.sigmoid(), rest = at.complement(), tail = at.tail();
    return of_difference(q * (-((std::max)(-u, 0.0) + tail) - right) + rest * (-((std::max)(u, 0.0) + tail) - wrong),
                         beta * q * rest * (u - right + wrong));
  }
};

///   (1 - m) softplus(-u) + m e^{-u},   u = beta h,   m = sigmoid(u / tau)
/// DiscoPOP, found by search: logistic where the rejected is likelier, exponential where the chosen is. Lu et al. 2024,
/// arXiv 2406.08414, equation 5. Not convex: for tau below 1 it has a dip near u = 0 where pairs can rest.
struct discopop {
  static constexpr char const* name = "discopop";
  double beta = 0.1;  ///< > 0; factor on the difference of log-ratios
  double tau = 0.05;  ///< in (0, 1]; width of the blend in units of u. Beyond 1 an unlikely chosen answer would cost e^{-u}
  static void options(auto list) { list("beta", &discopop::beta, range::positive), list("tau", &discopop::tau, range::real{1e-15, 1}); }
  pair_terms terms() const { return {}; }
  pair_loss link(pair_log_ratios const& x) const {
    double const u = beta * x.difference();
    logistic<double> const wrong(-u), blend(-u / tau);
    double const m = blend.complement(), rest = blend.sigmoid(), loss = wrong.softplus();
    double const blended = std::exp(-u - blend.softplus());  // m e^{-u}, whose factors alone would overflow
    return of_difference(rest * loss + blended, beta * (-rest * wrong.sigmoid() - m * rest / tau * loss + blended * (rest / tau - 1)));
  }
};

}}  // namespace foil::loss
