// SPDX-License-Identifier: BSD-3-Clause
// A similarity between rows scaled to unit length first: normalized<neg_l2> is the distance on the sphere.
#pragma once

#include "foil/similarity/contract.hpp"

namespace foil::similarity { inline namespace FOIL_ABI {

/// Sim of rows divided by their lengths, and its gradient through that division: similarity::normalized<similarity::neg_l2>{}. A zero row
/// stays zero, has gradient 0 and is counted (`zero_rows`).
template <Similarity Sim>
struct normalized : Sim {
  static constexpr metric kind{.unit = true, .distance = Sim::kind.distance};
};

}}  // namespace foil::similarity
