// SPDX-License-Identifier: BSD-3-Clause
// How the statistics of rows go over tiles of scores: forward to the rows' losses, backward to slopes.
#pragma once

#include "foil/engine/pass_state.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Forward and backward of the rows of a tile.
template <Scalar S>
struct row_pass {
  virtual ~row_pass() = default;
  /// The statistics see a tile of scores; tiles of a row come in order.
  virtual void forward(workspace<S>& d, block<S> const& tile) = 0;
  /// Slopes of products take the place of what the forward pass left of the tile, or, where the plan keeps nothing, of its scores.
  virtual void backward(workspace<S>& d, block<S> const& tile) = 0;
};

}}  // namespace foil::engine
