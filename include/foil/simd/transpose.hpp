// SPDX-License-Identifier: BSD-3-Clause
// A tile of numbers transposed.
#pragma once

#include <algorithm>
#include <cstring>

#include "foil/simd/lanes.hpp"
#include "foil/simd/shuffle.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

namespace detail {
/// Four by four numbers: four loads, eight shuffles, four stores.
template <Scalar S>
void transpose_four(S const* a, idx a_step, S* b, idx b_step) noexcept {
  using four = native_vector<S, 4 * sizeof(S)>;
  four r[4];
  for (idx i = 0; i < 4; ++i) std::memcpy(&r[i], a + i * a_step, sizeof(four));
  four const low01 = FOIL_SHUFFLE(r[0], r[1], 0, 4, 1, 5), high01 = FOIL_SHUFFLE(r[0], r[1], 2, 6, 3, 7);
  four const low23 = FOIL_SHUFFLE(r[2], r[3], 0, 4, 1, 5), high23 = FOIL_SHUFFLE(r[2], r[3], 2, 6, 3, 7);
  four const c[4] = {FOIL_SHUFFLE(low01, low23, 0, 1, 4, 5), FOIL_SHUFFLE(low01, low23, 2, 3, 6, 7),
                     FOIL_SHUFFLE(high01, high23, 0, 1, 4, 5), FOIL_SHUFFLE(high01, high23, 2, 3, 6, 7)};
  for (idx i = 0; i < 4; ++i) std::memcpy(b + i * b_step, &c[i], sizeof(four));
}
}  // namespace detail

/// b[j * b_step + i] = a[i * a_step + j] for i < rows, j < columns; a and b do not overlap. Steps that are a power of two
/// put rows into the same cache sets: add a cache line.
template <Scalar S>
void transpose(S const* a, idx a_step, idx rows, idx columns, S* b, idx b_step) noexcept {
  constexpr idx square = 16;  // both sides of it stay in the first-level cache
  for (idx i0 = 0; i0 < rows; i0 += square)
    for (idx j0 = 0; j0 < columns; j0 += square) {
      idx const i1 = (std::min)(i0 + square, rows), j1 = (std::min)(j0 + square, columns);
      if (i1 - i0 == square && j1 - j0 == square) {
        for (idx i = i0; i < i1; i += 4)
          for (idx j = j0; j < j1; j += 4) detail::transpose_four(a + i * a_step + j, a_step, b + j * b_step + i, b_step);
      } else {
        for (idx i = i0; i < i1; ++i)
          for (idx j = j0; j < j1; ++j) b[j * b_step + i] = a[i * a_step + j];
      }
    }
}

}}  // namespace foil::simd
