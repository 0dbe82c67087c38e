// SPDX-License-Identifier: BSD-3-Clause
// Functions of a pair's logit that sum_of adds up over a row: operator() and slope for one number, lanes() for a register of them.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/core/numeric.hpp"
#include "foil/simd/pair_term.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// log(1 + e^x).
struct smooth_hinge {
  template <Scalar S>
  S operator()(S x) const {
    return softplus(x);
  }
  template <Scalar S>
  S slope(S x) const {
    return sigmoid(x);
  }
  simd::softplus_term lanes() const { return {}; }
};

/// sigmoid(x)^gamma log(1 + e^x): what a wrong logit x costs where decided pairs fade.
struct focal_hinge {
  double gamma = 2;  ///< >= 0; exponent of the fading factor
  template <Scalar S>
  S operator()(S x) const {
    S const tail = logistic<S>(x).tail(), plus = (std::max)(x, S(0)) + tail, minus = (std::max)(-x, S(0)) + tail;
    return std::exp(-S(gamma) * minus) * plus;
  }
  template <Scalar S>
  S slope(S x) const {
    logistic<S> const at(x);
    S const tail = at.tail(), plus = (std::max)(x, S(0)) + tail, minus = (std::max)(-x, S(0)) + tail;
    return std::exp(-S(gamma) * minus) * (at.sigmoid() + S(gamma) * at.complement() * plus);
  }
  simd::focal_term lanes() const { return {gamma}; }
};

/// x^power.
struct moment {
  int power = 1;  ///< 1 or 2
  template <Scalar S>
  S operator()(S x) const {
    return power == 1 ? x : x * x;
  }
  template <Scalar S>
  S slope(S x) const {
    return power == 1 ? S(1) : 2 * x;
  }
  simd::moment_term lanes() const { return {power == 2}; }
};

}}  // namespace foil::stat
