// SPDX-License-Identifier: BSD-3-Clause
// Resampling against an imperfect verifier: how often to try, and what it is worth.
#pragma once

#include <span>
#include <vector>

#include "foil/core/canonical_order.hpp"
#include "foil/core/option.hpp"
#include "foil/score/pass_at_k.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// A kind of task; all are probabilities.
struct task_type {
  double prior = 1;         ///< in [0, 1]; share of the tasks; the priors sum to 1
  double correct = 0.5;     ///< in [0, 1]; r = P(sample correct)
  double completeness = 1;  ///< in [0, 1]; c = P(accept | correct)
  double soundness = 1;     ///< in [0, 1]; s = P(reject | wrong)
  static void options(auto list) {
    list("prior", &task_type::prior, range::share), list("correct", &task_type::correct, range::share);
    list("completeness", &task_type::completeness, range::share), list("soundness", &task_type::soundness, range::share);
  }
};
/// What an outcome is worth, and the cost of an attempt.
struct verifier_payoff {
  double correct = 1, false_positive = -1, abstain = 0, cost = 0;  ///< numbers, in one unit; cost is per attempt
  static void options(auto list) {
    list("correct", &verifier_payoff::correct, range::either_sign),
        list("false_positive", &verifier_payoff::false_positive, range::either_sign);
    list("abstain", &verifier_payoff::abstain, range::either_sign), list("cost", &verifier_payoff::cost, range::either_sign);
  }
};
/// Element K of each list is for at most K attempts, K = 0 .. max_attempts.
struct verifier_curve {
  std::vector<double> p_correct, p_false_positive, p_reject;  ///< sum to 1
  std::vector<double> expected_attempts, utility;             ///< mean number of attempts made; mean payoff less their cost
  std::vector<double> conditional_accuracy;  ///< P(correct | accepted); NaN (undefined) for K = 0 and where nothing can be accepted
  idx best = 0;                              ///< smallest K of the highest utility; 0 = never try
  double accuracy_limit = 0;                 ///< P(correct) for K without bound
};

/// Resample until accepted, at most K times. With tp = c r, fp = (1-s)(1-r), b = 1 - tp - fp, G(K) =
/// (1-b^K)/(1-b):
///   P(correct) = sum prior tp G,  P(false positive) = sum prior fp G,  P(reject) = sum prior b^K,  E[attempts] = sum prior G
///   utility = their payoffs - cost E[attempts]
/// Survival of an attempt is weighed by the prior; the published notebook's posterior weights overstate it. Refuses
/// anything but probabilities, more than 2^32 attempts, and priors that do not sum to 1 (within 1e-6).
/// Stroebl et al. 2024, arXiv 2411.17501. O(types K); the time goes to two exponentials and a logarithm for each.
inline verifier_curve imperfect_verifier(std::span<task_type const> types, idx max_attempts, verifier_payoff const& pay = {}) {
  mining::check_length("imperfect_verifier", "max_attempts", max_attempts);
  check_options("imperfect_verifier", pay);
  double mass = 0;
  for (task_type const& t : types) {
    check_options("imperfect_verifier", t);
    mass += t.prior;
  }
  require(std::abs(mass - 1) < 1e-6, "imperfect_verifier: priors must sum to 1, got ", mass);

  verifier_curve r;
  for (idx k = 0; k <= max_attempts; ++k) {
    double correct = 0, wrong = 0, reject = 0, attempts = 0;
    for (task_type const& t : types) {
      double const tp = t.correct * t.completeness, fp = (1 - t.soundness) * (1 - t.correct), accept = tp + fp;
      // ln b^K; a sure acceptance leaves nothing after the first attempt.
      double const left = k == 0 ? 0 : accept < 1 ? double(k) * std::log1p(-accept) : -1e4;
      double const g = accept > 0 ? -std::expm1(left) / accept : double(k);
      correct += t.prior * tp * g, wrong += t.prior * fp * g;
      reject += t.prior * std::exp(left), attempts += t.prior * g;
      if (k == 0 && accept > 0) r.accuracy_limit += t.prior * tp / accept;
    }
    double const u = pay.correct * correct + pay.false_positive * wrong + pay.abstain * reject - pay.cost * attempts;
    if (k > 0 && u > r.utility[std::size_t(r.best)]) r.best = k;
    r.p_correct.push_back(correct), r.p_false_positive.push_back(wrong), r.p_reject.push_back(reject);
    r.expected_attempts.push_back(attempts), r.utility.push_back(u);
    r.conditional_accuracy.push_back(correct + wrong > 0 ? correct / (correct + wrong) : quiet_nan<double>());
  }
  return r;
}

/// What resampling is worth by n recorded samples of one task, of which the verifier accepted `accepted` and `correct` of
/// those were right: drawing up to k of them without replacement until one is accepted,
///   (1 - C(n - accepted, k) / C(n, k)) (pay.correct correct + pay.false_positive (accepted - correct)) / accepted
/// 0 if none was accepted; else undefined (NaN) for k < 1 or k > n. `abstain` and `cost` do not count here. O(accepted); the
/// time goes to a logarithm for each.
inline double resample_reward(idx n, idx accepted, idx correct, idx k, verifier_payoff const& pay = {}) {
  require(accepted >= 0 && accepted <= n, "resample_reward: accepted must be in 0 .. ", n, ", got ", accepted);
  require(correct >= 0 && correct <= accepted, "resample_reward: correct must be in 0 .. ", accepted, ", got ", correct);
  check_options("resample_reward", pay);
  if (accepted == 0) return 0;
  double const chance = pass_at_k(n, accepted, k);
  double const worth = pay.correct * double(correct) + pay.false_positive * double(accepted - correct);
  return finite_bits(chance) ? chance * worth / double(accepted) : chance;
}

}}  // namespace foil::score
