// SPDX-License-Identifier: BSD-3-Clause
// One pair of rows, whatever their lengths: its similarity and the gradient, where the products of many rows
// would overflow, underflow or cancel.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "foil/core/fixed_bits.hpp"
#include "foil/core/numeric.hpp"
#include "foil/simd/blas1.hpp"
#include "foil/simd/canonical.hpp"
#include "foil/similarity/contract.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Squares of lengths, and products of two lengths, between which the products of rows neither overflow nor lose digits to
/// underflow.
template <Scalar S>
inline constexpr double min_square = sizeof(S) == 4 ? 0x1p-80 : 0x1p-900;
template <Scalar S>
inline constexpr double max_square = sizeof(S) == 4 ? 0x1p+120 : 0x1p+1000;

/// significand * 2^exponent; the exponent is even.
struct wide_number {
  double significand;
  int exponent;
};

namespace detail {
/// Zero, or so large or small that something may have been lost on the way. By bits: -ffast-math knows no infinity.
inline bool doubtful(double x) {
  int const exponent = int(std::bit_cast<std::uint64_t>(x) >> 52 & 0x7ff) - 1023;
  return exponent < -900 || exponent > 1000;
}
inline double largest_of(double const* x, idx n) {
  double most = 0;
  for (idx k = 0; k < n; ++k) most = (std::max)(most, std::abs(x[k]));
  return most;
}
/// x unit - y unit, and never (x - y) unit, which -ffast-math would be free to take though it may overflow.
inline double between(double x, double y, double unit) { return fixed_bits::rounded(x * unit) - fixed_bits::rounded(y * unit); }
}  // namespace detail

/// x . y and |x - y|^2 by the canonical products; of doubles that are too large or too small for them, of exactly scaled
/// ones. O(n).
template <Scalar S>
wide_number wide_dot(S const* x, S const* y, idx n) {
  double const sum = simd::canonical_dot(x, y, n);
  if constexpr (std::same_as<S, double>)
    if (!finite_bits(sum)) {
      int const a = scaling_exponent(detail::largest_of(x, n)), b = scaling_exponent(detail::largest_of(y, n)), odd = (a + b) & 1;
      double const u = std::ldexp(1.0, a), v = std::ldexp(1.0, b);
      double const scaled = simd::canonical_sum(
          n, [&](idx k) { return x[k] * u; }, [&](idx k) { return y[k] * v; });
      return {odd ? scaled * 2 : scaled, -(a + b + odd)};
    }
  return {sum, 0};
}
template <Scalar S>
wide_number wide_square_of_difference(S const* x, S const* y, idx n) {
  double const sum = simd::canonical_square_of_difference(x, y, n);
  if constexpr (std::same_as<S, double>)
    if (detail::doubtful(sum)) {
      int const down = (std::max)(detail::largest_of(x, n), detail::largest_of(y, n)) > 0x1p+1021 ? -2 : 0;  // or x - y overflows
      double const first = down < 0 ? 0.25 : 1, most = [&] {
        double m = 0;
        for (idx k = 0; k < n; ++k) m = (std::max)(m, std::abs(detail::between(x[k], y[k], first)));
        return m;
      }();
      int const exponent = scaling_exponent(most);
      double const second = std::ldexp(1.0, exponent);
      auto const difference = [&](idx k) { return detail::between(x[k], y[k], first) * second; };
      return {simd::canonical_sum(n, difference, difference), -2 * (exponent + down)};
    }
  return {sum, 0};
}

/// The similarity of two opened rows; false where S cannot hold the number that it is made of. The bits of a mined score,
/// and exactly scaled rows have exactly scaled scores.
template <Similarity Sim, Scalar S>
bool score_pair(Sim const& similarity, S const* x, S const* y, idx n, S& score) {
  wide_number w;
  if constexpr (Sim::kind.distance)
    w = wide_square_of_difference(x, y, n);
  else
    w = wide_dot(x, y, n);
  if constexpr (requires { requires Sim::square_root; }) {
    if (w.exponent == 0 && (w.significand == 0 || (w.significand > min_square<S> && w.significand < max_square<S>))) {
      score = similarity.link(S(w.significand));
      return true;
    }
    if (w.significand == 0) return score = similarity.link(S(0)), true;
    int const even = std::ilogb(w.significand) & ~1;
    double const root = std::ldexp(double(similarity.link(S(std::ldexp(w.significand, -even)))), (even + w.exponent) / 2);
    if (!finite_bits(root) || std::abs(root) > double((std::numeric_limits<S>::max)())) return false;
    score = S(root);
  } else {
    double const number = std::ldexp(w.significand, w.exponent);
    if (!finite_bits(number) || std::abs(number) > double((std::numeric_limits<S>::max)())) return false;
    score = similarity.link(S(number));
  }
  return true;
}

/// g += t dscore/dx for a distance: 2 link'(|x - y|^2) (x - y) t, 0 where the rows are equal. The other row's is its
/// negative. From the rows' difference, so that it is as exact as the distance however far both are from the origin.
template <Similarity Sim, Scalar S>
void pull_pair(Sim const& similarity, S const* x, S const* y, idx n, S t, S* g) {
  double factor;
  int exponent = 0;  // the difference is taken times 2^exponent
  if constexpr (requires { requires Sim::square_root; }) {
    double const square = double(simd::square_of_difference(x, y, n)), size = std::abs(double(t));
    if (square > min_square<S> && square < max_square<S> && size > 1e-12 && size < 1e12)
      return simd::add_difference(g, x, y, S(-double(t) / std::sqrt(square)), n);
    wide_number const w = wide_square_of_difference(x, y, n);
    if (w.significand == 0) return;
    int const even = std::ilogb(w.significand) & ~1;
    exponent = std::clamp(-(even + w.exponent) / 2, -1000, 1000);
    factor = -double(t) / std::ldexp(std::sqrt(std::ldexp(w.significand, -even)), (even + w.exponent) / 2 + exponent);
  } else if constexpr (requires { requires Sim::linear; }) {
    factor = 2 * double(t) * double(similarity.link_slope(S(0)));
  } else {
    S score;
    if (!score_pair(similarity, x, y, n, score)) return;
    factor = 2 * double(t) * double(similarity.link_slope(score));
  }
  double const plain = factor * std::ldexp(1.0, exponent);
  if (exponent > -60 && exponent < 60 && std::abs(plain) > 1e-30 && std::abs(plain) < 1e30)
    return simd::add_difference(g, x, y, S(plain), n);
  double const unit = std::ldexp(1.0, exponent);
  for (idx k = 0; k < n; ++k) g[k] += S(detail::between(double(x[k]), double(y[k]), unit) * factor);
}

}}  // namespace foil::engine
