// SPDX-License-Identifier: BSD-3-Clause
// Weights extrapolated away from a degraded copy of a model (Neon).
#pragma once

#include <span>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// base <- base + w (base - degraded), number by number, in double: away from what the model became when it was trained on its
/// own samples. w >= 0, small; 0 changes nothing. A number whose result is not finite, because either input is not or the type
/// cannot hold it, stays as it is (the released code keeps the whole tensor). Alemohammad et al., Neon. Refuses unequal
/// lengths. O(n); the time goes to the way from float to double and back.
template <Scalar S>
void neon_merge(std::span<S> base, std::span<S const> degraded, double w) {
  check_option("neon_merge", "w", w, range::not_negative);
  require(base.size() == degraded.size(), "neon_merge: base holds ", idx(base.size()), " numbers, degraded ", idx(degraded.size()));
  for (std::size_t i = 0; i < base.size(); ++i) {  // without a branch, which vectorises
    S const from = base[i], merged = S(double(from) + w * (double(from) - double(degraded[i])));
    unsigned const finite = unsigned(finite_bits(from)) & unsigned(finite_bits(degraded[i])) & unsigned(finite_bits(merged));
    base[i] = finite != 0 ? merged : from;
  }
}

}}  // namespace foil::mining
