// SPDX-License-Identifier: BSD-3-Clause
// The inner product: score = <a, c>.
#pragma once

#include "foil/similarity/contract.hpp"

namespace foil::similarity { inline namespace FOIL_ABI {

/// dscore/da = c. Never normalises.
struct dot {
  static constexpr metric kind{};
  static constexpr bool identity = true;  ///< the link changes nothing
  template <Scalar S>
  S link(S x) const {
    return x;
  }
  template <Scalar S>
  S link_slope(S) const {
    return 1;
  }
};

}}  // namespace foil::similarity
