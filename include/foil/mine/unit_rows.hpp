// Rows scaled to length 1, in double, for the few places that keep them.
#pragma once

#include "foil/core/numeric.hpp"
#include "foil/simd/canonical.hpp"

namespace foil::inline FOIL_ABI::mining {

/// [n, d]; tiny and huge rows are scaled before they are squared, a zero row stays zero. Refuses what is not
/// finite. O(n d) time and memory.
template <class T>
matrix<double> unit_rows(view<T> x, char const* where, char const* argument) {
  require_finite(x, where, argument);
  matrix<double> out(x.rows(), x.cols());
  for (idx i = 0; i < x.rows(); ++i) {
    double largest = 0;
    for (idx k = 0; k < x.cols(); ++k) largest = (std::max)(largest, std::abs(double(x(i, k))));
    double* const row = out.data() + i * x.cols();
    for (idx k = 0; k < x.cols(); ++k) row[k] = largest > 0 ? double(x(i, k)) / largest : 0;
    double const norm = std::sqrt(simd::canonical_sum_of_squares(row, x.cols()));
    for (idx k = 0; k < x.cols() && norm > 0; ++k) row[k] /= norm;
  }
  return out;
}

}  // namespace foil::inline FOIL_ABI::mining
