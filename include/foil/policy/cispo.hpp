// SPDX-License-Identifier: BSD-3-Clause
// Surrogates whose ratio is bounded in another way than by a clip: held as a weight, or through a soft gate.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/surrogate.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   -mean min(rho, most) A log p,   the weight min(rho, most) constant for the gradient
/// MiniMax 2025, arXiv 2506.13585: no token loses its gradient, however far it has moved.
struct cispo {
  static constexpr char const* name = "cispo";
  double most = 5;                     ///< > 0; the weight is at most this (TRL's epsilon_high; 5 as in arXiv 2510.13786)
  mean_over over = mean_over::tokens;  ///< what the mean is over
  ratio_of level = ratio_of::token;    ///< whose ratio: each token's own, or one for all tokens of an answer
  idx width = 0;             ///< tokens of an answer, off ones included: the lists are [answers, width], row by row; 0: one answer
  double divisor = 1;        ///< > 0, of mean_over::constant
  double kl = 0;             ///< >= 0; weight of the KL to a reference: each token's e^x - x - 1, x = ref - logp
  bool kl_by_ratio = false;  ///< the KL times rho
  static void options(auto list) {
    list("most", &cispo::most, range::divisor);
    list("over", &cispo::over, mean_over::constant), list("level", &cispo::level, ratio_of::geomean);
    list("width", &cispo::width, range::at_least(0)), list("divisor", &cispo::divisor, range::positive);
    list("kl", &cispo::kl, range::not_negative);
  }
  token_loss token(policy_token const& x) const {
    double const weight = (std::min)(x.ratio, most) * x.advantage;
    return {-weight * x.logp, 0, -weight};
  }
};

///   -mean (4 / tau) sigmoid(tau (rho - 1)) A,   tau = positive where A > 0, negative elsewhere
/// Soft adaptive policy optimisation, arXiv 2511.20347: the gate's slope is 1 at rho = 1 and fades smoothly on both sides.
struct sapo {
  static constexpr char const* name = "sapo";
  double positive = 1;                  ///< > 0; sharpness of the gate where A > 0
  double negative = 1.05;               ///< > 0; and elsewhere
  mean_over over = mean_over::answers;  ///< what the mean is over
  ratio_of level = ratio_of::token;     ///< whose ratio: each token's own, or one for all tokens of an answer
  idx width = 0;             ///< tokens of an answer, off ones included: the lists are [answers, width], row by row; 0: one answer
  double divisor = 1;        ///< > 0, of mean_over::constant
  double kl = 0;             ///< >= 0; weight of the KL to a reference: each token's e^x - x - 1, x = ref - logp
  bool kl_by_ratio = false;  ///< the KL times rho
  static void options(auto list) {
    list("positive", &sapo::positive, range::positive), list("negative", &sapo::negative, range::positive);
    list("over", &sapo::over, mean_over::constant), list("level", &sapo::level, ratio_of::geomean);
    list("width", &sapo::width, range::at_least(0)), list("divisor", &sapo::divisor, range::positive);
    list("kl", &sapo::kl, range::not_negative);
  }
  token_loss token(policy_token const& x) const {
    double const tau = x.advantage > 0 ? positive : negative, u = tau * (x.ratio - 1);
    double const fading = 4 * sigmoid(u) * sigmoid(-u) * x.ratio;
    return {-4 / tau * sigmoid(u) * x.advantage, -fading * x.advantage};
  }
};

}}  // namespace foil::loss
