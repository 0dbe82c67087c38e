// SPDX-License-Identifier: BSD-3-Clause
// Multi-similarity loss: a soft maximum over positives and one over negatives.
#pragma once

#include <tuple>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/log_sum_exp.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   L_i = log(1 + sum_P e^{-alpha (s - base)}) / alpha + log(1 + sum_N e^{beta (s - base)}) / beta
/// Wang et al. 2019, arXiv 1904.06627. Mean over all rows; a row without positives or negatives loses that part.
struct multi_similarity {
  static constexpr char const* name = "multi_similarity";
  double alpha = 2, beta = 50;  ///< > 0; sharpness on positives and on negatives
  double base = 0.5;            ///< a number, a similarity; pairs beyond it count most
  static void options(auto list) {
    list("alpha", &multi_similarity::alpha, range::positive), list("beta", &multi_similarity::beta, range::positive);
    list("base", &multi_similarity::base, range::either_sign);
  }

  double scale() const { return 1; }
  auto stats() const {
    return std::tuple{stat::log_sum_exp<over::positives>{.k = -alpha, .empty = when_empty::neutral},
                      stat::log_sum_exp<over::negatives>{.k = beta, .empty = when_empty::neutral}};
  }
  template <Scalar S>
  row_loss<S, 2> row(S positives, S negatives) const {
    S const p = positives + S(alpha * base), n = negatives - S(beta * base);
    return {softplus(p) / S(alpha) + softplus(n) / S(beta), {sigmoid(p) / S(alpha), sigmoid(n) / S(beta)}};
  }
};

}}  // namespace foil::loss
