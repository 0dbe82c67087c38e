// SPDX-License-Identifier: BSD-3-Clause
// Debiased contrastive loss and its hard-negative form (HCL).
#pragma once

#include <cmath>
#include <tuple>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/count.hpp"
#include "foil/stat/mean.hpp"
#include "foil/stat/tilted_pair.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   R = sum_N w e^u with w = n softmax(beta u), n = |N|;   g = max((R - tau_plus n e^{u+}) / (1 - tau_plus), n e^{-1/T})
///   L_i = log(e^{u+} + g) - u+
/// beta = 0: Chuang et al. 2020, arXiv 2007.00224. beta > 0: Robinson et al. 2021, arXiv 2010.04592; the gradient passes
/// through w, as in the official code. Rows at the floor are counted (`clamped`). For |similarity| <= 1
/// (cosine, dot of unit rows). That is not checked: with other similarities the floor has no meaning.
struct debiased {
  static constexpr char const* name = "debiased";
  double temperature = 0.5;  ///< > 0; divisor of similarities
  double tau_plus = 0.1;     ///< in [0, 1); share of hidden positives among the negatives
  double beta = 0;           ///< >= 0; 0: all negatives alike
  static void options(auto list) {
    list("temperature", &debiased::temperature, range::temperature);
    list("tau_plus", &debiased::tau_plus, range::real{0, 1, false, true});
    list("beta", &debiased::beta, range::not_negative);
  }

  double scale() const { return 1 / temperature; }
  auto stats() const { return std::tuple{stat::tilted_pair{beta, when_empty::refuse}, stat::count<>{}, stat::mean<over::positives>{}}; }
  template <Scalar S>
  row_loss<S, 4> row(S tilted, S weights, S n, S positive) const {
    S const log_sum = std::log(n) + tilted - weights;
    S const floor = std::log(n) - S(scale());
    S estimate = log_sum - S(std::log1p(-tau_plus)), through = 1;
    bool floored = false;
    if (tau_plus > 0) {
      S const d = log_sum - std::log(n) - S(std::log(tau_plus)) - positive;  // log of what is left over what is taken
      floored = d <= 0;
      if (!floored) {
        estimate += std::log(-std::expm1(-d));
        through = -1 / std::expm1(-d);
      }
    }
    floored = floored || estimate < floor;
    S const d = (floored ? floor : estimate) - positive, q = sigmoid(d);
    if (floored) return {softplus(d), {0, 0, 0, -q}, 1, true, -q};
    return {softplus(d), {q * through, -q * through, 0, -q * through}};
  }
};

/// The hard-negative form under its own defaults.
struct hcl : debiased {
  static constexpr char const* name = "hcl";
  hcl() : debiased{0.5, 0.1, 1.0} {}
  explicit hcl(debiased options) : debiased(options) {}
};

}}  // namespace foil::loss
