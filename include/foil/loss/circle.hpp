// SPDX-License-Identifier: BSD-3-Clause
// Circle loss: pairs far from their optimum weigh more.
#pragma once

#include <tuple>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/log_sum_exp_of.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// gamma relu(reach + sign s) (sign s + shift), the logit of a pair whose weight relu(..) is a constant for the gradient.
struct circle_logit {
  double gamma = 1, sign = 1, reach = 0, shift = 0;  ///< numbers of the formula above
  bool detached = true;                              ///< the weight is a constant for the gradient
  template <Scalar S>
  S operator()(S s) const {
    return S(gamma) * weight(s) * (S(sign) * s + S(shift));
  }
  template <Scalar S>
  S slope(S s) const {
    S const w = weight(s), through = detached ? S(0) : S(sign) * s + S(shift);
    return S(gamma * sign) * (w + (w > 0 ? through : S(0)));
  }

 private:
  /// max(0, x), said without a condition: with one g++ 12 leaves the loops over a row scalar.
  template <Scalar S>
  S weight(S s) const {
    S const x = S(reach) + S(sign) * s;
    return S(0.5) * (x + std::abs(x));
  }
};

///   L_i = softplus( lse_P(-gamma a_p (s - 1 + m)) + lse_N(gamma a_n (s - m)) ),  a_p = relu(1 + m - s), a_n = relu(s + m)
/// a_p, a_n are constants for the gradient unless `stop_gradient_weight` is off. Rows without a positive or a negative
/// leave; mean over the rows above zero. Sun et al. 2020, arXiv 2002.10857; for faces m 0.25, gamma 256. On cosines:
/// objective(loss::circle{}).value_and_grad(z, pool::self(z, roles::by_label(labels))).
struct circle {
  static constexpr char const* name = "circle";
  double m = 0.4;                    ///< in [-1e6, 1e6]; relaxation: positives aim at 1 - m, negatives at m
  double gamma = 80;                 ///< > 0; factor on the logits
  bool stop_gradient_weight = true;  ///< a_p, a_n are constants for the gradient (as published)
  static void options(auto list) { list("m", &circle::m, range::real{-1e6, 1e6}), list("gamma", &circle::gamma, range::positive); }

  double scale() const { return 1; }
  auto stats() const {
    return std::tuple{stat::log_sum_exp_of<over::positives, circle_logit>{{gamma, -1, 1 + m, 1 - m, stop_gradient_weight}},
                      stat::log_sum_exp_of<over::negatives, circle_logit>{{gamma, 1, m, -m, stop_gradient_weight}, when_empty::skip}};
  }
  template <Scalar S>
  row_loss<S, 2> row(S positives, S negatives) const {
    S const x = positives + negatives, share = sigmoid(x);
    return {softplus(x), {share, share}, S(softplus(double(x)) > 0)};
  }
};

}}  // namespace foil::loss
