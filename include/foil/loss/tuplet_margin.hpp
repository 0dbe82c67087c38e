// SPDX-License-Identifier: BSD-3-Clause
// Tuplet margin: every positive pair against all negatives of its row, its angle made smaller by a margin first.
#pragma once

#include <tuple>

#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/loss/margin_softmax.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean over positive pairs of log(1 + sum_N e^{(s_n - cos(theta_p - margin)) / temperature}),   s = cos theta
/// The margin is slack: positives need not come closer than its angle. Unlike margin_softmax's rows, all pairs weigh alike. On
/// cosines: pool::self(z, roles::by_label(labels)). Yu and Tao 2019 (ICCV).
struct tuplet_margin {
  static constexpr char const* name = "tuplet_margin";
  double margin = 0.10000736613927509;  ///< in [0, pi], an angle; 5.73 degrees as published
  double temperature = 1.0 / 64;        ///< > 0; divisor of cosines
  static void options(auto list) {
    list("margin", &tuplet_margin::margin, range::real{0, 3.1415926535897932}),
        list("temperature", &tuplet_margin::temperature, range::temperature);
  }

  double scale() const { return 1 / temperature; }
  bool one_by_one() const { return true; }
  bool mean_of_positives() const { return false; }
  auto stats() const { return margin_softmax{}.stats(); }
  template <Scalar S>
  row_loss<S, 2> row(S others, S positive) const {
    return margin_softmax{margin_head::arcface, -margin, temperature, false}.row(others, positive);
  }
};

}}  // namespace foil::loss
