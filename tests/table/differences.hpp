// SPDX-License-Identifier: BSD-3-Clause
// A gradient against central differences.
#pragma once

#include <cmath>

#include "../catch.hpp"
#include "foil/core/types.hpp"

namespace table {

/// gradient is that of value(x) at x, element by element. A gradient of nothing is refused: it would prove nothing.
template <class F>
void differences(foil::matrix<double> x, foil::matrix<double> const& gradient, F const& value, double tolerance = 1e-7) {
  REQUIRE(gradient.size() == x.size());
  CHECK(gradient.cwiseAbs().maxCoeff() > 1e-4);
  double most = 0;
  for (foil::idx k = 0; k < x.size(); ++k) {
    double const at = x.data()[k], h = 1e-5;
    x.data()[k] = at + h;
    double const up = value(x);
    x.data()[k] = at - h;
    double const down = value(x);
    x.data()[k] = at;
    most = (std::max)(most, std::abs((up - down) / (2 * h) - gradient.data()[k]));
  }
  CHECK(most < tolerance);
}

}  // namespace table
