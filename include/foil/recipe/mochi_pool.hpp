// SPDX-License-Identifier: BSD-3-Clause
// Mixed negatives of a whole batch as a pool: what MoCHi appends to the logits of the memory.
#pragma once

#include "foil/core/option.hpp"
#include "foil/engine/unit_rows.hpp"
#include "foil/pool/own.hpp"
#include "foil/sample/mochi.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Constants: build them anew each step.
///   auto const mixed = mining::mix_batch(q, memory, seed, step);
///   objective{loss::info_nce{}, similarity::cosine{}}.value_and_grad(q, pool::in_batch(k), pool::bank(memory), mixed.pool());
template <Scalar S>
struct mixed_negatives {
  matrix<S> rows;   ///< [B * per_row, d]: of each query s mixes of two negatives, then s' with the query; unit length
  idx per_row = 0;  ///< mixes of each query

  /// A pool of private negatives that gets no gradient; without a mix it has no columns. Views this object.
  auto pool() const& {
    auto p = foil::pool::optional(per_row > 0, foil::pool::own(rows, (std::max)(per_row, idx(1))));
    p.trains = false;
    return p;
  }
  auto pool() && = delete;
};

/// For every row of queries [B, d] the mixes of its hardest in memory [K, d]; both sides are scaled to unit length here.
/// Parents and weights are keyed by (seed, epoch, row). An empty memory gives none. O(B (K + s + s') d).
template <class Q, class M>
auto mix_batch(Q const& queries, M const& memory, std::uint64_t seed, std::uint32_t epoch = 0, mochi_options const& o = {}) {
  check_options("mix_batch", o);
  require(queries.cols() == memory.cols(), "mix_batch: queries are of dim ", idx(queries.cols()), ", memory of dim ", idx(memory.cols()));
  require_finite(as_view(queries), "mix_batch", "queries"), require_finite(as_view(memory), "mix_batch", "memory");
  auto const q = foil::unit_rows(queries), bank = foil::unit_rows(memory);
  using S = typename std::remove_cvref_t<decltype(q)>::Scalar;
  idx const d = q.cols();
  mixed_negatives<S> out;
  out.per_row = bank.rows() > 0 ? o.between + o.with_query : 0;
  out.rows.resize(q.rows() * out.per_row, d);
  for (idx i = 0; i < q.rows() && out.per_row > 0; ++i) {
    auto const m = mochi(as_view(q).middle(i, 1), as_view(bank), random_stream(seed, purpose::mix, epoch, std::uint64_t(i)), o);
    S* const to = out.rows.data() + i * out.per_row * d;
    std::copy_n(m.between.data(), o.between * d, to);
    std::copy_n(m.with_query.data(), o.with_query * d, to + o.between * d);
  }
  return out;
}

}}  // namespace foil::mining
