// SPDX-License-Identifier: BSD-3-Clause
// A gradient against central differences.
#pragma once

#include <cmath>

#include "../catch.hpp"
#include "foil/core/types.hpp"

namespace table {

/// f(k, (value(x + h e_k) - value(x - h e_k)) / (2 h)) for every number k of x, which value() reads and which is as it was in the end.
template <class F, class Value>
void each_difference(foil::matrix<double>& x, Value const& value, double h, F const& f) {
  for (foil::idx k = 0; k < x.size(); ++k) {
    double const at = x.data()[k];
    x.data()[k] = at + h;
    double const above = value();
    x.data()[k] = at - h;
    double const below = value();
    x.data()[k] = at;
    f(k, (above - below) / (2 * h));
  }
}
/// The largest difference between the gradient of value(x) and its central differences.
template <class F>
double worst_difference(foil::matrix<double> x, foil::matrix<double> const& gradient, F const& value, double h = 1e-5) {
  double worst = 0;
  each_difference(
      x, [&] { return value(x); }, h, [&](foil::idx k, double slope) { worst = (std::max)(worst, std::abs(slope - gradient.data()[k])); });
  return worst;
}
/// gradient is that of value(x) at x, element by element. A gradient of nothing is refused: it would prove nothing.
template <class F>
void differences(foil::matrix<double> x, foil::matrix<double> const& gradient, F const& value, double tolerance = 1e-7) {
  REQUIRE(gradient.size() == x.size());
  CHECK(gradient.cwiseAbs().maxCoeff() > 1e-4);
  CHECK(worst_difference(std::move(x), gradient, value) < tolerance);
}
/// The same of value(), which reads x where it is; within 1e-7 of one more than the largest slope.
template <class F>
void differences_in_place(foil::matrix<double>& x, foil::matrix<double> const& gradient, F const& value, double h = 1e-5) {
  REQUIRE(gradient.rows() == x.rows());
  REQUIRE(gradient.cols() == x.cols());
  double const largest = gradient.cwiseAbs().maxCoeff();
  CHECK(largest > 0);
  each_difference(x, value, h, [&](foil::idx k, double slope) { CHECK(std::abs(gradient.data()[k] - slope) <= 1e-7 * (1 + largest)); });
}

}  // namespace table
