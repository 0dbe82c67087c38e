// SPDX-License-Identifier: BSD-3-Clause
// ORPO: likelihood of the chosen answer plus the log odds ratio against the rejected one, without a reference.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/preference.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// log(1 - e^a) for a < 0, precise at both ends.
inline double log1mexp(double a) { return a > -0.6931471805599453 ? std::log(-std::expm1(a)) : std::log1p(-std::exp(a)); }

///   -a + lambda softplus(-o),   o = (a - b) - (log(1 - e^a) - log(1 - e^b)),   a, b mean logp of chosen, rejected
/// Hong et al. 2024, arXiv 2403.07691 (lambda 1 in its code, 0.1 in TRL's). Means above -1e-12 (probability 1) are held there in the
/// odds, which have no slope then, and counted as clamped. `token_mean`: the likelihood is the mean over all chosen tokens of the batch
/// (TRL), so that -a counts length / mean length times, in place of the mean over answers. The time goes to three logarithms and five
/// exponentials a pair.
struct orpo {
  static constexpr char const* name = "orpo";
  double lambda = 1;        ///< >= 0; weight of the odds ratio
  bool token_mean = false;  ///< likelihood averaged over the batch's chosen tokens in place of answers
  static void options(auto list) { list("lambda", &orpo::lambda, range::not_negative); }
  pair_terms terms() const { return {.reference = false, .per_token = true}; }
  pair_loss link(pair_log_ratios const& x) const {
    double const a = (std::min)(x.chosen, -1e-12), b = (std::min)(x.rejected, -1e-12);
    double const share = token_mean ? x.share : 1;
    bool const held_a = a < x.chosen, held_b = b < x.rejected;
    logistic<double> const wrong(-((a - b) - (log1mexp(a) - log1mexp(b))));  // of the opposite log odds
    double const weight = lambda * wrong.sigmoid();
    return {-share * x.chosen + lambda * wrong.softplus(), -share + (held_a ? 0 : weight / std::expm1(a)),
            held_b ? 0 : -weight / std::expm1(b), held_a || held_b};
  }
};

}}  // namespace foil::loss
