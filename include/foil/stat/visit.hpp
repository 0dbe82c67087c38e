// SPDX-License-Identifier: BSD-3-Clause
// Calls f(column) for the live columns of a slice that a statistic is about; the scalar path of rare statistics.
#pragma once

#include "foil/stat/statistic.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// f(j) for each column j of the slice, counted from its first, that is a negative with a weight or a positive, by `Who`: positives first,
/// then negatives, each ascending.
template <over Who, Scalar S, class F>
void visit(slice<S> const& x, F f) {
  if constexpr (Who != over::negatives)
    for (idx p : x.positives) f(p);
  if constexpr (Who != over::positives)
    for (idx j = 0; j < x.size; ++j)
      if (x.bias[j] > log_zero_limit<S>) f(j);
}

}}  // namespace foil::stat
