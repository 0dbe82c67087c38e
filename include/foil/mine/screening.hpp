// SPDX-License-Identifier: BSD-3-Clause
// Which fast pass looked at the pairs of a mining job.
#pragma once

#include "foil/core/types.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Pairs of anchors and candidates by the pass that looked at them, and what became of them. How pairs share out depends on
/// the instruction set, the data, and how the rows were cut for threads; the lists do not.
struct screening {
  idx by_8_bits = 0, by_16_bits = 0;  ///< pairs that products of whole numbers looked at, with a proven bound on their error
  idx by_float = 0;                   ///< pairs that the float (or double) product looked at
  idx let_through = 0;                ///< of those of the whole numbers: near enough to a row's best to be scored at once

  screening& operator+=(screening const& other) {
    by_8_bits += other.by_8_bits, by_16_bits += other.by_16_bits;
    by_float += other.by_float, let_through += other.let_through;
    return *this;
  }
};

}}  // namespace foil
