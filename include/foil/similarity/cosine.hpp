// SPDX-License-Identifier: BSD-3-Clause
// The cosine: score = <a, c> / (|a| |c|), in [-1, 1] up to rounding.
#pragma once

#include "foil/similarity/dot.hpp"

namespace foil::similarity { inline namespace FOIL_ABI {

/// dscore/da = (c/|c| - score a/|a|) / |a|. Tiny and huge rows are scaled without underflow or overflow; a zero row
/// scores 0 with everything, has gradient 0 and is counted (`zero_rows`).
struct cosine : dot {
  static constexpr metric kind{.unit = true};
};

}}  // namespace foil::similarity
