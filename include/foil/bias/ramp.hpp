// A linear ramp of weights: full weight up to a similarity, falling towards the most similar negatives.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/core/bias_row.hpp"

namespace foil::inline FOIL_ABI::bias {

/// Weight 1 up to `start`, falling linearly to `least` at similarity 1. Constant: no gradient through it.
struct ramp {
  static constexpr char const* name = "ramp";
  double start = 0.7, least = 0.1;

  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    for (idx j = 0; j < r.size; ++j) {
      S const t = std::clamp((r.score[j] - S(start)) / S(1 - start), S(0), S(1));
      if (bias[j] > dropped_below<S>) bias[j] += std::log(S(1) - t * S(1 - least));
    }
  }
  void check(idx, idx) const {
    require(start < 1, "bias::ramp: start must be below 1, got ", start);
    require(least > 0 && least <= 1, "bias::ramp: least must be in (0, 1], got ", least);
  }
};

}  // namespace foil::inline FOIL_ABI::bias
