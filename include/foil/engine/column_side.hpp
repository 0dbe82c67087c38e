// SPDX-License-Identifier: BSD-3-Clause
// The columns' part of a loss of both directions, as the loss's rows see it. Only a call of both directions makes one, so that code
// with rows alone does not compile the columns.
#pragma once

#include <memory>

#include "foil/engine/column_pass.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class in_place_rows;

/// The other direction of a loss, and how to make the pass over its columns.
template <Scalar S>
struct column_side {
  row_program<S>& program;  ///< the loss, over the columns of the first pool
  double share;             ///< on the loss of each direction
  /// The columns' pass, beside rows that work in place and beside others.
  std::unique_ptr<column_pass<S>> (*beside_in_place)(pass_state<S>&, in_place_rows<S>&, column_totals<S>&);
  std::unique_ptr<column_pass<S>> (*beside_general)(pass_state<S>&, row_pass<S>&, column_totals<S>&);
};

}}  // namespace foil::engine
