// SPDX-License-Identifier: BSD-3-Clause
// A soft histogram: a number falls into the two bins around it.
#pragma once

#include <cmath>

#include "foil/core/types.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// f(bin, height, d height / d at) for the bins 0 .. bins - 1 whose triangle, of height 1 and from one bin's place to the next but one,
/// covers the place `at`. Two at most; none beyond the ends. On a bin's own place the slope is 0.
template <class F>
void each_soft_bin(double at, idx bins, F const& f) {
  if (at <= -1 || at >= double(bins)) return;
  auto const left = idx(std::floor(at));
  double const beyond = at - double(left);
  if (left >= 0) f(std::size_t(left), 1 - beyond, beyond > 0 ? -1.0 : 0.0);
  if (left + 1 < bins && beyond > 0) f(std::size_t(left + 1), beyond, 1.0);
}

}}  // namespace foil::loss
