// SPDX-License-Identifier: BSD-3-Clause
// KTO: single answers marked desirable or not, against a shared reference point.
#pragma once

#include "foil/core/option.hpp"
#include "foil/policy/dpo.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   desirable:    lambda_desirable (1 - sigmoid(beta (r - z)))        r = logp - ref,  z = max(0, kl), no gradient
///   undesirable:  lambda_undesirable (1 - sigmoid(beta (z - r)))
/// kl: the mean of logp - ref over mismatched prompts and answers. Ethayarajh et al. 2024, arXiv 2402.01306.
struct kto {
  static constexpr char const* name = "kto";
  double kl = 0;                                        ///< a number, in nats; negative counts as 0
  double beta = 0.1;                                    ///< > 0; factor on log-ratios
  double lambda_desirable = 1, lambda_undesirable = 1;  ///< >= 0; weights of the two kinds of answers
  static void options(auto list) {
    list("kl", &kto::kl, range::either_sign), list("beta", &kto::beta, range::positive);
    list("lambda_desirable", &kto::lambda_desirable, range::not_negative);
    list("lambda_undesirable", &kto::lambda_undesirable, range::not_negative);
  }
};

/// Mean over B answers: logp [B] and ref [B] sums over the tokens, desirable one byte an answer. Minus infinity in logp is
/// the limit of the formula; NaN, +inf, an infinite ref and unequal lengths are refused. No answer: 0. O(B).
template <Scalar S>
policy_outcome<S> value_and_grad(kto const& o, std::span<S const> logp, std::span<S const> ref, std::span<unsigned char const> desirable) {
  std::size_t const n = logp.size();
  check_options(o);
  require_size(ref.size(), n, "kto", "ref"), require_size(desirable.size(), n, "kto", "desirable");
  require_logp(logp, false, "kto", "logp"), require_logp(ref, true, "kto", "ref");
  policy_outcome<S> r{.rows = std::vector<S>(n), .gradient = std::vector<S>(n)};
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double const sign = desirable[i] ? 1 : -1, lambda = desirable[i] ? o.lambda_desirable : o.lambda_undesirable;
    double const u = sign * o.beta * (log_probability(logp[i]) - double(ref[i]) - (std::max)(0.0, o.kl));
    logistic<double> const at(u);
    double const value = lambda * at.complement();
    sum += value;
    r.rows[i] = S(value), r.gradient[i] = S(-sign * lambda * o.beta * at.sigmoid() * at.complement() / double(n));
  }
  r.value = n == 0 ? S(0) : S(sum / double(n));
  return r;
}

}}  // namespace foil::loss
