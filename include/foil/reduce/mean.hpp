// SPDX-License-Identifier: BSD-3-Clause
// The mean over the rows that counted.
#pragma once

#include "foil/core/row_loss.hpp"

namespace foil::reduce { inline namespace FOIL_ABI {

/// Sum of the used rows over the sum of their weights (1 each, unless the loss counts pairs). No row: 0.
struct mean {
  double share(idx, double) const { return 1; }
  total finish(double sum, double weight, idx) const {
    double const f = weight > 0 ? 1 / weight : 0;
    return {sum * f, f};
  }
};

}}  // namespace foil::reduce
