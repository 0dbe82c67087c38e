// SPDX-License-Identifier: BSD-3-Clause
// What a loss's formula returns for one row.
#pragma once

#include <array>

#include "foil/core/types.hpp"

namespace foil { inline namespace FOIL_ABI {

/// The row's loss and its derivative with respect to each number the statistics gave.
template <Scalar S, std::size_t N>
struct row_loss {
  S value{};                   ///< the row's loss
  std::array<S, N> partial{};  ///< d value / d number n of the statistics
  S weight = 1;                ///< how often the row counts in a mean (pairs, in losses that average over pairs)
  bool clamped = false;        ///< counted in the outcome's `clamped` (a floor that acted, a clamp)
  S scale = 0;                 ///< explicit derivative with respect to scale(), where the formula names the temperature itself
};

/// A reduced loss: its value, and the factor that every row's derivative takes.
struct total {
  double value = 0, factor = 0;  ///< the loss; d loss / d sum of the rows' losses
  bool all_rows = false;         ///< skipped rows count as rows that are worth 0
};

}}  // namespace foil
