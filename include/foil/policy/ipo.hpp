// SPDX-License-Identifier: BSD-3-Clause
// Squared losses of log-ratios: identity preference optimisation and the sharpening regression.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/dpo.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   (h - 1 / (2 beta))^2
/// Azar et al. 2023, arXiv 2310.12036. `per_token` takes means in place of sums (confirmed by the authors in TRL).
/// Codes that square h - b take beta = 1 / (2 b); trainers that square t h - 1 / (2 t) have t^2 times ipo{t^2}. The time goes to
/// what all preference losses share: checks, a sum in order, divisions.
struct ipo {
  static constexpr char const* name = "ipo";
  double beta = 0.1;       ///< > 0; strength of the reference: h aims at 1 / (2 beta) nats
  bool per_token = false;  ///< log-ratios divided by the answers' lengths
  static void options(auto list) { list("beta", &ipo::beta, range::positive); }
  pair_terms terms() const { return {.per_token = per_token}; }
  pair_loss link(pair_log_ratios const& x) const {
    double const off = x.difference() - 1 / (2 * beta);
    return of_difference(off * off, 2 * off);
  }
};

///   (beta h - (reward of the chosen - reward of the rejected))^2;  the optimum is the reference tilted by e^{reward / beta}
/// With the reference's own logp as reward it sharpens the model. Huang et al. 2024, arXiv 2412.01951, equation 4. The time
/// goes to what all preference losses share: checks, a sum in order, divisions.
struct sharpen_regression {
  static constexpr char const* name = "sharpen_regression";
  double beta = 0.1;  ///< > 0; factor on the difference of log-ratios
  static void options(auto list) { list("beta", &sharpen_regression::beta, range::positive); }
  pair_terms terms() const { return {.rewards = true}; }
  pair_loss link(pair_log_ratios const& x) const {
    double const off = beta * x.difference() - x.margin;
    return of_difference(off * off, 2 * beta * off);
  }
};

}}  // namespace foil::loss
