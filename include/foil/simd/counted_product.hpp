// SPDX-License-Identifier: BSD-3-Clause
// Scores compared with cutoffs while they are in registers: hits of a block of packed columns, as in thresholded_product.hpp, and how many
// scores of each row lie above each cutoff.
#pragma once

#include "foil/simd/score_cutoffs.hpp"
#include "foil/simd/thresholded_product.hpp"

namespace foil::simd { inline namespace FOIL_ABI {
namespace detail {

/// Bit j: score j of a row of a tile is above t.
template <Scalar S, class Arch>
std::uint32_t above_bits(S const* p, S t) noexcept {
  lanes<S, Arch> const against(t);
  constexpr idx w = lane_count<S, Arch>;
  return register_bits<S, Arch>(load<Arch>(p) > against) | register_bits<S, Arch>(load<Arch>(p + w) > against) << w;
}

}  // namespace detail

/// product_hits of rows with cutoffs: calls take(i, j, score) for the scores from threshold[i] up to cutoff 0 and for those in the bands of
/// other cutoffs, and counts in cutoffs.above every other score above a cutoff. Cutoffs have numbers for m rounded up to a tile; columns
/// that start from the lowest number are above no cutoff from lowest() / 2 on.
template <Scalar S, class Arch = xsimd::default_arch, class Meet, class Take>
void product_counts(S const* a, idx m, S const* b, idx n, idx k, S const* start, S const* threshold, score_cutoffs<S> const& cutoffs,
                    Meet const& meet, Take const& take) {
  using detail::above_bits, detail::threshold_bits, detail::threshold_tile, detail::thresholded_product;
  constexpr idx rows = threshold_rows<S, Arch>, columns = threshold_columns<S, Arch>;
  alignas(64) S c[std::size_t(rows * columns)];
  for (idx i = 0; i < m; i += rows) {
    for (idx r = i; r < (std::min)(i + rows, m); ++r) meet(r);
    for (idx j = 0; j < n; j += columns) {
      S const *const x = a + i * k, *const y = b + j * k;
      std::uint32_t hit = (std::uint32_t(1) << (std::min)(rows, m - i)) - 1;
      if (cutoffs.count == 1)  // what lies above the cutoff reaches the threshold, too
        hit &= threshold_tile<S, Arch, thresholded_product::hits>(x, y, k, start + j, threshold + i, c, columns);
      else
        threshold_tile<S, Arch, thresholded_product::all>(x, y, k, start + j, nullptr, c, columns);
      for (; hit != 0; hit &= hit - 1) {
        idx const r = std::countr_zero(hit), row = i + r;
        S const* const scores = c + r * columns;
        std::uint32_t const beyond = above_bits<S, Arch>(scores, cutoffs.high[row]);
        std::uint32_t in = threshold_bits<S, Arch>(scores, threshold[row]) & ~beyond;
        for (idx p = row + cutoffs.stride; p < cutoffs.count * cutoffs.stride; p += cutoffs.stride)
          in |= threshold_bits<S, Arch>(scores, cutoffs.low[p]) & ~above_bits<S, Arch>(scores, cutoffs.high[p]);
        for (idx p = row + cutoffs.stride; p < cutoffs.count * cutoffs.stride; p += cutoffs.stride)
          cutoffs.above[p] += std::uint32_t(std::popcount(above_bits<S, Arch>(scores, cutoffs.high[p]) & ~in));
        cutoffs.above[row] += std::uint32_t(std::popcount(beyond & ~in));
        for (; in != 0; in &= in - 1) {
          idx const at = std::countr_zero(in);
          take(row, j + at, scores[at]);
        }
      }
    }
  }
}

}}  // namespace foil::simd
