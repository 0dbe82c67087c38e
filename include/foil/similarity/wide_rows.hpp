// SPDX-License-Identifier: BSD-3-Clause
// Rows in double, scaled to length 1 or by one power of two, for the few places that keep them.
#pragma once

#include "foil/core/numeric.hpp"
#include "foil/simd/canonical.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// x_i / |x_i| of each row, [n, d] in double; tiny and huge rows are scaled before they are squared, a zero row stays zero. Refuses what is
/// not finite. O(n d) time and memory.
template <class T>
matrix<double> unit_rows(view<T> x, char const* where, char const* argument) {
  require_finite(x, where, argument);
  matrix<double> out(x.rows(), x.cols());
  for (idx i = 0; i < x.rows(); ++i) {
    double const largest = double(largest_magnitude(x.row(i), x.cols()));
    double* const row = out.data() + i * x.cols();
    for (idx k = 0; k < x.cols(); ++k) row[k] = largest > 0 ? double(x(i, k)) / largest : 0;
    double const norm = std::sqrt(simd::canonical_sum_of_squares(row, x.cols()));
    if (norm > 0)  // not a condition of the loop, which then vectorises
      for (idx k = 0; k < x.cols(); ++k) row[k] /= norm;
  }
  return out;
}

/// Rows times 2^exponent, in double.
template <class T>
matrix<double> rescaled_rows(view<T> x, int exponent) {
  matrix<double> out(x.rows(), x.cols());
  double const unit = std::ldexp(1.0, exponent);
  for (idx i = 0; i < x.rows(); ++i)
    for (idx k = 0; k < x.cols(); ++k) out(i, k) = double(x(i, k)) * unit;
  return out;
}
/// The exponent that brings the largest number of finite rows near 1: what only compares sums of products may scale all of them,
/// which changes no digit.
template <class T>
int scaling_exponent_of_rows(view<T> x) {
  double largest = 0;
  for (idx i = 0; i < x.rows(); ++i) largest = (std::max)(largest, double(largest_magnitude(x.row(i), x.cols())));
  return scaling_exponent(largest);
}

}}  // namespace foil::mining
