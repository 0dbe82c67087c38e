// SPDX-License-Identifier: BSD-3-Clause
// A linear ramp of weights: full weight up to a similarity, falling towards the most similar negatives.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/core/bias_row.hpp"
#include "foil/core/option.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// Weight 1 up to `start`, falling linearly to `min_weight` at similarity 1. Constant: no gradient through it. The time goes to a
/// logarithm of each score above `start`.
struct ramp {
  static constexpr char const* name = "ramp";
  static constexpr bool drops_few = true;
  double start = 0.7;       ///< in [-1e15, 1); similarity from which on weights fall
  double min_weight = 0.1;  ///< in (0, 1]; weight at similarity 1
  static void options(auto list) {
    list("start", &ramp::start, range::real{-1e15, 1, false, true});
    list("min_weight", &ramp::min_weight, range::real{0, 1, true});
  }

  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    for (idx j = 0; j < r.size; ++j) {
      S const t = std::clamp((r.score[j] - S(start)) / S(1 - start), S(0), S(1));
      if (!(t <= S(0)) && bias[j] > log_zero_limit<S>) bias[j] += std::log((std::max)((S(1) - t) + t * S(min_weight), S(1e-30)));
    }
  }
  void check(idx, idx) const {}
};

}}  // namespace foil::bias
