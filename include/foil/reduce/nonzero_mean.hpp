// SPDX-License-Identifier: BSD-3-Clause
// The mean over the rows whose loss is above zero (hinge losses: solved rows do not dilute the gradient).
#pragma once

#include "foil/core/row_loss.hpp"

namespace foil::reduce { inline namespace FOIL_ABI {

/// Sum of the used rows over the sum of the weights of those whose loss is above 0. No such row: 0. Which rows these are is constant for
/// the gradient.
struct nonzero_mean {
  double share(idx, double value) const { return value > 0 ? 1 : 0; }
  total finish(double sum, double weight, idx) const {
    double const f = weight > 0 ? 1 / weight : 0;
    return {sum * f, f};
  }
};

}}  // namespace foil::reduce
