// SPDX-License-Identifier: BSD-3-Clause
// Columns of a loss whose rows leave exponentials in place: sums and slopes of both directions come from the same numbers.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "foil/engine/column_side.hpp"
#include "foil/engine/in_place_rows.hpp"
#include "foil/engine/shared_exp_sums.hpp"
#include "foil/engine/transposed_columns.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class shared_exp_columns final : public column_pass<S> {
 public:
  shared_exp_columns(pass_state<S>& s, in_place_rows<S>& rows, column_totals<S>& columns)
      : s_(s),
        rows_(rows),
        columns_(columns),
        transposed_(s, rows, columns),
        sums_(s.p.rows, s.p.pools[0]->columns, s.field.panel_rows(), s.program.shared_exp->exponent_factor(s.p.scale)) {}

  /// Forward pass of the rows; each tile adds up its columns, too.
  void forward(workspace<S>& d, block<S> const& tile) override {
    each_tile(tile.r0, tile.r1, {tile.c0, tile.c1}, [&](idx i0, idx i1, idx j0, idx j1) { forward_tile(d, tile.part(i0, i1, j0, j1)); });
  }
  /// Adds the panel's column sums to the column states in row order; tiles flagged for underflow are scored again and transposed.
  void forward_columns(idx r0, idx r1) override {
    s_.field.share(0, s_.p.pools[0]->columns, quantum, [&](workspace<S>& d, range columns) {
      each_tile(r0, r1, columns, [&](idx i0, idx i1, idx j0, idx j1) {
        if (sums_.usable(i0, j0)) return add_sums(i0, j0, j1);
        block<S> const b = s_.field.tile(d, 0, i0, i1, j0, j1);
        score(*s_.p.pools[0], i0, i1, j0, j1, b.data, b.ld, d);
        transposed_.add(d, b);
      });
    });
  }
  void backward(workspace<S>& d, block<S> const& tile) override {
    each_tile(tile.r0, tile.r1, {tile.c0, tile.c1}, [&](idx i0, idx i1, idx j0, idx j1) {
      block<S> const part = tile.part(i0, i1, j0, j1);
      sums_.usable(i0, j0) ? slope(d, part) : transposed_.slope(d, part);
    });
  }
  bool forgets_scores() const override { return true; }

 private:
  void forward_tile(workspace<S>& d, block<S> const& tile) {
    idx const j = tile.c0, count = tile.c1 - tile.c0;
    S references[row_quantum];
    auto& positives = sums_.positives(tile.r0, j);
    positives.clear();
    for (idx i = tile.r0; i < tile.r1; ++i) {
      S* const s = tile.at(i, j);
      s_.label_and_count(d, 0, i, j, count, s);
      references[i - tile.r0] = rows_.add(d, 0, i, j, count, s).reference;
      for (idx p : d.labels.positives) positives.push_back({i, j + p, std::exchange(s[p], S(0))});
    }
    sums_.add_up(tile.r0, j, tile.data, tile.ld, references, tile.r1 - tile.r0, count);
    for (auto const& p : positives) *tile.at(p.row, p.column) = p.score;
  }
  void add_sums(idx i, idx j0, idx j1) {
    S const *const sums = sums_.sums(i, j0), top = sums_.top(i, j0);
    for (idx c = j0; c < j1; ++c) {
      columns_.program.shared_exp->add_sum(c, top, sums_.factor(), sums[c - j0]);
      columns_.note_negatives(c, true);
    }
    for (auto const& p : sums_.positives(i, j0)) columns_.program.add(p.column, single_pair(p.column, p.row, p.score, s_.p.scale).seen);
  }
  void slope(workspace<S>& d, block<S> const& tile) {
    idx const j = tile.c0, count = tile.c1 - tile.c0;
    S const top = sums_.top(tile.r0, j);
    S by_column[quantum], own[quantum];
    for (idx c = 0; c < count; ++c) by_column[c] = columns_.program.in_place->factor(j + c, top, columns_.factor);
    for (idx i = tile.r0; i < tile.r1; ++i) {
      S* const s = tile.at(i, j);
      S const reference = rows_.forward_result(d, tile, i, j, count).reference;
      idx const slot = s_.slots.first(i);
      rows_.take_positives(d, s, own);
      S const by_row = s_.program.in_place->factor(slot, reference, s_.factor);
      s_.slopes.add(i, simd::join_slopes(s, by_row, sums_.share(reference, top), by_column, s_.p.scale, count), 0);
      if (d.labels.positives.empty()) continue;
      s_.program.in_place->slope_positives(slot, s_.slices.in_place(d, 0, i, j, count), s_.factor, d.g.data());
      for (idx p : d.labels.positives) {
        S& g = d.g[std::size_t(p)];
        single_pair const x(j + p, i, d.plain[std::size_t(p)], s_.p.scale);
        columns_.program.in_place->slope_positives(j + p, x.seen, columns_.factor, &g);
        s_.slopes.add(i, double(g), 0), s[p] = s_.p.scale * std::exchange(g, S(0));
      }
    }
  }
  /// A positive pair, as the statistics of its column are given it.
  struct single_pair {
    S score, u, bias = log_zero<S>;
    idx at = 0;
    slice<S> seen;
    single_pair(idx column, idx row, S plain, S scale)
        : score(plain), u(scale * plain), seen{column, row, 1, &u, &bias, {&at, 1}, nullptr, log_zero<S>, &score, scale} {}
    single_pair(single_pair const&) = delete;
  };

  pass_state<S>& s_;
  in_place_rows<S>& rows_;
  column_totals<S>& columns_;
  transposed_columns<S> transposed_;  ///< for tiles whose sums are of no use
  shared_exp_sums<S> sums_;
};

/// Both directions of a loss: `columns` is its other one, `share` the factor on the loss of each.
template <Scalar S>
column_side<S> columns_of_loss(row_program<S>& columns, double share) {
  return {columns, share,
          [](pass_state<S>& s, in_place_rows<S>& rows, column_totals<S>& t) -> std::unique_ptr<column_pass<S>> {
            return std::make_unique<shared_exp_columns<S>>(s, rows, t);
          },
          [](pass_state<S>& s, row_pass<S>& rows, column_totals<S>& t) -> std::unique_ptr<column_pass<S>> {
            return std::make_unique<transposed_columns<S>>(s, rows, t);
          }};
}

#if defined(FOIL_COMPILED)
extern template column_side<float> columns_of_loss<float>(row_program<float>&, double);
extern template column_side<double> columns_of_loss<double>(row_program<double>&, double);
#endif

}}  // namespace foil::engine
