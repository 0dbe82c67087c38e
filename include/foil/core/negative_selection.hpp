// SPDX-License-Identifier: BSD-3-Clause
// Which of a row's negatives a loss looks at: the hardest fraction, or those that reach a score.
#pragma once

#include "foil/core/abi.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Taken over all pools and after their biases, as constants for the gradient. Ties at the cut stay.
struct negative_selection {
  double fraction = 1;       ///< keeps the scores that reach the row's K-th largest, K = max(1, ceil(fraction n))
  double at_least = -1e300;  ///< keeps the scores (unscaled) that reach this
};

}}  // namespace foil
