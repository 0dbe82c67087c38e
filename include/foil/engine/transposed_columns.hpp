// SPDX-License-Identifier: BSD-3-Clause
// Columns of any loss: tiles of scores are transposed for their statistics, in both passes.
#pragma once

#include <vector>

#include "foil/engine/column_pass.hpp"
#include "foil/engine/transposed_tile.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class transposed_columns final : public column_pass<S> {
 public:
  transposed_columns(pass_state<S>& s, row_pass<S>& rows, column_totals<S>& columns)
      : s_(s), rows_(rows), columns_(columns), tiles_(std::size_t(s.field.workers())) {}

  void forward(workspace<S>& d, block<S> const& tile) override { rows_.forward(d, tile); }
  void forward_columns(idx r0, idx r1) override {
    s_.field.each_block(r0, r1, [&](block<S> const& b) {
      if (b.n != 0) return;
      if (!b.scored) s_.field.by_rows(r0, r1, [&](workspace<S>& d, range r) { s_.field.fill(d, r, b); });
      s_.field.share(b.c0, b.c1, quantum, [&](workspace<S>& d, range columns) {
        each_tile(r0, r1, columns, [&](idx i0, idx i1, idx j0, idx j1) { add(d, b.part(i0, i1, j0, j1)); });
      });
    });
  }
  void backward(workspace<S>& d, block<S> const& tile) override {
    // Rows are split at the quantum: the slices of the forward pass.
    each_tile(tile.r0, tile.r1, {tile.c0, tile.c1}, [&](idx i0, idx i1, idx j0, idx j1) { slope(d, tile.part(i0, i1, j0, j1)); });
  }
  bool forgets_scores() const override { return false; }

  /// The columns' statistics see a tile of scores.
  void add(workspace<S>& d, block<S> const& tile) {
    transpose(d, tile).each_column([&](idx c, slice<S> const& x) {
      columns_.note_negatives(c, simd::count_live(x.bias, x.size) > 0);
      columns_.program.add(c, x);
    });
  }
  /// Slopes of both directions take the place of its scores.
  void slope(workspace<S>& d, block<S> const& tile) {
    transposed_tile<S>& t = transpose(d, tile);
    t.slopes(s_.program, s_.factor, columns_.program, columns_.factor);
    for (idx i = tile.r0; i < tile.r1; ++i) s_.slopes.replace(tile.n, i, tile.c0, tile.at(i, tile.c0), t.row_slopes(i), tile.c1 - tile.c0);
  }

 private:
  transposed_tile<S>& transpose(workspace<S>& d, block<S> const& tile) {
    transposed_tile<S>& t = tiles_[std::size_t(s_.field.number_of(d))];
    t.open(tile.r0, tile.r1, tile.c0, tile.c1);
    for (idx i = tile.r0; i < tile.r1; ++i) {
      S const* const s = tile.at(i, tile.c0);
      s_.p.pools[tile.n]->label(i, tile.c0, tile.c1 - tile.c0, s, s_.prepass.facts(i), t.labels);
      t.put(i, s, s_.p.scale);
    }
    return t;
  }

  pass_state<S>& s_;
  row_pass<S>& rows_;
  column_totals<S>& columns_;
  std::vector<transposed_tile<S>> tiles_;  ///< one per worker
};

}}  // namespace foil::engine
