// SPDX-License-Identifier: BSD-3-Clause
// Surrogates whose ratio is bounded in another way than by a clip: held as a weight, or weighed down smoothly.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/core/option.hpp"
#include "foil/policy/surrogate.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   -mean min(rho, max_ratio) A log p,   the weight min(rho, max_ratio) constant for the gradient
/// MiniMax 2025, arXiv 2506.13585: no token loses its gradient, however far it has moved.
struct cispo {
  static constexpr char const* name = "cispo";
  double max_ratio = 5;                ///< > 0; the weight is at most this (TRL's epsilon_high; 5 as in arXiv 2510.13786)
  mean_over over = mean_over::tokens;  ///< what the mean is over
  ratio_of level = ratio_of::token;    ///< whose ratio: each token's own, or one for all tokens of an answer
  idx width = 0;             ///< >= 0; tokens of an answer, masked ones too: lists are [answers, width], row by row; 0: one answer
  double divisor = 1;        ///< > 0, of mean_over::constant
  double kl = 0;             ///< >= 0; weight of the KL to a reference: each token's e^x - x - 1, x = ref - logp
  bool kl_by_ratio = false;  ///< the KL times rho
  static void options(auto list) {
    list("max_ratio", &cispo::max_ratio, range::divisor);
    list("over", &cispo::over, mean_over::constant), list("level", &cispo::level, ratio_of::geomean);
    list("width", &cispo::width, range::at_least(0)), list("divisor", &cispo::divisor, range::positive);
    list("kl", &cispo::kl, range::not_negative);
  }
  token_loss token(policy_token const& x) const {
    double const weight = (std::min)(x.ratio, max_ratio) * x.advantage;
    return {-weight * x.logp, 0, -weight};
  }
};

///   -mean (4 / tau) sigmoid(tau (rho - 1)) A,   tau = positive where A > 0, negative elsewhere
/// Soft adaptive policy optimisation, arXiv 2511.20347: the gate's slope is 1 at rho = 1 and fades smoothly on both sides.
/// The time goes to two exponentials a token.
struct sapo {
  static constexpr char const* name = "sapo";
  double positive = 1;                  ///< > 0; sharpness of the gate where A > 0
  double negative = 1.05;               ///< > 0; and elsewhere
  mean_over over = mean_over::answers;  ///< what the mean is over
  ratio_of level = ratio_of::token;     ///< whose ratio: each token's own, or one for all tokens of an answer
  idx width = 0;             ///< >= 0; tokens of an answer, masked ones too: lists are [answers, width], row by row; 0: one answer
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
    logistic<double> const gate(u);
    double const fading = 4 * gate.sigmoid() * gate.complement() * x.ratio;
    return {-4 / tau * gate.sigmoid() * x.advantage, -fading * x.advantage};
  }
};

///   -mean w A log p,   w = rho^k e^{lambda (1 - rho)},   k, lambda by the sign of A, w constant for the gradient
/// Variational sequence-level soft policy optimisation, arXiv 2602.10693: w is 1 at rho = 1, largest at rho = k / lambda, and fades
/// smoothly on both sides. rho is the answer's, held within 1e-8 .. e^20. The time goes to two exponentials and a
/// logarithm a token.
struct vespo {
  static constexpr char const* name = "vespo";
  double k_positive = 2, lambda_positive = 3;  ///< in [0, 30]; powers where A >= 0: of small ratios, and of large ones
  double k_negative = 3, lambda_negative = 2;  ///< in [0, 30]; and where A < 0
  mean_over over = mean_over::tokens;          ///< what the mean is over
  ratio_of level = ratio_of::sequence;         ///< whose ratio: the answer's, as published, or each token's own
  idx width = 0;             ///< >= 0; tokens of an answer, masked ones too: lists are [answers, width], row by row; 0: one answer
  double divisor = 1;        ///< > 0, of mean_over::constant
  double kl = 0;             ///< >= 0; weight of the KL to a reference: each token's e^x - x - 1, x = ref - logp
  bool kl_by_ratio = false;  ///< the KL times rho
  static void options(auto list) {
    list("k_positive", &vespo::k_positive, range::real{0, 30}), list("lambda_positive", &vespo::lambda_positive, range::real{0, 30});
    list("k_negative", &vespo::k_negative, range::real{0, 30}), list("lambda_negative", &vespo::lambda_negative, range::real{0, 30});
    list("over", &vespo::over, mean_over::constant), list("level", &vespo::level, ratio_of::geomean);
    list("width", &vespo::width, range::at_least(0)), list("divisor", &vespo::divisor, range::positive);
    list("kl", &vespo::kl, range::not_negative);
  }
  token_loss token(policy_token const& x) const {
    bool const good = x.advantage >= 0;
    double const k = good ? k_positive : k_negative, lambda = good ? lambda_positive : lambda_negative;
    double const rho = std::clamp(x.ratio, 1e-8, 485165195.4097903);  // e^20
    double const weight = std::exp(lambda + k * std::log(rho) - lambda * rho) * x.advantage;
    return {-weight * x.logp, 0, -weight};
  }
};

}}  // namespace foil::loss
