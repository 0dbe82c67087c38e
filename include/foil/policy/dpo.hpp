// SPDX-License-Identifier: BSD-3-Clause
// Direct preference optimisation and its relatives on the same difference of log-ratios.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/preference.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   softplus(-beta h),   h = (logp - ref of the chosen) - (logp - ref of the rejected)
/// Rafailov et al. 2023, arXiv 2305.18290. h = 0: log 2. `per_token`: TRL's sigmoid_norm.
struct dpo {
  static constexpr char const* name = "dpo";
  double beta = 0.1;       ///< > 0; factor on the difference of log-ratios
  bool per_token = false;  ///< log-ratios divided by the answers' lengths
  static void options(auto list) { list("beta", &dpo::beta, range::positive); }
  pair_terms terms() const { return {.per_token = per_token}; }
  pair_loss link(pair_log_ratios const& x) const {
    logistic<double> const wrong(-beta * x.difference());
    return of_difference(wrong.softplus(), -beta * wrong.sigmoid());
  }
};

///   (1 - e) softplus(-beta h) + e softplus(beta h):  a share e of the labels is wrong. Least at sigmoid(beta h) = 1 - e.
struct cdpo {
  static constexpr char const* name = "cdpo";
  double beta = 0.1;   ///< > 0; factor on the difference of log-ratios
  double flipped = 0;  ///< in [0, 0.5); share of wrong labels
  static void options(auto list) {
    list("beta", &cdpo::beta, range::positive);
    list("flipped", &cdpo::flipped, range::real{0, 0.5, false, true});
  }
  pair_terms terms() const { return {}; }
  pair_loss link(pair_log_ratios const& x) const {
    double const u = beta * x.difference();
    double const wrong = flipped > 0 ? flipped * softplus(u) : 0;
    logistic<double> const at(-u);
    return of_difference((1 - flipped) * at.softplus() + wrong, -beta * (at.sigmoid() - flipped));
  }
};

///   ((1 - e) softplus(-beta h) - e softplus(beta h)) / (1 - 2 e):  unbiased under a share e of flipped labels.
/// Chowdhury et al. 2024, arXiv 2403.00409.
struct rdpo {
  static constexpr char const* name = "rdpo";
  double beta = 0.1;   ///< > 0; factor on the difference of log-ratios
  double flipped = 0;  ///< in [0, 1], not 0.5; share of wrong labels
  static void options(auto list) {
    list("beta", &rdpo::beta, range::positive);
    list("flipped", &rdpo::flipped, range::share);
  }
  void check() const { require(flipped != 0.5, "rdpo: flipped must not be 0.5, where labels say nothing"); }
  pair_terms terms() const { return {}; }
  pair_loss link(pair_log_ratios const& x) const {
    double const u = beta * x.difference(), c = 1 / (1 - 2 * flipped);
    double const wrong = flipped > 0 ? flipped * softplus(u) : 0;
    logistic<double> const at(-u);
    return of_difference(c * ((1 - flipped) * at.softplus() - wrong),
                         -beta * c * ((1 - flipped) * at.sigmoid() + flipped * at.complement()));
  }
};

///   max(0, 1 - beta h); slope 0 at the kink. Zhao et al. 2023, arXiv 2305.10425. The time goes to
/// what all preference losses share: checks, a sum in order, divisions.
struct hinge_preference {
  static constexpr char const* name = "hinge_preference";
  double beta = 0.1;  ///< > 0; factor on the difference of log-ratios
  static void options(auto list) { list("beta", &hinge_preference::beta, range::positive); }
  pair_terms terms() const { return {}; }
  pair_loss link(pair_log_ratios const& x) const {
    double const slack = 1 - beta * x.difference();
    return slack > 0 ? of_difference(slack, -beta) : of_difference(0, 0);
  }
};

}}  // namespace foil::loss
