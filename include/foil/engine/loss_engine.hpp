// SPDX-License-Identifier: BSD-3-Clause
// The one loop over the field of scores, compiled once per scalar type: the order of its phases for the three plans.
//   row_prepass: facts of the rows that biases and selections need      forward: scores, statistics, formulas
//   backward: slopes over the scores, gradient of the anchors           to_candidates: gradient of the candidates
// Row panels do all four panel by panel; keep-all does each for all rows; tiled computes scores twice.
#pragma once

#include <algorithm>
#include <utility>

#include "foil/engine/held_results.hpp"
#include "foil/engine/scale_gradient.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class loss_engine {
 public:
  loss_engine(problem<S> const& p, row_program<S>& rows, column_side<S> const* side, outcome<S> reuse)
      : p_(p), state_(p, rows, side != nullptr, std::move(reuse)), field_(state_.field), passes_(state_, side) {}

  outcome<S> run() {
    field_.tiled() ? run_tiled() : run_kept();
    write_result();
    return std::move(state_.out);
  }

 private:
  void run_tiled() {
    row_prepass<S>& prepass = state_.prepass;
    auto const rows = [&](auto const& work) { field_.each_panel([&](idx r0, idx r1) { field_.by_rows(r0, r1, work); }); };
    if (prepass.learns()) rows([&](workspace<S>& d, range r) { prepass.learn(d, r); });
    if (prepass.ranks()) rows([&](workspace<S>& d, range r) { prepass.rank(d, r, true); });
    state_.open_slots(0, p_.rows);
    field_.each_panel([&](idx r0, idx r1) {
      field_.by_rows(r0, r1, [&](workspace<S>& d, range r) { forward(d, r, true); });
      if (auto* const columns = passes_.columns()) columns->forward_columns(r0, r1);
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
      if (auto* const columns = passes_.columns()) columns->forward_columns(r0, r1);
      if (!panels) add_up();
      if (!p_.gradients) return;
      if (!fused) field_.by_rows(r0, r1, slopes);
      field_.each_block(r0, r1, [&](block<S> const& b) { state_.gradient.to_candidates(b); });
    });
    if (panels) add_up();
  }

  void forward(workspace<S>& d, range r, bool fresh) {
    field_.tiles(d, r, fresh, [&](block<S> const& b) { passes_.of(b.n).forward(d, b); });
    for (idx i = r.from; i < r.to; ++i) state_.finish_row(i);
  }
  void backward(workspace<S>& d, range r, block<S> const& b) {
    if (r.from >= r.to) return;
    pool_access<S> const& pool = *p_.pools[b.n];
    if (!b.scored) field_.fill(d, r, b);
    field_.chunks(b.c0, b.c1, [&](idx j0, idx j1) {
      block<S> const tile = b.part(r.from, r.to, j0, j1);
      passes_.of(b.n).backward(d, tile);
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
    if (auto* const columns = passes_.totals()) {
      columns->add_up(t);
      factor_ = 1;  // rows and columns have theirs already
    }
    require_held(out.value, p_.function);
  }

  void write_result() {
    outcome<S>& out = state_.out;
    auto count = [&](source<S> const& s) { out.zero_rows += s.zero_rows, out.bad_rows += s.bad_rows; };
    for (source<S> const* a : p_.anchor_groups) count(*a);
    for (pool_access<S> const* pool : p_.pools)
      if (!pool->is_self) count(*pool->candidates);
    if (!p_.gradients) return;
    add_scale_gradient(state_, passes_, factor_);
    state_.gradient.write_result(out, factor_);
    check_scale_gradient(state_);
  }

  problem<S> const& p_;
  pass_state<S> state_;
  grid<S>& field_;
  passes<S> passes_;
  double factor_ = 0;  ///< on all slopes
};

/// The outcome is written in the memory of `reuse`, an earlier one or an empty one. `side`: the loss's other direction, null for rows
/// alone.
template <Scalar S>
outcome<S> solve(problem<S> const& p, row_program<S>& rows, column_side<S> const* side, outcome<S> reuse) {
  return loss_engine<S>(p, rows, side, std::move(reuse)).run();
}

#if defined(FOIL_COMPILED)
extern template outcome<float> solve<float>(problem<float> const&, row_program<float>&, column_side<float> const*, outcome<float>);
extern template outcome<double> solve<double>(problem<double> const&, row_program<double>&, column_side<double> const*, outcome<double>);
#endif

}}  // namespace foil::engine
