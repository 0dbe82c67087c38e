// SPDX-License-Identifier: BSD-3-Clause
// The scores of many rows against a few others, a row at a time, never all at once.
#pragma once

#include "foil/engine/pool_access_of.hpp"
#include "foil/engine/problem.hpp"
#include "foil/engine/source_of.hpp"
#include "foil/pool/bank.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// f(i, scores) for every row i of x, scores[j] its similarity with row j of c; rows come in any order, from the executor's
/// workers. `function` is whose errors it makes. The same bits whatever the executor. Memory: 64 rows of scores per worker.
template <Similarity Sim, Scalar S, class F>
void each_score(char const* function, source<S> const& x, view<S> c, Sim similarity, executor const& on, F const& f) {
  auto const pool = pool::bank(c);
  source_of<S, S> const columns(c, Sim::kind, false, function, "centres");
  pool_access_of<S, std::remove_cvref_t<decltype(pool)>, Sim> s(pool, similarity);
  s.anchors = &x, s.candidates = &columns, s.caller = function;
  constexpr idx block = 64;
  int const workers = x.n * c.rows() < 1 << 14 ? 1 : (std::max)(1, on.workers);
  on.run(workers, [&](int w) {
    range const rows_of_worker = part(0, x.n, w, workers, block);
    workspace<S> d;
    for (idx i0 = rows_of_worker.from; i0 < rows_of_worker.to; i0 += block) {
      idx const i1 = (std::min)(i0 + block, rows_of_worker.to);
      S* const tile = workspace<S>::fit(d.tile, block * c.rows());
      for (idx j0 = 0; j0 < c.rows(); j0 += quantum) score(s, i0, i1, j0, (std::min)(j0 + quantum, c.rows()), tile + j0, c.rows(), d);
      for (idx i = i0; i < i1; ++i) f(i, tile + (i - i0) * c.rows());
    }
  });
}

}}  // namespace foil::engine
