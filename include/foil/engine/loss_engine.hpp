// SPDX-License-Identifier: BSD-3-Clause
// The one loop over the field of scores, compiled once per scalar type: the order of its phases for the three plans.
//   row_prepass: facts of the rows that biases and selections need      forward: scores, statistics, formulas
//   backward: slopes over the scores, gradient of the anchors           to_candidates: gradient of the candidates
// Row panels do all four panel by panel; keep-all does each for all rows; tiled computes scores twice.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "foil/engine/shared_exp_columns.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class loss_engine {
 public:
  loss_engine(problem<S> const& p, row_program<S>& rows, row_program<S>* columns, double share, outcome<S> reuse)
      : p_(p),
        state_(p, rows, columns != nullptr, std::move(reuse)),
        field_(state_.field),
        lifts_(rows.lifts && (!columns || columns->lifts)) {
    auto in_place = choose_in_place(rows, columns);
    if (columns) column_totals_.emplace(state_, *columns, share);
    if (columns && in_place) columns_ = std::make_unique<shared_exp_columns<S>>(state_, *in_place, *column_totals_);
    if (in_place)
      rows_ = std::move(in_place);
    else
      rows_ = std::make_unique<general_rows<S>>(state_);
    if (columns && !columns_) columns_ = std::make_unique<transposed_columns<S>>(state_, *rows_, *column_totals_);
  }

  outcome<S> run() {
    field_.tiled() ? run_tiled() : run_kept();
    write_result();
    return std::move(state_.out);
  }

 private:
  /// Null where rows, or columns, of this call need their scores again.
  std::unique_ptr<in_place_rows<S>> choose_in_place(row_program<S> const& rows, row_program<S> const* columns) {
    bool const weights = std::any_of(p_.weight_gradient.begin(), p_.weight_gradient.end(), [](char wanted) { return wanted; });
    bool const able = rows.in_place && !weights && (!columns || (rows.shared_exp && !p_.pools[0]->bent()));
    return able ? std::make_unique<in_place_rows<S>>(state_, *rows.in_place) : nullptr;
  }
  row_pass<S>& pass(std::size_t pool) { return columns_ && pool == 0 ? *columns_ : *rows_; }

  void run_tiled() {
    row_prepass<S>& prepass = state_.prepass;
    auto const rows = [&](auto const& work) { field_.each_panel([&](idx r0, idx r1) { field_.by_rows(r0, r1, work); }); };
    if (prepass.learns()) rows([&](workspace<S>& d, range r) { prepass.learn(d, r); });
    if (prepass.ranks()) rows([&](workspace<S>& d, range r) { prepass.rank(d, r, true); });
    state_.open_slots(0, p_.rows);
    field_.each_panel([&](idx r0, idx r1) {
      field_.by_rows(r0, r1, [&](workspace<S>& d, range r) { forward(d, r, true); });
      if (columns_) columns_->forward_columns(r0, r1);
    });
    add_up();
    if (p_.gradients)
      field_.each_panel([&](idx r0, idx r1) {
        field_.each_block(r0, r1, [&](block<S> const& b) {
          field_.by_rows(r0, r1, [&](workspace<S>& d, range r) { backward(d, r, b); });
          state_.gradient.to_candidates(b);
        });
      });
  }

  void run_kept() {
    row_prepass<S>& prepass = state_.prepass;
    bool const panels = field_.chosen() == plan::row_panels, fused = panels && !p_.one_by_one;
    field_.each_panel([&](idx r0, idx r1) {
      field_.begin(r0), field_.open_near(r0);
      auto const slopes = [&](workspace<S>& d, range r) { field_.each_block(r0, r1, [&](block<S> const& b) { backward(d, r, b); }); };
      if (!p_.one_by_one) state_.open_slots(r0, r1);
      field_.by_rows(r0, r1, [&](workspace<S>& d, range r) {
        if (prepass.learns()) prepass.learn(d, r);
        if (prepass.ranks()) prepass.rank(d, r, !prepass.learns());
        if (!p_.one_by_one) forward(d, r, !prepass.learns() && !prepass.ranks());
        if (fused && p_.gradients) slopes(d, r);
      });
      if (p_.one_by_one) {  // slots are known only now
        state_.open_slots(r0, r1);
        field_.by_rows(r0, r1, [&](workspace<S>& d, range r) { forward(d, r, false); });
      }
      if (columns_) columns_->forward_columns(r0, r1);
      if (!panels) add_up();
      if (!p_.gradients) return;
      if (!fused) field_.by_rows(r0, r1, slopes);
      field_.each_block(r0, r1, [&](block<S> const& b) { state_.gradient.to_candidates(b); });
    });
    if (panels) add_up();
  }

  void forward(workspace<S>& d, range r, bool fresh) {
    field_.tiles(d, r, fresh, [&](block<S> const& b) { pass(b.n).forward(d, b); });
    for (idx i = r.from; i < r.to; ++i) state_.finish_row(i);
  }
  void backward(workspace<S>& d, range r, block<S> const& b) {
    if (r.from >= r.to) return;
    pool_access<S> const& pool = *p_.pools[b.n];
    if (!b.scored) field_.fill(d, r, b);
    field_.chunks(b.c0, b.c1, [&](idx j0, idx j1) {
      block<S> const tile = b.part(r.from, r.to, j0, j1);
      pass(b.n).backward(d, tile);
      if (pool.shared()) state_.gradient.to_anchors(d, tile);
    });
    if (!pool.shared() && pool.kind != pool::layout::given) state_.gradient.to_anchors_one_by_one(d, b.part(r.from, r.to, b.c0, b.c1));
  }

  /// The loss, from those of all rows and columns.
  void add_up() {
    outcome<S>& out = state_.out;
    for (idx i = 0; i < p_.rows; ++i) {
      require(!state_.totals.refused(i), p_.function, ": row ", i, " has no negatives among its ", field_.columns(),
              " candidates; this loss needs at least one in every row");
      out.without_positive += out.positives[std::size_t(i)] == 0, out.without_negatives += out.kept[std::size_t(i)] == 0;
    }
    total const t = state_.totals.add_up();
    factor_ = t.factor;
    if (columns_) {
      column_totals_->add_up(t);
      factor_ = 1;  // rows and columns have theirs already
      // A row's slopes hold its columns' too, and only all of them together have a sum that is known: one score for all rows.
      auto const first = std::find(out.used.begin(), out.used.end(), 1);
      if (first != out.used.end()) state_.slopes.set_all_origins(state_.slopes.origin(first - out.used.begin()));
    }
    require(finite_bits(out.value), p_.function, ": the loss, ", double(out.value), ", is more than ", scalar_name<S>, " holds");
  }

  /// Sums of per-row by-products, in row order; then the gradients.
  void write_result() {
    outcome<S>& out = state_.out;
    auto count = [&](source<S> const& s) { out.zero_rows += s.zero_rows, out.bad_rows += s.bad_rows; };
    for (source<S> const* a : p_.anchor_groups) count(*a);
    for (pool_access<S> const* pool : p_.pools)
      if (!pool->is_self) count(*pool->candidates);
    if (!p_.gradients) return;
    bool const no_scores = columns_ && columns_->forgets_scores();
    for (idx i = 0; i < p_.rows; ++i) {
      double const shift = lifts_ ? double(state_.factor) * state_.totals.lift(i) : state_.slopes.sum(i);
      // sum_j slope_j score_j is anchor . gradient, too.
      double const dot = no_scores ? state_.gradient.along_anchor(*p_.pools[0], i) / double(p_.scale)
                                   : state_.slopes.score_sum(i) + double(state_.slopes.origin(i)) * shift;
      out.scale += factor_ * dot, out.shift += factor_ * shift;
    }
    if (columns_ && lifts_ && p_.rows > 0) {
      double const shift = factor_ * column_totals_->lift();
      out.shift += shift;
      if (!no_scores) out.scale += shift * double(state_.slopes.origin(0));
    }
    state_.gradient.write_result(out, factor_);
    require(finite_bits(out.scale) && finite_bits(out.shift), p_.function,
            ": the gradient of the scale or of a common offset is more than ", scalar_name<S>,
            " holds; scale the embeddings or raise the temperature");
  }

  problem<S> const& p_;
  pass_state<S> state_;
  grid<S>& field_;
  std::unique_ptr<row_pass<S>> rows_;
  std::optional<column_totals<S>> column_totals_;
  std::unique_ptr<column_pass<S>> columns_;  ///< of both directions' losses, else null
  bool lifts_;                               ///< the sum of a row's slopes is known without adding them up
  double factor_ = 0;                        ///< on all slopes
};

/// The outcome is written in the memory of `reuse`, an earlier one or an empty one. `by_column`: the loss's other direction,
/// over the columns of the first pool, and `share` of both.
template <Scalar S>
outcome<S> solve(problem<S> const& p, row_program<S>& rows, row_program<S>* by_column = nullptr, double share = 1, outcome<S> reuse = {}) {
  return loss_engine<S>(p, rows, by_column, share, std::move(reuse)).run();
}

#if defined(FOIL_COMPILED)
extern template outcome<float> solve<float>(problem<float> const&, row_program<float>&, row_program<float>*, double, outcome<float>);
extern template outcome<double> solve<double>(problem<double> const&, row_program<double>&, row_program<double>*, double, outcome<double>);
#endif

}}  // namespace foil::engine
