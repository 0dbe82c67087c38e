// SPDX-License-Identifier: BSD-3-Clause
// Transposing tiles: every shape around the square that is transposed at once, with steps longer than the rows.
// Tests simd/shuffle.hpp.
#include "foil/simd/transpose.hpp"

#include <vector>

#include "../catch.hpp"

using foil::idx;

TEMPLATE_TEST_CASE("transpose: every element lands in its place and nothing else is touched", "[simd]", float, double) {
  using S = TestType;
  for (idx rows = 0; rows <= 3 * 16 + 1; ++rows)
    for (idx columns = 0; columns <= 3 * 16 + 1; ++columns) {
      idx const a_step = columns + 3, b_step = rows + 2;
      std::vector<S> a(std::size_t(rows * a_step + 1)), b(std::size_t(columns * b_step + 1), S(-1));
      for (std::size_t k = 0; k < a.size(); ++k) a[k] = S(k);
      foil::simd::transpose(a.data(), a_step, rows, columns, b.data(), b_step);
      idx wrong = b.back() != S(-1);
      for (idx j = 0; j < columns; ++j)
        for (idx i = 0; i < b_step; ++i) wrong += b[std::size_t(j * b_step + i)] != (i < rows ? a[std::size_t(i * a_step + j)] : S(-1));
      if (wrong != 0) FAIL_CHECK(rows << " x " << columns);
    }
  SUCCEED();
}
