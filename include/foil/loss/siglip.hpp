// SPDX-License-Identifier: BSD-3-Clause
// Sigmoid loss for language-image pre-training: every pair is its own yes-or-no question.
#pragma once

#include <cmath>
#include <tuple>

#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/sum_of.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   L_i = sum_N softplus(z) + sum_P softplus(-z),   z = e^{log_scale} similarity + bias
/// Zhai et al. 2023, arXiv 2303.15343. Sum over columns, mean over rows. Gradients of the two learnable numbers:
/// outcome.log_scale() and outcome.shift.
struct siglip {
  static constexpr char const* name = "siglip";
  double log_scale = 2.302585092994046;  ///< in [-46, 46]; log of the factor on similarities; log 10
  double bias = -10;                     ///< a number; added to every logit
  static void options(auto list) {
    list("log_scale", &siglip::log_scale, range::log_scale);
    list("bias", &siglip::bias, range::either_sign);
  }

  double scale() const { return std::exp(log_scale); }
  auto stats() const {
    return std::tuple{stat::sum_of<over::negatives, stat::smooth_hinge>{.k = 1, .c = bias},
                      stat::sum_of<over::positives, stat::smooth_hinge>{.k = -1, .c = -bias}};
  }
  template <Scalar S>
  row_loss<S, 2> row(S negatives, S positives) const {
    return {negatives + positives, {1, 1}};
  }
};

}}  // namespace foil::loss
