// SPDX-License-Identifier: BSD-3-Clause
// The clipped surrogate of proximal policy optimisation.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/surrogate.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   -mean min(min(rho, max_ratio) A, clip(rho, 1 - low, 1 + high) A),   rho = e^{logp - logold}
/// Schulman et al. 2017, arXiv 1707.06347; high 0.28 with low 0.2 is DAPO's; a finite `max_ratio` bounds what a bad answer costs
/// (two-sided: INTELLECT-2, arXiv 2505.07291). Ties count as unclipped. rho may be shared by the tokens of an answer: ratio_of::geomean is
/// GSPO's (with mean_over::answers). The time goes to an exponential
/// a token and to branches by where its ratio lies.
struct ppo_clip {
  static constexpr char const* name = "ppo_clip";
  double low = 0.2;                    ///< in [0, 1]; the ratio is clipped below 1 - low
  double high = 0.2;                   ///< >= 0; and above 1 + high
  mean_over over = mean_over::tokens;  ///< what the mean is over
  ratio_of level = ratio_of::token;    ///< whose ratio: each token's own, or one for all tokens of an answer
  idx width = 0;             ///< >= 0; tokens of an answer, masked ones too: lists are [answers, width], row by row; 0: one answer
  double divisor = 1;        ///< > 0, of mean_over::constant
  double max_ratio = 1e300;  ///< > 0; largest ratio that counts, also where A < 0. Keep it above 1 + high, whose place it takes otherwise
  double kl = 0;             ///< >= 0; weight of the KL to a reference: each token's e^x - x - 1, x = ref - logp
  bool kl_by_ratio = false;  ///< the KL times rho
  static void options(auto list) {
    list("low", &ppo_clip::low, range::share), list("high", &ppo_clip::high, range::not_negative);
    list("max_ratio", &ppo_clip::max_ratio, range::divisor);
    list("over", &ppo_clip::over, mean_over::constant), list("level", &ppo_clip::level, ratio_of::geomean);
    list("width", &ppo_clip::width, range::at_least(0)), list("divisor", &ppo_clip::divisor, range::positive);
    list("kl", &ppo_clip::kl, range::not_negative);
  }
  token_loss token(policy_token const& x) const {
    double const rho = x.ratio, clipped = std::clamp(rho, 1 - low, 1 + high), bounded = (std::min)(rho, max_ratio);
    double const counts = bounded * x.advantage <= clipped * x.advantage ? bounded : clipped;
    return {-counts * x.advantage, counts < rho || counts > rho ? 0 : -rho * x.advantage};
  }
};

}}  // namespace foil::loss
