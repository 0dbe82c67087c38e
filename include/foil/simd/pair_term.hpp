// SPDX-License-Identifier: BSD-3-Clause
// Terms of losses that sum over single pairs: value and slope, for a register of logits.
#pragma once

#include <limits>

#include "foil/simd/exp.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

namespace detail {

/// a / d for 1 <= d <= 3 and its inverse 1 / d, corrected once by the remainder, because -ffast-math may divide by an estimate;
/// `opaque` keeps the compiler from folding the correction away.
template <Scalar S, class Arch>
[[gnu::always_inline]] inline lanes<S, Arch> ratio(lanes<S, Arch> const& a, lanes<S, Arch> const& d,
                                                   lanes<S, Arch> const& inverse) noexcept {
  lanes<S, Arch> const q = opaque<S, Arch>(a * inverse);
  return fma<S, Arch>(fma<S, Arch>(-q, d, a), inverse, q);
}
template <Scalar S, class Arch>
[[gnu::always_inline]] inline lanes<S, Arch> ratio(lanes<S, Arch> const& a, lanes<S, Arch> const& d) noexcept {
  return ratio<S, Arch>(a, d, opaque<S, Arch>(lanes<S, Arch>(S(1)) / d));
}

/// log(1 + e) for 0 <= e <= 1: with s = e / (2 + e) <= 1/3 it is 2 (s + s^3/3 + s^5/5 + ...), small e
/// included.
template <Scalar S, class Arch>
[[gnu::always_inline]] inline lanes<S, Arch> log1p_unit(lanes<S, Arch> const& e) noexcept {
  using batch = lanes<S, Arch>;
  constexpr int terms = sizeof(S) == 4 ? 6 : 15;  // the remainder is below (1/9)^(terms + 1) / (2 terms + 3)
  batch const s = ratio<S, Arch>(e, e + batch(S(2))), z = s * s;
  batch p(S(2) / S(2 * terms + 1));
#pragma GCC unroll 16
  for (int i = terms - 1; i > 0; --i) p = fma<S, Arch>(p, z, batch(S(2) / S(2 * i + 1)));
  return fma<S, Arch>(p, s * z, s + s);
}

}  // namespace detail

/// f(x) and f'(x).
template <Scalar S, class Arch>
struct term_lanes {
  lanes<S, Arch> value, slope;
};

/// log(1 + e^x) and 1 / (1 + e^-x) without overflow, to 4 units in the last place; both 0 where e^x is.
struct softplus_term {
  template <Scalar S, class Arch>
  term_lanes<S, Arch> operator()(lanes<S, Arch> const& x) const noexcept {
    using batch = lanes<S, Arch>;
    batch const e = exp<S, Arch>(-xsimd::abs(x)), zero(S(0)), one(S(1));
    return {larger<S, Arch>(x, zero) + detail::log1p_unit<S, Arch>(e), detail::ratio<S, Arch>(xsimd::select(x >= zero, one, e), one + e)};
  }
};

/// sigmoid(x)^gamma log(1 + e^x), gamma >= 0, x finite: the focal term of a negative, or of a positive whose logit is -x. 0 where
/// sigmoid(x)^gamma is no normal number; the relative error grows with gamma log(1 + e^-x), but not of gamma = 2, the default of
/// `loss::focal`, which needs no second exponential.
struct focal_term {
  double gamma;
  template <Scalar S, class Arch>
  term_lanes<S, Arch> operator()(lanes<S, Arch> const& x) const noexcept {
    using batch = lanes<S, Arch>;
    batch const e = exp<S, Arch>(-xsimd::abs(x)), zero(S(0)), one(S(1)), power = batch(S(gamma));
    batch const rest = detail::log1p_unit<S, Arch>(e), plus = larger<S, Arch>(x, zero) + rest,
                minus = larger<S, Arch>(zero - x, zero) + rest;
    auto const positive = x >= zero;
    batch const whole = one + e, inverse = opaque<S, Arch>(one / whole);
    batch const up = detail::ratio<S, Arch>(xsimd::select(positive, one, e), whole, inverse);
    batch const down = detail::ratio<S, Arch>(xsimd::select(positive, e, one), whole, inverse);
    batch const square = up * up, least = batch((std::numeric_limits<S>::min)());
    batch const fading = gamma == 2 ? xsimd::select(square >= least, square, zero) : exp<S, Arch>(zero - power * minus);
    return {fading * plus, fading * fma<S, Arch>(power * down, plus, up)};
  }
};

/// x or x^2.
struct moment_term {
  bool squared;
  template <Scalar S, class Arch>
  term_lanes<S, Arch> operator()(lanes<S, Arch> const& x) const noexcept {
    if (squared) return {x * x, x + x};
    return {x, lanes<S, Arch>(S(1))};
  }
};

}}  // namespace foil::simd
