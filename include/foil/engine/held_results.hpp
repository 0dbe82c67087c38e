// SPDX-License-Identifier: BSD-3-Clause
// Results that were added up behind the engine and may be more than their scalar holds.
#pragma once

#include "foil/core/numeric.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Refuses a loss that S cannot hold; a gradient, naming its row.
template <Scalar S>
void require_held(S loss, char const* where) {
  require(finite_bits(loss), where, ": the loss, ", double(loss), ", is more than ", scalar_name<S>, " holds");
}
template <Scalar S>
void require_held(view<S> gradient, char const* where, char const* argument) {
  for (idx i = 0; i < gradient.rows(); ++i)
    require(first_bad(gradient.row(i), gradient.cols()) < 0, where, ": the gradient of row ", i, " of the ", argument, " is more than ",
            scalar_name<S>, " holds");
}

}}  // namespace foil
