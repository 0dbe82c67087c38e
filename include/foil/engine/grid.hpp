// SPDX-License-Identifier: BSD-3-Clause
// The field of scores cut into panels, blocks and tiles: which plan fits the budget, where scores lie, who works on them.
#pragma once

#include "foil/engine/block.hpp"
#include "foil/engine/outcome.hpp"
#include "foil/engine/work_range.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class grid {
 public:
  /// `together`: every row must be complete before any slope is known. `both`: columns have statistics too.
  grid(problem<S> const& p, bool together, bool both)
      : p_(p), workers_((std::max)(1, p.how.executor.workers)), row_step_(both ? row_quantum : 16) {
    for (pool_access<S> const* pool : p_.pools) first_column_.push_back(all_), all_ += pool->columns;
    auto const numbers = idx(p_.how.budget / sizeof(S));
    // A tile larger than the field is the field.
    panel_ = round_up((std::max)((std::min)(p_.how.tile.rows, p_.rows), idx(both ? workers_ * row_quantum : 1)), row_quantum);
    // A worker that has few rows of a panel spends its time on packing the candidates once more.
    idx const fair =
        (std::min)(round_up(idx(workers_) * fair_rows, row_quantum), numbers / (std::max)(all_, idx(1)) / row_quantum * row_quantum);
    if (workers_ > 1) panel_ = (std::max)(panel_, fair);
    chunk_ = round_up(std::clamp(p_.how.tile.columns, idx(1), (std::max)(all_, idx(1))), quantum);
    if (!together && (std::min)(panel_, p_.rows) * all_ > numbers) panel_ = row_quantum;
    if (together)
      chosen_ = p_.rows * all_ <= numbers ? plan::keep_all : plan::tiled;
    else
      chosen_ = (std::min)(panel_, p_.rows) * all_ <= numbers ? plan::row_panels : plan::tiled;
    if (chosen_ == plan::keep_all) panel_ = round_up((std::max)(p_.rows, idx(1)), row_quantum);
    block_ = (std::max)(chunk_, numbers / panel_ / chunk_ * chunk_);
    if (p_.rows * all_ < 1 << 14) workers_ = 1;  // starting threads would cost more than the work
    workspaces_ = std::vector<workspace<S>>(std::size_t(workers_));
    scores_ = std::vector<scratch<S>>(p_.pools.size());
    near_ = std::vector<near_pairs>(p_.pools.size());
    for (std::size_t n = 0; n < scores_.size() && !tiled(); ++n) scores_[n].fit(panel_rows() * stride(p_.pools[n]->columns));
  }

  plan chosen() const { return chosen_; }
  bool tiled() const { return chosen_ == plan::tiled; }
  int workers() const { return workers_; }
  idx panel_rows() const { return (std::min)(panel_, p_.rows); }
  idx columns() const { return all_; }
  /// Number of pool n's first column, counted across all pools.
  idx first_column(std::size_t n) const { return first_column_[n]; }
  /// First row of the panel whose scores are kept; 0 where none are.
  idx base() const { return base_; }
  void begin(idx row) { base_ = row; }
  /// The pairs that were scored one by one, of a kept panel from `row` on, or of a block.
  near_pairs const& near(std::size_t n) const { return near_[n]; }
  void open_near(idx row) {
    for (std::size_t n = 0; n < near_.size(); ++n) open_near(n, row, (std::min)(panel_, p_.rows - row), 0, p_.pools[n]->columns);
  }

  /// Length of a row of scores with its padding: an odd number of cache lines, so that rows do not share cache sets.
  static idx stride(idx columns) {
    constexpr idx line = 64 / idx(sizeof(S));
    return ((columns + line - 1) / line | 1) * line;
  }
  /// Where rows from i0 on against columns [j0, j1) of pool n are kept; a tile of the workspace where nothing is.
  block<S> tile(workspace<S>& d, std::size_t n, idx i0, idx i1, idx j0, idx j1) {
    idx const ld = stride(tiled() ? j1 - j0 : p_.pools[n]->columns);
    S* const data = tiled() ? d.tile.fit((i1 - i0) * ld) : scores_[n].data() + (i0 - base_) * ld + j0;
    return {n, i0, i1, j0, j1, data, ld, !tiled()};
  }

  /// f(workspace, part of [from, to)) for every worker.
  template <class F>
  void share(idx from, idx to, idx step, F const& f) {
    p_.how.executor.run(workers_, [&](int w) { f(workspaces_[std::size_t(w)], part(from, to, w, workers_, step)); });
  }
  template <class F>
  void by_rows(idx r0, idx r1, F const& f) {
    share(r0, r1, row_step_, f);
  }
  int number_of(workspace<S> const& d) const { return int(&d - workspaces_.data()); }
  workspace<S>& first_workspace() { return workspaces_[0]; }

  template <class F>
  void each_panel(F const& f) {
    for (idx r0 = 0; r0 < p_.rows; r0 += panel_) f(r0, (std::min)(r0 + panel_, p_.rows));
  }
  /// f(block) for the blocks of a panel: pools as a whole where the plan keeps their scores, else as many columns as fit the
  /// budget, yet to be scored.
  template <class F>
  void each_block(idx r0, idx r1, F const& f) {
    for (std::size_t n = 0; n < p_.pools.size(); ++n) {
      idx const columns = p_.pools[n]->columns, step = tiled() ? block_ : columns;
      for (idx c0 = 0; c0 < columns; c0 += step) {
        idx const c1 = (std::min)(c0 + step, columns), ld = stride(c1 - c0);
        if (tiled()) open_near(n, r0, r1 - r0, c0, c1 - c0);
        f(block<S>{n, r0, r1, c0, c1, tiled() ? block_scores_.fit((r1 - r0) * ld) : scores_[n].data(), ld, !tiled()});
      }
    }
  }
  /// f(j0, j1) for the chunks of columns [c0, c1): what a tile of scores is wide.
  template <class F>
  void chunks(idx c0, idx c1, F const& f) const {
    for (idx j0 = c0; j0 < c1; j0 += chunk_) f(j0, (std::min)(j0 + chunk_, c1));
  }
  void fill(workspace<S>& d, range r, block<S> const& b) {
    if (r.from >= r.to) return;
    chunks(b.c0, b.c1, [&](idx j0, idx j1) { score(*p_.pools[b.n], r.from, r.to, j0, j1, b.at(r.from, j0), b.ld, d, &near_[b.n]); });
  }
  /// f(tile) for rows r against all pools. `fresh`: scores are computed on the way, and stay where the plan keeps them.
  template <class F>
  void tiles(workspace<S>& d, range r, bool fresh, F const& f) {
    for (std::size_t n = 0; n < p_.pools.size(); ++n)
      chunks(0, p_.pools[n]->columns, [&](idx j0, idx j1) {
        for (idx i0 = r.from; i0 < r.to; i0 += row_quantum) {
          block<S> const b = tile(d, n, i0, (std::min)(i0 + row_quantum, r.to), j0, j1);
          if (fresh) score(*p_.pools[n], i0, b.r1, j0, j1, b.data, b.ld, d, tiled() ? nullptr : &near_[n]);
          f(b);
        }
      });
  }
  /// f(pool, row, first column, count, scores) for every slice of rows r, tile by tile while its scores are in cache.
  template <class F>
  void slices(workspace<S>& d, range r, bool fresh, F const& f) {
    tiles(d, r, fresh, [&](block<S> const& b) { b.each_slice([&](idx i, idx j, idx count, S* s) { f(b.n, i, j, count, s); }); });
  }

 private:
  static constexpr idx fair_rows = 128;

  void open_near(std::size_t n, idx r0, idx rows, idx c0, idx columns) {
    pool_access<S> const& pool = *p_.pools[n];
    if (p_.gradients && pool.shared() && pool.measures_distance()) near_[n].open(r0, rows, c0, columns);
  }

  problem<S> const& p_;
  int workers_;
  idx panel_ = 0, chunk_ = 0, block_ = 0, base_ = 0, row_step_, all_ = 0;
  plan chosen_{};
  std::vector<workspace<S>> workspaces_;
  std::vector<idx> first_column_;
  std::vector<scratch<S>> scores_;
  std::vector<near_pairs> near_;  ///< per pool; of shared distances whose gradient is wanted
  scratch<S> block_scores_;       ///< where the plan keeps none
};

}}  // namespace foil::engine
