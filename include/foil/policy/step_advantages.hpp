// SPDX-License-Identifier: BSD-3-Clause
// Advantages of reasoning steps, and likelihood weighted by advantages.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/log_probability.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// What `step_advantages` returns.
struct step_values {
  std::vector<double> advantage;  ///< Q_i - Q_{i-1}; they sum to Q_n - Q_0
  idx first_pit = -1;             ///< the first step of least value: where the solution went wrong; -1 without steps
};

/// q [n]: value after each step (`pass@K` of rollouts from there), q0 that of the prompt. Pair the right solution with the
/// wrong one up to and including its first pit. Setlur et al. 2024, arXiv 2406.14532. Refuses NaN and infinities. O(n); the
/// time goes to the check of each difference.
template <Scalar S>
step_values step_advantages(std::span<S const> q, double q0) {
  require_logp(q, true, "step_advantages", "q");
  check_option("step_advantages", "q0", q0, range::finite);
  step_values r;
  r.advantage.reserve(q.size());
  for (std::size_t i = 0; i < q.size(); ++i) {
    r.advantage.push_back(double(q[i]) - (i == 0 ? q0 : double(q[i - 1])));
    require(finite_bits(r.advantage.back()), "step_advantages: the advantage of step ", idx(i), " is beyond what a double holds");
    if (r.first_pit < 0 || q[i] < q[std::size_t(r.first_pit)]) r.first_pit = idx(i);
  }
  return r;
}

/// -(1/n) sum A_i logp_i, gradient -A_i / n: advantage-weighted likelihood, reward-weighted regression (A = e^{r / tau}),
/// supervised training (A = 1). An advantage of 0 ignores its step even if impossible. O(n); the time goes to a sum in order and
/// to checks.
template <Scalar S>
policy_outcome<S> advantage_weighted_nll(std::span<double const> advantage, std::span<S const> logp) {
  std::size_t const n = logp.size();
  require_size(advantage.size(), n, "advantage_weighted_nll", "advantage");
  require_logp(advantage, true, "advantage_weighted_nll", "advantage");
  require_logp(logp, false, "advantage_weighted_nll", "logp");
  policy_outcome<S> r{.rows = std::vector<S>(n), .gradient = std::vector<S>(n)};
  guarded_sum sum;
  for (std::size_t i = 0; i < n; ++i) {
    bool const gone = !finite_bits(logp[i]);
    double const loss = advantage[i] == 0 ? 0 : gone ? endless(advantage[i]) : -advantage[i] * double(logp[i]);
    require(gone || finite_bits(loss), "advantage_weighted_nll: the loss of step ", idx(i), " is beyond what a double holds");
    sum.add(loss);
    r.rows[i] = narrow<S>(loss), r.gradient[i] = narrow<S>(-advantage[i] / double(n));
  }
  r.value = n == 0 ? S(0) : narrow<S>(sum.over(double(n)));
  return r;
}

}}  // namespace foil::loss
