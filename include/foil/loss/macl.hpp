// SPDX-License-Identifier: BSD-3-Clause
// MACL: InfoNCE whose rows count more the less they are solved.
#pragma once

#include <cmath>

#include "foil/core/option.hpp"
#include "foil/loss/info_nce.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   L_i = V l_i,   l_i: InfoNCE,   V = 1 / (1 - e^{-l_i} + 1e-8), a constant for the gradient
/// foil::macl makes the temperature follow the alignment. Huang et al. 2023, arXiv 2207.07874 (as lightly has it).
struct macl {
  static constexpr char const* name = "macl";
  double temperature = 0.1;  ///< > 0; divisor of similarities
  static void options(auto list) { list("temperature", &macl::temperature, range::temperature); }

  double scale() const { return 1 / temperature; }
  auto stats() const { return info_nce{}.stats(); }
  template <Scalar S>
  row_loss<S, 3> row(S, S over_mean, S) const {
    S const v = 1 / (S(1e-8) - std::expm1(-over_mean));
    return {v * over_mean, {0, v, 0}};
  }
};

}}  // namespace foil::loss
