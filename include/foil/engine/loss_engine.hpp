// SPDX-License-Identifier: BSD-3-Clause
// The one loop over the field of scores, compiled once per scalar type.
//   row_prepass: facts of the rows that biases and selections need      forward: scores, statistics, formulas
//   backward: slopes over the scores, gradient of the anchors    collect: gradient of the candidates
// Row panels do all four panel by panel; keep-all does each for all rows; tiled computes scores twice.
#pragma once

#include <optional>

#include "foil/engine/gradients.hpp"
#include "foil/engine/row_totals.hpp"
#include "foil/engine/score_range.hpp"
#include "foil/engine/shared_exp_columns.hpp"
#include "foil/engine/slice_builder.hpp"
#include "foil/engine/transposed_tile.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class loss_engine {
 public:
  /// The outcome is written in the memory of `room`, an earlier one or an empty one.
  loss_engine(problem<S> const& p, row_program<S>& rows, row_program<S>* by_column, double share, outcome<S> reuse)
      : p_(p),
        rows_(rows),
        columns_(by_column),
        share_(share),
        grid_(p, rows.batched || by_column != nullptr, by_column != nullptr),
        prepass_(p, grid_),
        slots_(p, prepass_),
        slices_(p, grid_, prepass_, slots_),
        gradients_(p, grid_),
        out_(std::move(reuse)) {
    shares_exp_ = columns_ && rows_.shares_exp && !p_.pools[0]->bent();
    in_place_ = rows_.in_place && (!columns_ || shares_exp_) &&
                std::none_of(p_.weight_gradient.begin(), p_.weight_gradient.end(), [](char wanted) { return wanted; });
    prepare();
  }

  outcome<S> run() {
    grid_.tiled() ? run_tiled() : run_kept();
    write_result();
    return std::move(out_);
  }

 private:
  void prepare() {
    out_.clear();
    out_.chosen = grid_.chosen();
    out_.scale_used = double(p_.scale);
    totals_.emplace(p_.function, rows_, out_, p_.rows);
    auto const rows = std::size_t(p_.rows);
    shift_.assign(rows, 0), slope_dot_.assign(rows, 0);
    origin_.assign(rows, S(0));
    lifts_ = rows_.lifts && (!columns_ || columns_->lifts);
    if (columns_) {
      transposed_.resize(std::size_t(grid_.workers()));
      column_negatives_.assign(std::size_t(p_.pools[0]->columns), 0);
      columns_->reset(p_.pools[0]->columns);
    }
    for (pool_access<S> const* pool : p_.pools) wide_.push_back(may_leave_range(*pool, double(p_.scale)));
    if (shares_exp_) shared_exp_.open(p_.rows, p_.pools[0]->columns, grid_.panel_rows(), rows_.in_place_scale(p_.scale));
    if (in_place_ && !grid_.tiled())
      for (pool_access<S> const* pool : p_.pools) shape_.emplace_back(std::size_t(grid_.panel_rows() * slices_in(*pool)));
    gradients_.open(out_);
  }

  void run_tiled() {
    auto const rows = [&](auto const& work) { grid_.each_panel([&](idx r0, idx r1) { grid_.by_rows(r0, r1, work); }); };
    if (prepass_.learns()) rows([&](workspace<S>& d, range r) { prepass_.learn(d, r); });
    if (prepass_.ranks()) rows([&](workspace<S>& d, range r) { prepass_.rank(d, r, true); });
    open_slots(0, p_.rows);
    grid_.each_panel([&](idx r0, idx r1) {
      shared_exp_.begin(r0);
      grid_.by_rows(r0, r1, [&](workspace<S>& d, range r) { forward(d, r, true); });
      if (shares_exp_) add_shared_columns(r0, r1);
    });
    if (columns_ && !shares_exp_)
      grid_.each_block([&](block<S> const& b) {
        if (b.n == 0) forward_columns(b);
      });
    add_up();
    if (!p_.gradients) return;
    grid_.each_block([&](block<S> const& b) {
      grid_.by_rows(b.r0, b.r1, [&](workspace<S>& d, range r) { spread(d, r, b); });
      gradients_.to_candidates(b);
    });
  }

  void run_kept() {
    bool const panels = grid_.chosen() == plan::row_panels, fused = panels && !p_.one_by_one;
    grid_.each_panel([&](idx r0, idx r1) {
      grid_.begin(r0), grid_.open_near(r0);
      auto const slopes = [&](workspace<S>& d, range r) { grid_.for_pools(r0, r1, [&](block<S> const& b) { spread(d, r, b); }); };
      if (!p_.one_by_one) open_slots(r0, r1);
      grid_.by_rows(r0, r1, [&](workspace<S>& d, range r) {
        if (prepass_.learns()) prepass_.learn(d, r);
        if (prepass_.ranks()) prepass_.rank(d, r, !prepass_.learns());
        if (!p_.one_by_one) forward(d, r, !prepass_.learns() && !prepass_.ranks());
        if (fused && p_.gradients) slopes(d, r);
      });
      if (p_.one_by_one) {
        open_slots(r0, r1);
        grid_.by_rows(r0, r1, [&](workspace<S>& d, range r) { forward(d, r, false); });
      }
      if (shares_exp_)
        add_shared_columns(r0, r1);
      else if (columns_)
        grid_.for_pools(r0, r1, [&](block<S> const& b) {
          if (b.n == 0) forward_columns(b);
        });
      if (!panels) add_up();
      if (!p_.gradients) return;
      if (!fused) grid_.by_rows(r0, r1, slopes);
      grid_.for_pools(r0, r1, [&](block<S> const& b) { gradients_.to_candidates(b); });
    });
    if (panels) add_up();
  }

  void open_slots(idx r0, idx r1) { rows_.reset(slots_.open(r0, r1)); }

  // ---- what statistics see ----

  /// A row whose slices can hold slopes in place of scores: it has one slot.
  bool in_place(idx i) const { return in_place_ && (!p_.one_by_one || prepass_.positives(i).size() == 1); }
  void label_and_count(workspace<S>& d, std::size_t n, idx i, idx j, idx count, S const* s) {
    if (wide_[n]) require_in_range(p_.function, n, i, j, s, count, double(p_.scale));
    slices_.label(d, n, i, j, count, s);
    totals_->count(i, idx(d.labels.positives.size()), simd::count_live(d.bias, count), d.labels.had_negatives);
  }
  /// The slice goes to the statistics, and its slopes, but for a factor, come in place of its scores. Those of the
  /// positives stay where they are.
  in_place_result<S> add_in_place(workspace<S>& d, std::size_t n, idx i, idx j, idx count, S* s, bool again) {
    pool_access<S> const& pool = *p_.pools[n];
    S score[quantum], own[quantum];
    S* next = own;
    for (idx p : d.labels.positives) *next++ = s[p], slices_.save_positive(d, p, s[p]);
    if (pool.bent()) std::copy_n(s, count, score);
    in_place_result<S> const shape = rows_.add_in_place(slots_.first(i), slices_.in_place(d, n, i, j, count), s, p_.scale, s, again);
    bend(n, i, j, score, s, count);
    next = own;
    for (idx p : d.labels.positives) s[p] = *next++;
    return shape;
  }
  /// From slopes of scores to slopes of products. Distances that were scored one by one, in private pools all of them, keep
  /// theirs: they go to the gradients one by one.
  void bend(std::size_t n, idx i, idx j, S const* score, S* s, idx count) {
    pool_access<S> const& pool = *p_.pools[n];
    if (!pool.bent() || (!pool.shared() && pool.measures_distance())) return;
    near_pairs const& near = grid_.near(n);
    if (!near.some(i, j, j + count)) return pool.link_slope(score, s, count);
    S kept[quantum];
    std::copy_n(s, count, kept);
    pool.link_slope(score, s, count);
    near.each(i, j, j + count, [&](idx c) { s[c - j] = kept[c - j]; });
  }
  /// The slopes of a row's products add up; of pairs that were scored one by one there is no product.
  void add_row_sum(std::size_t n, idx i, idx j, S* s, idx count) {
    pool_access<S> const& pool = *p_.pools[n];
    if (!pool.shared() || !pool.measures_distance()) return;
    S kept[quantum], *next = kept;
    near_pairs const& near = grid_.near(n);
    near.each(i, j, j + count, [&](idx c) { *next++ = std::exchange(s[c - j], S(0)); });
    gradients_.add_row_sum(pool, i, simd::sum(s, count));
    next = kept;
    near.each(i, j, j + count, [&](idx c) { s[c - j] = *next++; });
  }
  static idx slices_in(pool_access<S> const& pool) { return (pool.columns + quantum - 1) / quantum; }
  in_place_result<S>& shape_of(std::size_t n, idx i, idx j) {
    return shape_[n][std::size_t((i - grid_.base()) * slices_in(*p_.pools[n]) + j / quantum)];
  }

  // ---- forward pass ----

  void forward(workspace<S>& d, range r, bool fresh) {
    if (shares_exp_)
      grid_.tiles(d, r, row_quantum, fresh, [&](block<S> const& b) {
        if (b.n == 0) return forward_tiles(d, b);
        grid_.slices_of(b, [&](idx i, idx j, idx count, S* s) { digest_slice(d, b.n, i, j, count, s); });
      });
    else
      grid_.slices(d, r, fresh, [&](std::size_t n, idx i, idx j, idx count, S* s) { digest_slice(d, n, i, j, count, s); });
    for (idx i = r.from; i < r.to; ++i) finish(i);
  }
  void digest_slice(workspace<S>& d, std::size_t n, idx i, idx j, idx count, S* s) {
    label_and_count(d, n, i, j, count, s);
    if (in_place(i)) {
      in_place_result<S> const shape = add_in_place(d, n, i, j, count, s, false);
      if (!grid_.tiled()) shape_of(n, i, j) = shape;
    } else {
      slices_.for_each_slot(d, n, i, j, count, s, [&](idx slot, slice<S> const& x) { rows_.add(slot, x); });
    }
  }
  void finish(idx i) {
    if (!p_.anchor_groups.empty() && p_.anchor_groups[0]->is_bad(i)) return;
    idx const s0 = slots_.first(i), s1 = slots_.end(i);
    if (s0 < s1) origin_[std::size_t(i)] = rows_.origin(s0);
    totals_->finish(i, s0, s1, p_.mean_of_positives && s0 < s1 ? 1 / double(s1 - s0) : 1);
  }

  // ---- the columns' side: those of the first pool ----

  void forward_columns(block<S> const& b) {
    if (!b.scored) grid_.by_rows(b.r0, b.r1, [&](workspace<S>& d, range r) { grid_.fill(d, r, b); });
    grid_.share(b.c0, b.c1, quantum, [&](workspace<S>& d, range part_of_worker) {
      each_tile(b.r0, b.r1, part_of_worker, [&](idx i0, idx i1, idx j0, idx j1) { add_transposed(d, b, i0, i1, j0, j1); });
    });
  }
  /// f for the tiles of row_quantum x quantum of some rows and columns.
  template <class F>
  static void each_tile(idx r0, idx r1, range columns, F const& f) {
    for (idx i = r0; i < r1; i += row_quantum)
      for (idx j = columns.from; j < columns.to; j += quantum)
        f(i, (std::min)(i + row_quantum, r1), j, (std::min)(j + quantum, columns.to));
  }
  void add_transposed(workspace<S>& d, block<S> const& b, idx i0, idx i1, idx j0, idx j1) {
    transposed_tile<S>& t = turn(d, b, i0, i1, j0, j1);
    t.each_column([&](idx c, slice<S> const& x) {
      column_negatives_[std::size_t(c)] |= simd::count_live(x.bias, x.size) > 0;
      columns_->add(c, x);
    });
  }
  transposed_tile<S>& turn(workspace<S>& d, block<S> const& b, idx i0, idx i1, idx j0, idx j1) {
    transposed_tile<S>& t = transposed_[std::size_t(grid_.number_of(d))];
    t.open(i0, i1, j0, j1);
    for (idx i = i0; i < i1; ++i) {
      p_.pools[b.n]->label(i, j0, j1 - j0, b.at(i, j0), prepass_.facts(i), t.labels);
      t.put(i, b.at(i, j0), p_.scale);
    }
    return t;
  }

  /// Rows keep exponentials, and tiles sum up their columns on the way.
  void forward_tiles(workspace<S>& d, block<S> const& b) {
    for (idx j = b.c0; j < b.c1; j += quantum) {
      idx const count = (std::min)(quantum, b.c1 - j);
      S references[row_quantum];
      auto& positives = shared_exp_.positives(b.r0, j);
      positives.clear();
      for (idx i = b.r0; i < b.r1; ++i) {
        S* const s = b.at(i, j);
        label_and_count(d, 0, i, j, count, s);
        in_place_result<S> const shape = add_in_place(d, 0, i, j, count, s, false);
        if (!grid_.tiled()) shape_of(0, i, j) = shape;
        references[i - b.r0] = shape.reference;
        for (idx p : d.labels.positives) positives.push_back({i, j + p, std::exchange(s[p], S(0))});
      }
      shared_exp_.add_up(b.r0, j, b.at(b.r0, j), b.ld, references, b.r1 - b.r0, count);
      for (auto const& p : positives) *b.at(p.row, p.column) = p.score;
    }
  }
  /// Columns take what the tiles of a panel hold, in the order of rows; tiles that are not plain are scored again.
  void add_shared_columns(idx r0, idx r1) {
    grid_.share(0, p_.pools[0]->columns, quantum, [&](workspace<S>& d, range part_of_worker) {
      each_tile(r0, r1, part_of_worker, [&](idx i0, idx i1, idx j0, idx j1) {
        if (shared_exp_.plain(i0, j0)) return add_sums(i0, j0, j1);
        block<S> const b = grid_.tile(d, 0, i0, i1, j0, j1);
        score(*p_.pools[0], i0, i1, j0, j1, b.data, b.ld, d);
        add_transposed(d, b, i0, i1, j0, j1);
      });
    });
  }
  void add_sums(idx i, idx j0, idx j1) {
    S const *const sums = shared_exp_.sums(i, j0), top = shared_exp_.top(i, j0);
    for (idx c = j0; c < j1; ++c)
      columns_->add_in_place_sum(c, top, shared_exp_.factor(), sums[c - j0]), column_negatives_[std::size_t(c)] = 1;
    for (auto const& p : shared_exp_.positives(i, j0)) {
      single_pair const x(p.column, p.row, p.score, p_.scale);
      columns_->add(p.column, x.seen);
    }
  }
  /// A positive as its column sees it.
  struct single_pair {
    S score, u, bias = log_zero<S>;
    idx at = 0;
    slice<S> seen;
    single_pair(idx column, idx row, S plain, S scale)
        : score(plain), u(scale * plain), seen{column, row, 1, &u, &bias, {&at, 1}, nullptr, log_zero<S>, &score, scale} {}
    single_pair(single_pair const&) = delete;
  };

  // ---- totals ----

  void add_up() {
    for (idx i = 0; i < p_.rows; ++i) {
      require(!totals_->refused(i), p_.function, ": row ", i, " has no negatives among its ", grid_.columns(),
              " candidates; this loss needs at least one in every row");
      out_.without_positive += out_.positives[std::size_t(i)] == 0, out_.without_negatives += out_.kept[std::size_t(i)] == 0;
    }
    total const t = totals_->add_up();
    factor_ = t.factor;
    if (columns_) join_columns(t);
    require(finite_bits(out_.value), p_.function, ": the loss, ", double(out_.value), ", is more than ", scalar_name<S>, " holds");
  }
  void join_columns(total rows) {
    double sum = 0, weight = 0, named = 0;
    idx const n = p_.pools[0]->columns;
    for (idx c = 0; c < n; ++c) {
      row_numbers const r = columns_->finish(c, c, column_negatives_[std::size_t(c)], 1);
      require(r.status != verdict::refused, p_.function, ": column ", c, " has no negatives among the ", p_.rows,
              " anchors; this loss needs at least one in every column");
      totals_->require_held(r.value, "column", c);
      if (r.status == verdict::used) sum += r.value, weight += r.weight, named += r.scale, column_lift_ += columns_->lift(c);
    }
    // A row's slopes hold its columns' too, and only all of them together have a sum that is known: one score for all rows.
    auto const first = std::find(out_.used.begin(), out_.used.end(), 1);
    if (first != out_.used.end()) std::fill(origin_.begin(), origin_.end(), S(origin_[std::size_t(first - out_.used.begin())]));

    total const t = columns_->reduce(sum, weight, n);
    out_.scale = share_ * (out_.scale + named * t.factor);
    out_.value = S(share_ * (rows.value + t.value));
    row_factor_ = S(share_ * rows.factor), column_factor_ = S(share_ * t.factor);
    factor_ = 1;
  }

  // ---- slopes ----

  void spread(workspace<S>& d, range r, block<S> const& b) {
    if (r.from >= r.to) return;
    pool_access<S> const& pool = *p_.pools[b.n];
    if (!b.scored) grid_.fill(d, r, b);
    grid_.chunks(b.c0, b.c1, [&](idx j0, idx j1) {
      columns_&& b.n == 0 ? slope_both(d, r, b, j0, j1) : slope(d, r, b, j0, j1);
      if (pool.shared()) gradients_.to_anchors(d, r, b, j0, j1);
    });
    if (!pool.shared() && pool.kind != pool::layout::given) gradients_.to_anchors_one_by_one(d, r, b);
  }
  void slope(workspace<S>& d, range r, block<S> const& b, idx j0, idx j1) {
    for (idx i = r.from; i < r.to; ++i)
      for (idx j = j0; j < j1; j += quantum) {
        idx const count = (std::min)(quantum, j1 - j);
        S* const s = b.at(i, j);
        if (i + 1 < r.to) simd::prefetch_row(s + b.ld, count);
        in_place(i) ? backward_in_place(d, b.n, i, j, count, s, kept(d, b, i, j, count)) : backward_general(d, b.n, i, j, count, s);
      }
  }
  void backward_general(workspace<S>& d, std::size_t n, idx i, idx j, idx count, S* s) {
    slices_.label(d, n, i, j, count, s);
    slices_.for_each_slot(d, n, i, j, count, s, [&](idx slot, slice<S> const& x) {
      rows_.slope(slot, x, row_factor_, d.g.data());
      if (p_.weight_gradient[n]) rows_.weight_slope(slot, x, row_factor_, &out_.weights[n](i, j));
    });
    settle(n, i, j, s, d.g.data(), count);
  }
  /// Slopes of one row's slice, finished: out of the statistics' hands (g is left all zeros), over the scores s.
  void settle(std::size_t n, idx i, idx j, S* s, S* g, idx count) {
    S score[quantum];
    if (p_.pools[n]->bent()) std::copy_n(s, count, score);
    simd::slope_sums const sums = simd::settle(g, s, p_.scale, s, count, origin_[std::size_t(i)]);
    slope_dot_[std::size_t(i)] += sums.sum_g_s, shift_[std::size_t(i)] += sums.sum_g;
    bend(n, i, j, score, s, count), add_row_sum(n, i, j, s, count);
  }
  /// What the forward pass kept of a slice; where nothing is kept, again.
  in_place_result<S> kept(workspace<S>& d, block<S> const& b, idx i, idx j, idx count) {
    if (b.scored) {
      p_.pools[b.n]->label_positives(i, j, count, d.labels);
      return shape_of(b.n, i, j);
    }
    slices_.label(d, b.n, i, j, count, b.at(i, j));
    return add_in_place(d, b.n, i, j, count, b.at(i, j), true);
  }
  void backward_in_place(workspace<S>& d, std::size_t n, idx i, idx j, idx count, S* s, in_place_result<S> const& shape) {
    double &dot = slope_dot_[std::size_t(i)], &shift = shift_[std::size_t(i)], origin = double(origin_[std::size_t(i)]);
    idx const slot = slots_.first(i);
    S const factor = rows_.in_place_factor(slot, shape.reference, row_factor_);
    dot += double(factor) * (shape.sum_g_s + (double(shape.origin) - origin) * shape.sum_g), shift += double(factor) * shape.sum_g;
    std::vector<idx> const& positives = d.labels.positives;
    S own[quantum], slope[quantum];
    save_positives(d, s, own);
    simd::scale(s, factor * p_.scale, count);
    if (!positives.empty()) {
      rows_.slope_positives(slot, slices_.in_place(d, n, i, j, count), row_factor_, d.g.data());
      for (std::size_t k = 0; k < positives.size(); ++k) {
        S& g = d.g[std::size_t(positives[k])];
        dot += double(g) * (double(own[k]) - origin), shift += double(g);
        slope[k] = p_.scale * g, g = 0;
      }
      for (std::size_t k = 0; k < positives.size(); ++k) {
        bend(n, i, j + positives[k], own + k, slope + k, 1);
        s[positives[k]] = slope[k];
      }
    }
    add_row_sum(n, i, j, s, count);
  }
  /// Scores of the positives: out of the slice, to `own` and to the statistics.
  void save_positives(workspace<S>& d, S* s, S* own) {
    for (idx p : d.labels.positives) *own = std::exchange(s[p], S(0)), slices_.save_positive(d, p, *own), ++own;
  }
  void slope_both(workspace<S>& d, range r, block<S> const& b, idx j0, idx j1) {
    // Rows are split at the quantum: the slices of the forward pass.
    each_tile(r.from, r.to, {j0, j1}, [&](idx i0, idx i1, idx j, idx stop) {
      if (shares_exp_ && shared_exp_.plain(i0, j)) return slope_mirrored(d, b, i0, i1, j, stop - j);
      transposed_tile<S>& t = turn(d, b, i0, i1, j, stop);
      t.slopes(rows_, row_factor_, *columns_, column_factor_);
      for (idx i = i0; i < i1; ++i) settle(b.n, i, j, b.at(i, j), t.row_slopes(i), stop - j);
    });
  }
  void slope_mirrored(workspace<S>& d, block<S> const& b, idx i0, idx i1, idx j, idx count) {
    S const top = shared_exp_.top(i0, j);
    S by_column[quantum], own[quantum];
    for (idx c = 0; c < count; ++c) by_column[c] = columns_->in_place_factor(j + c, top, column_factor_);
    for (idx i = i0; i < i1; ++i) {
      S* const s = b.at(i, j);
      S const reference = kept(d, b, i, j, count).reference;
      idx const slot = slots_.first(i);
      save_positives(d, s, own);
      shift_[std::size_t(i)] += simd::join_slopes(s, rows_.in_place_factor(slot, reference, row_factor_), shared_exp_.share(reference, top),
                                                  by_column, p_.scale, count);
      if (d.labels.positives.empty()) continue;
      rows_.slope_positives(slot, slices_.in_place(d, 0, i, j, count), row_factor_, d.g.data());
      for (idx p : d.labels.positives) {
        S& g = d.g[std::size_t(p)];
        single_pair const x(j + p, i, d.plain[std::size_t(p)], p_.scale);
        columns_->slope_positives(j + p, x.seen, column_factor_, &g);
        shift_[std::size_t(i)] += double(g), s[p] = p_.scale * std::exchange(g, S(0));
      }
    }
  }

  /// Sums of per-row by-products, in row order; then the gradients.
  void write_result() {
    auto count = [&](source<S> const& s) { out_.zero_rows += s.zero_rows, out_.bad_rows += s.bad_rows; };
    for (source<S> const* a : p_.anchor_groups) count(*a);
    for (pool_access<S> const* pool : p_.pools)
      if (!pool->is_self) count(*pool->candidates);
    if (!p_.gradients) return;
    for (idx i = 0; i < p_.rows; ++i) {
      auto const at = std::size_t(i);
      double const shift = lifts_ ? double(row_factor_) * totals_->lift(i) : shift_[at];
      // Where columns' slopes are found scores are gone, and sum_j slope_j score_j is anchor . gradient.
      double const dot =
          shares_exp_ ? gradients_.along_anchor(*p_.pools[0], i) / double(p_.scale) : slope_dot_[at] + double(origin_[at]) * shift;
      out_.scale += factor_ * dot, out_.shift += factor_ * shift;
    }
    if (columns_ && lifts_ && p_.rows > 0) {
      double const shift = factor_ * double(column_factor_) * column_lift_;
      out_.shift += shift;
      if (!shares_exp_) out_.scale += shift * double(origin_[0]);
    }
    gradients_.write_result(out_, factor_);
    require(finite_bits(out_.scale) && finite_bits(out_.shift), p_.function,
            ": the gradient of the scale or of a common offset is more than ", scalar_name<S>,
            " holds; scale the embeddings or raise the temperature");
  }

  problem<S> const& p_;
  row_program<S>& rows_;
  row_program<S>* columns_;
  double share_;
  grid<S> grid_;
  row_prepass<S> prepass_;
  slots<S> slots_;
  slice_builder<S> slices_;
  gradients<S> gradients_;
  outcome<S> out_;
  bool in_place_ = false, shares_exp_ = false;
  S row_factor_ = 1, column_factor_ = 1;
  double factor_ = 0, column_lift_ = 0;
  std::vector<char> wide_;                      ///< per pool: scores may be beyond what statistics take
  bool lifts_ = false;                          ///< the sum of a row's slopes is known without adding them up
  std::vector<transposed_tile<S>> transposed_;  ///< one per worker, for both directions at once
  shared_exp_columns<S> shared_exp_;
  std::vector<std::vector<in_place_result<S>>> shape_;  ///< of the kept panels, per pool and slice
  std::optional<row_totals<S>> totals_;
  std::vector<double> shift_;
  std::vector<double> slope_dot_;  ///< sum of slope_j (score_j - origin)
  std::vector<S> origin_;          ///< a score of each row
  std::vector<unsigned char> column_negatives_;
};

template <Scalar S>
outcome<S> solve(problem<S> const& p, row_program<S>& rows, row_program<S>* by_column = nullptr, double share = 1, outcome<S> reuse = {}) {
  return loss_engine<S>(p, rows, by_column, share, std::move(reuse)).run();
}

#if defined(FOIL_COMPILED)
extern template outcome<float> solve<float>(problem<float> const&, row_program<float>&, row_program<float>*, double, outcome<float>);
extern template outcome<double> solve<double>(problem<double> const&, row_program<double>&, row_program<double>*, double, outcome<double>);
#endif

}}  // namespace foil::engine
