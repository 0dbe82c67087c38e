// What happens when too few negatives survive.
#pragma once

#include "foil/core/types.hpp"

namespace foil::inline FOIL_ABI::mining {

enum class shortage {
  keep_short,   ///< the row stays short, its count says so
  drop_query,   ///< the row is emptied unless it is full
  fill_random,  ///< uniform from the corpus: never a positive, a filtered candidate, or one already chosen
  fill_deeper,  ///< the same, from beyond the ranks that were inspected
  repeat,       ///< the survivors again, in turn
  error         ///< refused, naming the row
};

}  // namespace foil::inline FOIL_ABI::mining
