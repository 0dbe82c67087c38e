// SPDX-License-Identifier: BSD-3-Clause
// Preference losses under other divergences to the reference than the reverse KL.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/dpo.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// f'(t) for t = p / ref of an answer, x = log t; a constant that all answers share cancels in differences.
enum class reference_divergence {
  reverse_kl,  ///< x: the loss as it is
  forward_kl,  ///< 1 - e^{-x}
  js,          ///< log 2 - softplus(-x)
  alpha        ///< (e^{(alpha - 1) x} - 1) / (alpha - 1): forward KL at 0, reverse KL at 1
};

/// `loss` with f'(p / ref) in place of each answer's log-ratio: the optimum keeps to the reference by the divergence of f.
/// Wang et al. 2024, arXiv 2309.16240. The derivation holds for losses of the difference (dpo, cdpo, rdpo, hinge_preference, ipo,
/// exo_pair, discopop); lengths divide f', not the log-ratio. Any loss with a reference is taken.
template <PreferenceLoss L = dpo>
struct f_divergence {
  static constexpr char const* name = "f_divergence";
  static_assert(
      !requires(L const& l) { l.score(0.0); },
      "foil: f_divergence replaces the log-ratio; a loss that has a score of its own, another f_divergence, would not be asked for it");
  L loss = {};                                                   ///< the link
  reference_divergence kind = reference_divergence::reverse_kl;  ///< whose derivative
  double alpha = 0.5;  ///< in [-100, 100]; of reference_divergence::alpha. Exponents above 80 are held there, clamped
  static void options(auto list) {
    list("kind", &f_divergence::kind, reference_divergence::alpha);
    list("alpha", &f_divergence::alpha, range::real{-100, 100});
    if constexpr (requires { L::options(list); }) list("loss", &f_divergence::loss);
  }
  void check() const {
    require(loss.terms().reference, "f_divergence: ", L::name, " has no reference to diverge from");
    if constexpr (requires { loss.check(); }) loss.check();
  }
  pair_terms terms() const { return loss.terms(); }
  pair_loss link(pair_log_ratios const& x) const { return loss.link(x); }
  answer_score score(double x) const {
    if (kind == reference_divergence::js) {
      logistic<double> const opposite(-x);
      return {0.6931471805599453 - opposite.softplus(), opposite.sigmoid()};
    }
    if (kind == reference_divergence::reverse_kl) return {x};
    double const q = kind == reference_divergence::forward_kl ? -1 : alpha - 1;
    double const limit = kind == reference_divergence::forward_kl ? largest_exponent : 80;
    bool const clamped = q * x > limit;
    return {power_of_probability(x, q, limit), clamped && limit == 80 ? 0 : std::exp((std::min)(q * x, limit)), clamped};
  }
};
template <class L, class... Rest>
f_divergence(L, Rest...) -> f_divergence<L>;

}}  // namespace foil::loss
