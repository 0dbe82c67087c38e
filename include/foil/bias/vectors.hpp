// SPDX-License-Identifier: BSD-3-Clause
// Vectors that a bias compares by their cosine, whatever their lengths.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "foil/core/numeric.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// A view of vectors and their lengths, taken once. Vectors that are of unit length up to rounding are taken as they are.
template <Scalar T>
class vectors {
 public:
  vectors() = default;
  explicit vectors(view<T> rows) : rows_(rows) {
    for (idx j = 0; j < rows.rows(); ++j) inverse_.push_back(inverse_length(j));
  }
  idx rows() const { return rows_.rows(); }
  idx cols() const { return rows_.cols(); }
  /// Refuses what is not finite, and what has changed since its length was taken.
  void check(char const* where, char const* argument) const {
    require_finite(rows_, where, argument);
    for (idx j = 0; j < rows(); ++j) {
      double const now = inverse_length(j), then = inverse_[std::size_t(j)];
      require(now == then || std::abs(now - then) <= 1e-6 * now, where, ": row ", j, " of argument ", argument,
              " has changed since its length was taken; make the filter anew");
    }
  }
  /// The cosine of row a with row b of `other`; 0 with a zero row. dot(x, y, n) is the engine's.
  template <class Dot>
  double cosine(idx a, vectors const& other, idx b, Dot const& dot) const {
    double const u = inverse_[std::size_t(a)], v = other.inverse_[std::size_t(b)];
    T const *const x = rows_.row(a), *const y = other.rows_.row(b);
    if (u == 0 || v == 0) return 0;
    if (u > 0 && v > 0) return double(dot(x, y, cols())) * u * v;
    return exact_cosine(a, other, b);
  }
  /// The same in double, of rows that are scaled first.
  double exact_cosine(idx a, vectors const& other, idx b) const {
    if (inverse_[std::size_t(a)] == 0 || other.inverse_[std::size_t(b)] == 0) return 0;
    T const *const x = rows_.row(a), *const y = other.rows_.row(b);
    idx const n = cols();
    auto const lift = [n](T const* row) {
      return std::ldexp(1.0, std::clamp(-std::ilogb(double(largest_magnitude(row, n))), -1000, 1000));
    };
    double const up = lift(x), vp = lift(y);
    double xx = 0, yy = 0, xy = 0;
    for (idx k = 0; k < n; ++k) {
      double const c = double(x[k]) * up, d = double(y[k]) * vp;
      xx += c * c, yy += d * d, xy += c * d;
    }
    return xy / std::sqrt(xx) / std::sqrt(yy);
  }
  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return rows_.overlaps(from, to); }

 private:
  static constexpr double extreme = -1;

  /// 1 / length; 0 for a zero row; `extreme` where the dot products of T might overflow or vanish.
  double inverse_length(idx j) const {
    constexpr double most = sizeof(T) == 4 ? 1e9 : 1e100, rounding = sizeof(T) == 4 ? 4e-6 : 1e-14;
    T const* const x = rows_.row(j);
    double part[8] = {}, sum = 0;
    for (idx k = 0; k < cols(); ++k) part[k % 8] += double(x[k]) * double(x[k]);
    for (double p : part) sum += p;
    if (std::abs(sum - 1) < rounding) return 1;
    if (finite_bits(sum) && sum > 1 / (most * most) && sum < most * most) return 1 / std::sqrt(sum);
    return largest_magnitude(x, cols()) == T(0) ? 0 : extreme;
  }

  view<T> rows_;
  std::vector<double> inverse_;
};

}}  // namespace foil::bias
