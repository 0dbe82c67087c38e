// SPDX-License-Identifier: BSD-3-Clause
// Work cut into parts for workers.
#pragma once

#include <algorithm>

#include "foil/core/types.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

inline idx round_up(idx n, idx to) { return (n + to - 1) / to * to; }

/// Items from .. to - 1.
struct range {
  idx from, to;
};
/// Part `w` of `workers` of [from, to), cut at multiples of `step` from `from`.
inline range part(idx from, idx to, int w, int workers, idx step) {
  idx const pieces = (to - from + step - 1) / step;
  idx const a = from + pieces * w / workers * step, b = from + pieces * (w + 1) / workers * step;
  return {(std::min)(a, to), (std::min)(b, to)};
}

}}  // namespace foil::engine
