// SPDX-License-Identifier: BSD-3-Clause
// Alignment of a list's softmax with a judge's (UniME-V2): symmetric KL, Jensen-Shannon, or one direction.
#pragma once

#include "foil/core/option.hpp"
#include "foil/listwise/cross_entropy.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// Which way the divergence between the teacher's and the student's distribution is taken.
enum class divergence {
  symmetric_kl,  ///< (KL(Q||P) + KL(P||Q)) / 2; the paper calls it JS
  js,            ///< Jensen-Shannon proper, at most log 2; eps is not used
  kl_q_p         ///< KL(Q||P): distillation
};

///   divergence of P = softmax(scores / temperature) and Q = softmax(judge / temperature), mean over lists
/// Targets: the judge's scores, constant. 0 iff P = Q. arXiv 2510.13515. `eps` is added inside the log of the other
/// distribution in each KL (KL(Q||P) = sum Q (log Q - log(P + eps))): 1e-8 is the authors' code, whose gradient vanishes where
/// judge and student disagree most. kl_q_p times temperature^2 is the distillation loss of sentence-transformers and others.
struct soft_label_kl {
  static constexpr char const* name = "soft_label_kl";
  double temperature = 0.02;                                     ///< > 0; divisor of scores and of the judge's
  double eps = 0;                                                ///< >= 0; added inside the logarithms; 0: exact
  loss::divergence divergence = loss::divergence::symmetric_kl;  ///< between P and Q
  static void options(auto list) {
    list("temperature", &soft_label_kl::temperature, range::temperature);
    list("eps", &soft_label_kl::eps, range::not_negative);
    list("divergence", &soft_label_kl::divergence, loss::divergence::kl_q_p);
  }

  list_row row(std::span<double const> s, std::span<double const> judge, std::span<double> slope) const {
    auto const log_p = log_softmax(s, 1 / temperature), log_q = log_softmax(judge, 1 / temperature);
    double value = 0, sum = 0;
    for (std::size_t j = 0; j < s.size(); ++j) {
      double const lp = log_p[j], lq = log_q[j], p = std::exp(lp), q = std::exp(lq);
      double v = 0, g = 0;  // this entry's part, and p_j times its derivative with respect to p_j
      if (divergence == loss::divergence::js) {
        double const lm = log_add(lp, lq) - 0.6931471805599453;
        v = 0.5 * (p * (lp - lm) + q * (lq - lm)), g = 0.5 * p * (lp - lm);
      } else {
        v = weighted_log(q, lq, name) - weighted_log(q, eps > 0 ? std::log(p + eps) : lp, name), g = -q * (eps > 0 ? p / (p + eps) : 1);
        if (divergence == loss::divergence::symmetric_kl) {
          double const forward = weighted_log(p, lp, name) - weighted_log(p, eps > 0 ? std::log(q + eps) : lq, name);
          v = 0.5 * (v + forward), g = 0.5 * (g + forward + p);
        }
      }
      value += v, sum += g;
      slope[j] = g;
    }
    for (std::size_t j = 0; j < s.size(); ++j) slope[j] = (slope[j] - std::exp(log_p[j]) * sum) / temperature;
    return {value, 1};
  }
};

}}  // namespace foil::loss
