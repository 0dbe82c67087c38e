// SPDX-License-Identifier: BSD-3-Clause
// A block of scores: some rows against some columns of one pool.
#pragma once

#include <algorithm>

#include "foil/engine/problem.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Rows [r0, r1) against columns [c0, c1) of pool n; row i of the scores, later slopes, at (i - r0) * ld.
template <Scalar S>
struct block {
  std::size_t n;
  idx r0, r1, c0, c1;
  S* data;
  idx ld;
  bool scored;
  S* at(idx i, idx j) const { return data + (i - r0) * ld + (j - c0); }
  /// Rows [i0, i1) and columns [j0, j1) of it.
  block part(idx i0, idx i1, idx j0, idx j1) const { return {n, i0, i1, j0, j1, at(i0, j0), ld, scored}; }
  /// f(row, first column, count, scores) for every slice: at most `quantum` columns of a row, from the block's first column on.
  template <class F>
  void each_slice(F const& f) const {
    for (idx i = r0; i < r1; ++i)
      for (idx j = c0; j < c1; j += quantum) {
        idx const count = (std::min)(quantum, c1 - j);
        S* const s = at(i, j);
        if (i + 1 < r1) simd::prefetch_row(s + ld, count);
        f(i, j, count, s);
      }
  }
};

}}  // namespace foil::engine
