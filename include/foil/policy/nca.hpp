// SPDX-License-Identifier: BSD-3-Clause
// Preference losses of both log-ratios, each against a fixed level: noise contrastive alignment, binary classifiers, self-play.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/preference.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   softplus(-beta c) + (softplus(beta c) + softplus(beta r)) / 2,   c, r = logp - ref of chosen, rejected
/// Chen et al. 2024, arXiv 2402.05369: keeps the chosen's likelihood from falling with the rejected's.
struct nca_pair {
  static constexpr char const* name = "nca_pair";
  double beta = 0.1;  ///< > 0; factor on log-ratios
  static void options(auto list) { list("beta", &nca_pair::beta, range::positive); }
  pair_terms terms() const { return {}; }
  pair_loss link(pair_log_ratios const& x) const {
    double const c = beta * x.chosen;
    logistic<double> const good(c), bad(beta * x.rejected);
    double const tail = good.tail();
    return {(std::max)(-c, 0.0) + tail + ((std::max)(c, 0.0) + tail + bad.softplus()) / 2, beta * (good.sigmoid() / 2 - good.complement()),
            beta * bad.sigmoid() / 2};
  }
};

///   softplus(-(beta c - shift)) + softplus(beta r - shift)
/// A classifier of chosen and rejected answers whose logit is the reward. Jung et al. 2024, arXiv 2404.04656; there the shift is
/// a running mean of both rewards, in TRL's DPO trainer 0.
struct bco_pair {
  static constexpr char const* name = "bco_pair";
  double beta = 0.1;  ///< > 0; factor on log-ratios
  double shift = 0;   ///< a number; the reward between good and bad, without a gradient
  static void options(auto list) { list("beta", &bco_pair::beta, range::positive), list("shift", &bco_pair::shift, range::either_sign); }
  pair_terms terms() const { return {}; }
  pair_loss link(pair_log_ratios const& x) const {
    logistic<double> const good(-(beta * x.chosen - shift)), bad(beta * x.rejected - shift);
    return {good.softplus() + bad.softplus(), -beta * good.sigmoid(), beta * bad.sigmoid()};
  }
};

///   (c - 1 / (2 beta))^2 + (r + 1 / (2 beta))^2
/// Self-play preference optimisation where the chosen wins with probability 1. Wu et al. 2024, arXiv 2405.00675, equation 4.7.
/// The time goes to what all preference losses share: checks, a sum in order, divisions.
struct sppo_hard {
  static constexpr char const* name = "sppo_hard";
  double beta = 0.1;  ///< > 0; strength of the reference: log-ratios aim at 1 / (2 beta) nats and its opposite
  static void options(auto list) { list("beta", &sppo_hard::beta, range::positive); }
  pair_terms terms() const { return {}; }
  pair_loss link(pair_log_ratios const& x) const {
    double const c = x.chosen - 1 / (2 * beta), r = x.rejected + 1 / (2 * beta);
    return {c * c + r * r, 2 * c, 2 * r};
  }
};

}}  // namespace foil::loss
