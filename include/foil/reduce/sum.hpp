// SPDX-License-Identifier: BSD-3-Clause
// The sum over the rows that counted.
#pragma once

#include "foil/core/row_loss.hpp"

namespace foil::reduce { inline namespace FOIL_ABI {

/// sum of the used rows' losses; no row: 0. Gradients are those of the sum.
struct sum {
  double share(idx, double) const { return 1; }
  total finish(double sum_of_rows, double, idx) const { return {sum_of_rows, 1}; }
};

}}  // namespace foil::reduce
