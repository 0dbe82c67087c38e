// SPDX-License-Identifier: BSD-3-Clause
// The interface of rows of embeddings as the products want them: in the computing scalar, unit length where the similarity says so.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "foil/core/numeric.hpp"
#include "foil/engine/named_rows.hpp"
#include "foil/engine/pair.hpp"
#include "foil/simd/bf16_pack.hpp"
#include "foil/similarity/contract.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// A few rows, opened: row i at data + i * stride.
template <Scalar S>
struct dense {
  S const* data;
  idx stride;
  S const* row(idx i) const { return data + i * stride; }
};

/// Length of a row without underflow or overflow (doubles near the end of their range aside: times 2^exponent); the same bits
/// on every instruction set.
template <class T>
double length_of(T const* x, idx n, int exponent = 0) {
  if constexpr (std::same_as<T, double>) {
    double const largest = detail::largest_of(x, n);
    if (largest == 0) return 0;
    if (largest < 1e-140 || largest > 1e140) {
      int const e = scaling_exponent(largest);
      double const unit = std::ldexp(1.0, e);
      auto const scaled = [&](idx k) { return x[k] * unit; };
      return std::ldexp(std::sqrt(simd::canonical_sum(n, scaled, scaled)), exponent - e);
    }
  }
  return std::sqrt(simd::canonical_sum_of_squares(x, n));
}

/// Rows as they are stored, where one rounded product per number opens each of them.
template <Scalar S>
struct stored_rows {
  S const* data = nullptr;  ///< null where some row takes more
  idx stride = 0;
  double const* inverse = nullptr;  ///< null: rows are open as they are
  S const* row(idx i) const { return data + i * stride; }
  S factor(idx i) const { return inverse != nullptr ? S(inverse[i]) : S(1); }
};
/// Factors within which such products are far from the ends of a float.
inline constexpr double min_factor = 1e-15, max_factor = 1e15;

/// Rows of embeddings as the products read them, whatever they are stored as.
template <Scalar S>
struct source {
  idx n = 0, dim = 0;
  named_rows const* of_table = nullptr;  ///< these are rows of a longer table; null: of the matrix that was given
  idx first_number = 0;                  ///< what messages call row 0 of that matrix
  metric kind;
  std::vector<double> inverse;  ///< of unit frames: 1 / length, 0 for a zero row
  std::vector<int> exponents;   ///< ... of the row times 2^exponent; empty where no length is near the end of the doubles
  std::vector<S> square;        ///< of distance frames: squared length of the opened row, at most 2 max_square
  double longest = 0;           ///< of distance frames the largest of `square`; of plain ones no number is larger
  bool has_tiny = false;        ///< of distance frames: some row but for zeros is shorter than min_square says
  idx zero_rows = 0, bad_rows = 0;
  std::vector<unsigned char> bad;  ///< 1 for a row that is treated as absent; empty if there is none
  stored_rows<S> stored;

  bool is_bad(idx i) const { return !bad.empty() && bad[std::size_t(i)]; }
  virtual ~source() = default;
  /// What messages call row i.
  idx row_number(idx i) const { return of_table ? of_table->numbers[std::size_t(i)] : first_number + i; }
  /// The row of the gradient that belongs to row i.
  idx gradient_row(idx i) const { return of_table ? of_table->ranks[std::size_t(i)] : i; }
  /// Rows first .. first + count; `scratch` holds count * dim numbers and may stay unused.
  virtual dense<S> open(idx first, idx count, S* scratch) const = 0;
  /// The same rounded to bfloat16, as rows of pairs (simd/bf16_kernel.hpp); of float. `scratch` holds count * pairs() + dim numbers.
  virtual dense<S> open_pairs(idx first, idx count, S* scratch) const = 0;
  idx pairs() const { return simd::bf16_pairs(dim); }
  /// Announces that row i will be opened soon.
  virtual void prefetch(idx i) const = 0;

  /// From the gradient of the opened rows to the gradient of the stored ones, in place. `sums` is the row sum of the
  /// product slopes (distance frames), `apart` what single pairs add, `factor` multiplies the result. Of rows [from, to); returns
  /// whether all of the result are finite numbers.
  bool backward(matrix<S>& g, std::vector<double> const& sums, std::vector<std::vector<S>> const& apart, double factor, idx from,
                idx to) const {
    bool finite = true;
    std::vector<S> scratch(static_cast<std::size_t>(dim));
    double const most = double((std::numeric_limits<S>::max)());
    for (idx i = from; i < to; ++i) {
      if (of_table && i + rows_ahead < to) announce_row(g.data() + gradient_row(i + rows_ahead) * dim, dim);
      S* const row = g.data() + gradient_row(i) * dim;
      S const* const x = open(i, 1, scratch.data()).data;
      if (kind.distance) simd::scale_add(row, x, S(-sums[std::size_t(i)]), dim);
      if (!apart.empty() && !apart[std::size_t(i)].empty()) simd::scale_add(row, apart[std::size_t(i)].data(), S(1), dim);
      if (kind.unit && dim == 1)
        row[0] = S(0);  // a number has no direction but its sign
      else if (kind.unit)
        simd::scale_add(row, x, -simd::dot(row, x, dim), dim);
      double const scale = kind.unit ? factor * inverse[std::size_t(i)] : factor;
      int const exponent = exponents.empty() ? 0 : exponents[std::size_t(i)];
      if (scale < 1e30 && scale > -1e30 && exponent == 0)
        simd::scale(row, S(scale), dim);
      else  // the gradient of a tiny row is huge, and stays a number
        for (idx j = 0; j < dim; ++j) {
          double const g_j = std::ldexp(double(row[j]) * scale, exponent);
          row[j] = finite_bits(g_j) ? S(std::clamp(g_j, -most, most)) : S(row[j] * scale > 0 ? most : -most);
        }
      finite = finite && finite_bits(largest_magnitude(row, dim));
    }
    return finite;
  }
};

}}  // namespace foil::engine
