// SPDX-License-Identifier: BSD-3-Clause
// Forward and backward pass of the statistics of columns, in a loss of both directions: the columns are those of the first pool.
#pragma once

#include <algorithm>

#include "foil/engine/column_totals.hpp"
#include "foil/engine/row_pass.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Takes the rows' place for tiles of the first pool.
template <Scalar S>
struct column_pass : row_pass<S> {
  /// The rows of a panel went forward; now its columns. Panels come in order.
  virtual void forward_columns(idx r0, idx r1) = 0;
  /// The slopes that a pass leaves lose what score_slopes::score_sum needs.
  virtual bool forgets_scores() const = 0;
};

/// f(i0, i1, j0, j1) for the tiles of row_quantum x quantum of rows [r0, r1) and some columns.
template <class F>
void each_tile(idx r0, idx r1, range columns, F const& f) {
  for (idx i = r0; i < r1; i += row_quantum)
    for (idx j = columns.from; j < columns.to; j += quantum) f(i, (std::min)(i + row_quantum, r1), j, (std::min)(j + quantum, columns.to));
}

}}  // namespace foil::engine
