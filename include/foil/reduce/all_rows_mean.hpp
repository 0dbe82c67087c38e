// SPDX-License-Identifier: BSD-3-Clause
// The sum over the rows that counted, over the number of all rows: a skipped row counts as 0 (official SupCon).
#pragma once

#include "foil/core/row_loss.hpp"

namespace foil::reduce { inline namespace FOIL_ABI {

/// Sum of the used rows over the number of all anchors, used or not. No anchor: 0.
struct all_rows_mean {
  double share(idx, double) const { return 1; }
  total finish(double sum, double, idx rows) const {
    double const f = rows > 0 ? 1 / double(rows) : 0;
    return {sum * f, f, true};
  }
};

}}  // namespace foil::reduce
