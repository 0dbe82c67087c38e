// SPDX-License-Identifier: BSD-3-Clause
// How large in size a score may be: far enough from `log_zero` that no weight or factor makes one of the other.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/engine/problem.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Scores stay below this, before the loss's scale and after it.
inline constexpr double score_limit = 1e25;

/// Refuses given scores of pool n that are beyond it, by row. NaN and infinities are checked elsewhere.
template <Stored T>
void require_scores_in_range(char const* where, view<T> x, double scale, int n) {
  using S = arithmetic<T>;
  S const most = S(score_limit / (std::max)(1.0, scale));
  auto const beyond = [most](auto v) { return finite_bits(v) && !(S(v) < most && S(v) > -most); };
  for (idx i = 0; i < x.rows(); ++i) {
    unsigned any = 0;  // one pass without a branch, which vectorises
    for (idx j = 0; j < x.cols(); ++j) any |= unsigned(beyond(x(i, j)));
    for (idx j = 0; any != 0 && j < x.cols(); ++j)
      require(!beyond(x(i, j)), where, ": the score ", double(S(x(i, j))), " of pool ", n, " at row ", i, ", column ", j,
              " is beyond what losses take; sizes must be below ", score_limit, ", with a factor of ", scale, " on scores below ",
              double(most), ". Leave a pair out by its role or by bias::mask, not by its score");
  }
}

/// Whether scores of a pool's rows may be beyond it, by the lengths of the rows: each slice must be checked then.
template <Scalar S>
bool may_leave_range(pool_access<S> const& pool, double scale) {
  if (pool.kind == pool::layout::given || pool.candidates->kind.unit) return false;  // looked at already, or cosines
  double const a = pool.anchors->longest, c = pool.candidates->longest;              // squared lengths of distances, else numbers
  double const most = pool.candidates->kind.distance ? 2 * (a + c) : double(pool.candidates->dim) * a * c;
  return !(most * (std::max)(1.0, scale) < score_limit);
}
/// Refuses the first score of a slice that is beyond it.
template <Scalar S>
void require_in_range(char const* where, std::size_t pool, idx row, idx first, S const* score, idx n, double scale) {
  S const most = S(score_limit / (std::max)(1.0, scale));
  for (idx j = 0; j < n; ++j)
    require(score[j] < most && score[j] > -most, where, ": row ", row, " and column ", first + j, " of pool ", pool,
            " have a similarity of ", score[j], ", beyond what losses take; with a factor of ", scale,
            " on similarities they must stay below ", double(most), " in size: scale the embeddings");
}

}}  // namespace foil::engine
