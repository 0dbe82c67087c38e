// SPDX-License-Identifier: BSD-3-Clause
// A similarity between rows scaled to unit length first: normalized<neg_l2> is the distance on the sphere.
#pragma once

#include "foil/similarity/contract.hpp"

namespace foil::similarity { inline namespace FOIL_ABI {

template <Similarity Sim>
struct normalized : Sim {
  static constexpr metric kind{.unit = true, .distance = Sim::kind.distance};
};

}}  // namespace foil::similarity
