// SPDX-License-Identifier: BSD-3-Clause
// Negative Euclidean distances, squared and plain: higher means closer.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/simd/row.hpp"
#include "foil/similarity/contract.hpp"

namespace foil::similarity { inline namespace FOIL_ABI {

/// score = -|a - c|^2; dscore/da = -2 (a - c). Near pairs are recomputed directly, so close duplicates stay exact.
struct neg_sq_l2 {
  static constexpr metric kind{.distance = true};
  static constexpr bool monotone = true;
  static constexpr bool linear = true;  ///< the link's slope is the same everywhere
  template <Scalar S>
  S link(S square) const {
    return -square;
  }
  template <Scalar S>
  S link_slope(S) const {
    return -1;
  }
};

/// score = -|a - c|; dscore/da = -(a - c) / |a - c|, and 0 where the rows are equal.
struct neg_l2 {
  static constexpr metric kind{.distance = true};
  static constexpr bool monotone = true;
  static constexpr bool square_root = true;  ///< link(c^2 x) = c link(x): taken of distances whose squares no number holds
  template <Scalar S>
  S link(S square) const {
#if defined(__FAST_MATH__)
    // -ffast-math lets a compiler estimate the root of a float; a mined score must have the same bits everywhere.
    double wide = double((std::max)(square, S(0)));
    asm("" : "+m"(wide));
    return S(-std::sqrt(wide));
#else
    return -std::sqrt((std::max)(square, S(0)));
#endif
  }
  template <Scalar S>
  void link_all(S* squares, idx n) const {
    simd::negative_roots(squares, n);
  }
  template <Scalar S>
  S link_slope(S score) const {
    return score < 0 ? S(0.5) / score : S(0);
  }
};

}}  // namespace foil::similarity
