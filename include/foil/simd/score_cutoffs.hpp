// SPDX-License-Identifier: BSD-3-Clause
// Numbers that the scores of a row are compared with while they are in registers, beside its threshold.
#pragma once

#include <cstdint>

#include "foil/core/types.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Cutoff k of row i is a band from low[k * stride + i] to high[k * stride + i], within which a score that may be wrong decides nothing:
/// scores above high are counted, those in the band are hits. Of cutoff 0 only scores up to high[i] are hits, from the row's threshold on;
/// scores above it are not, but in the bands of other cutoffs.
template <Scalar S>
struct score_cutoffs {
  idx count = 0, stride = 0;
  S const *low = nullptr, *high = nullptr;  ///< [count * stride]; low of cutoff 0 is not read
  std::uint32_t* above = nullptr;           ///< [count * stride]; grows by the scores above high that are no hits
  score_cutoffs from(idx row) const { return {count, stride, low + row, high + row, above + row}; }
};

}}  // namespace foil::simd
