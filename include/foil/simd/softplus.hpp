// SPDX-License-Identifier: BSD-3-Clause
// softplus and sigmoid of a register of numbers, accurate in relative terms on both sides.
#pragma once

#include "foil/simd/exp.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

namespace detail {

/// a / d for 1 <= d <= 3, corrected once: -ffast-math divides floats by a 12-bit estimate.
template <Scalar S, class Arch>
[[gnu::always_inline]] inline lanes<S, Arch> ratio(lanes<S, Arch> const& a, lanes<S, Arch> const& d) noexcept {
  using batch = lanes<S, Arch>;
  batch const inverse = opaque<S, Arch>(batch(S(1)) / d), q = opaque<S, Arch>(a * inverse);
  return fma<S, Arch>(fma<S, Arch>(-q, d, a), inverse, q);
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

/// log(1 + e^x) without overflow, to 4 units in the last place; 0 where e^x is.
template <Scalar S, class Arch>
lanes<S, Arch> softplus(lanes<S, Arch> const& x) noexcept {
  using batch = lanes<S, Arch>;
  return larger<S, Arch>(x, batch(S(0))) + detail::log1p_unit<S, Arch>(exp<S, Arch>(-xsimd::abs(x)));
}

/// 1 / (1 + e^-x) without overflow, to 4 units in the last place; the slope of softplus.
template <Scalar S, class Arch>
lanes<S, Arch> sigmoid(lanes<S, Arch> const& x) noexcept {
  using batch = lanes<S, Arch>;
  batch const e = exp<S, Arch>(-xsimd::abs(x)), one(S(1));
  return detail::ratio<S, Arch>(xsimd::select(x >= batch(S(0)), one, e), one + e);
}

}}  // namespace foil::simd
