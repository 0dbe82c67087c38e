// SPDX-License-Identifier: BSD-3-Clause
// What the passes over rows need to start those over columns, in a symmetric loss: rows against columns, and columns against rows. Only a
// symmetric call makes one, so that code with rows alone does not compile the columns.
#pragma once

#include <memory>

#include "foil/engine/column_pass.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class in_place_rows;

/// The other direction of a loss, and how to make the pass over its columns.
template <Scalar S>
struct column_side {
  row_program<S>& program;  ///< the loss of each column of the first pool's scores
  double share;             ///< factor on the loss of each direction
  /// Make the pass over columns: where rows leave their slopes in place of scores, and where they do not.
  std::unique_ptr<column_pass<S>> (*beside_in_place)(pass_state<S>&, in_place_rows<S>&, column_totals<S>&);
  std::unique_ptr<column_pass<S>> (*beside_general)(pass_state<S>&, row_pass<S>&, column_totals<S>&);
};

}}  // namespace foil::engine
