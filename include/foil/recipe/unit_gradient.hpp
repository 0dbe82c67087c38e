// SPDX-License-Identifier: BSD-3-Clause
// From the gradient of unit rows to that of the rows that were scaled.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/core/numeric.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// (g - <g, u> u) / |x| of each row x whose unit row is u; 0 where x is. Refuses what S cannot hold.
template <Scalar S, class T>
matrix<S> gradient_of_given_rows(view<T> x, matrix<double> const& unit, matrix<double> const& g, char const* where) {
  matrix<S> out = matrix<S>::Zero(x.rows(), x.cols());
  for (idx i = 0; i < x.rows(); ++i) {
    double along = 0, square = 0, largest = 0;
    for (idx k = 0; k < x.cols(); ++k) along += g(i, k) * unit(i, k), largest = (std::max)(largest, std::abs(double(x(i, k))));
    if (largest == 0) continue;
    for (idx k = 0; k < x.cols(); ++k) square += std::pow(double(x(i, k)) / largest, 2);
    for (idx k = 0; k < x.cols(); ++k) out(i, k) = S((g(i, k) - along * unit(i, k)) / largest / std::sqrt(square));
  }
  require_finite(as_view(out), where, "the gradient");
  return out;
}

}}  // namespace foil::engine
