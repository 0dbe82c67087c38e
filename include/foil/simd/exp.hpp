// SPDX-License-Identifier: BSD-3-Clause
// The exponential of a register of numbers, the cost centre of every softmax.
#pragma once

#include "foil/simd/lanes.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

namespace detail {

template <Scalar S>
struct exp_constants;
template <>
struct exp_constants<float> {
  // e^r = 1 + r + r^2 P(r) on |r| <= log(2)/2: the minimax polynomial of Cephes' expf, highest power first.
  static constexpr int degree = 6;
  static constexpr float p[degree] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                                      4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
  // log(2) in two parts, the first short enough that n times it is exact.
  static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f, per_ln2 = 1.44269504088896341f;
  static constexpr float to_whole = 12582912;  // 1.5 * 2^23
  static constexpr float lowest = -87.33f, highest = 88.37f;
};
template <>
struct exp_constants<double> {
  // The series itself, 1/13! ... 1/2!: its remainder is below 1e-17.
  static constexpr int degree = 12;
  static constexpr double p[degree] = {1 / 6227020800., 1 / 479001600., 1 / 39916800., 1 / 3628800., 1 / 362880., 1 / 40320.,
                                       1 / 5040.,       1 / 720.,       1 / 120.,      1 / 24.,      1 / 6.,      1 / 2.};
  static constexpr double ln2_high = 6.93145751953125e-1, ln2_low = 1.42860682030941723212e-6, per_ln2 = 1.4426950408889634074;
  static constexpr double to_whole = 6755399441055744;  // 1.5 * 2^52
  static constexpr double lowest = -708.39, highest = 709.4;
};

/// e^x where x lies between `lowest` and `highest`, a number of no meaning elsewhere.
template <Scalar S, class Arch>
[[gnu::always_inline]] inline lanes<S, Arch> exp_in_range(lanes<S, Arch> const& x) noexcept {
  using batch = lanes<S, Arch>;
  using constants = exp_constants<S>;
  // Adding 1.5 * 2^23 rounds to an integer n and leaves n in the low bits.
  batch const t = opaque<S, Arch>(fma<S, Arch>(x, batch(constants::per_ln2), batch(constants::to_whole)));
  batch const n = opaque<S, Arch>(t - batch(constants::to_whole));
  batch const r = fma<S, Arch>(n, batch(-constants::ln2_low), fma<S, Arch>(n, batch(-constants::ln2_high), x));
  batch p(constants::p[0]);
#pragma GCC unroll 16
  for (int i = 1; i < constants::degree; ++i) p = fma<S, Arch>(p, r, batch(constants::p[i]));
  batch const y = opaque<S, Arch>(fma<S, Arch>(p, r * r, r)) + batch(S(1));
  return times_power<S, Arch>(y, t);
}

}  // namespace detail

/// e^x with an error of at most 1.1 units in the last place. Exactly 1 at 0, exactly 0 below -87.33 (float)
/// or -708.39 (double), where the result would no longer be a normal number, and for NaN; constant from 88.37
/// or 709.4 on, never infinite; never decreasing. The same bits with and without -ffast-math.
template <Scalar S, class Arch>
[[gnu::always_inline]] inline lanes<S, Arch> exp(lanes<S, Arch> const& x) noexcept {
  using batch = lanes<S, Arch>;
  using constants = detail::exp_constants<S>;
  batch const y = detail::exp_in_range<S, Arch>(smaller<S, Arch>(x, batch(constants::highest)));
  return xsimd::select(x > batch(constants::lowest), y, batch(S(0)));
}

}}  // namespace foil::simd
