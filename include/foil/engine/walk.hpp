// The one loop over the field of scores, compiled once per scalar type.
//   learn: facts of the rows that biases ask for     digest: scores, statistics, formulas
//   spread: slopes over the scores, gradient of the anchors     collect: gradient of the candidates
// Row panels do all four panel by panel; keep-all does each for all rows; tiled computes scores twice.
#pragma once

#include "foil/engine/mirror.hpp"
#include "foil/engine/problem.hpp"
#include "foil/engine/turn.hpp"

namespace foil::inline FOIL_ABI::engine {

template <Scalar S>
class walk {
 public:
  /// The outcome is written in the memory of `room`, an earlier one or an empty one.
  walk(problem<S> const& p, row_program<S>& rows, row_program<S>* by_column, double share, outcome<S> room)
      : p_(p), rows_(rows), columns_(by_column), share_(share), workers_((std::max)(1, p.how.on.workers)), out_(std::move(room)) {
    out_.clear();
    idx all = 0;
    for (stretch<S> const* pool : p_.pools) {
      first_column_.push_back(all);
      all += pool->columns;
      needs_facts_ = needs_facts_ || pool->needs_positive || p_.one_by_one;
    }
    mirrors_ = columns_ && rows_.mirrors && !p_.pools[0]->bent();
    keeps_ = rows_.keeps && (!columns_ || mirrors_) &&
             std::none_of(p_.weight_gradient.begin(), p_.weight_gradient.end(), [](char wanted) { return wanted; });
    auto const numbers = idx(p_.how.budget / sizeof(S));
    bool const together = rows_.batched || columns_ != nullptr;  // every row must be digested before any slope
    panel_ = round_up((std::max)(p_.how.tile.rows, idx(columns_ ? workers_ * row_quantum : 1)), row_quantum);
    chunk_ = round_up((std::max)(p_.how.tile.columns, idx(1)), quantum);
    if (!together && (std::min)(panel_, p_.rows) * all > numbers) panel_ = row_quantum;
    if (together)
      out_.chosen = p_.rows * all <= numbers ? plan::keep_all : plan::tiled;
    else
      out_.chosen = (std::min)(panel_, p_.rows) * all <= numbers ? plan::row_panels : plan::tiled;
    if (out_.chosen == plan::keep_all) panel_ = round_up((std::max)(p_.rows, idx(1)), row_quantum);
    block_ = (std::max)(chunk_, numbers / panel_ / chunk_ * chunk_);
    row_step_ = columns_ ? row_quantum : 16;
    if (p_.rows * all < 1 << 14) workers_ = 1;  // starting threads would cost more than the work
    desks_.resize(std::size_t(workers_));
    if (columns_) turned_.resize(std::size_t(workers_));
  }

  outcome<S> run() {
    prepare();
    if (out_.chosen == plan::tiled) {
      if (needs_facts_) each_panel([&](idx r0, idx r1) { by_rows(r0, r1, [&](desk<S>& d, range r) { learn(d, r, true); }); });
      if (ranks_) each_panel([&](idx r0, idx r1) { by_rows(r0, r1, [&](desk<S>& d, range r) { rank(d, r, true); }); });
      open_slots(0, p_.rows);
      each_panel([&](idx r0, idx r1) {
        if (mirrors_) mirror_.begin(r0);
        by_rows(r0, r1, [&](desk<S>& d, range r) { mirrors_ ? digest_tiles(d, r, true) : digest(d, r, true); });
        if (mirrors_) fold_columns(r0, r1);
      });
      if (columns_ && !mirrors_) each_block([&](block const& b) { digest_columns(b); });
      add_up();
      if (p_.gradients) each_block([&](block const& b) { push(b); });
    } else {
      for (idx r0 = 0; r0 < p_.rows; r0 += panel_) {
        idx const r1 = (std::min)(r0 + panel_, p_.rows);
        base_ = r0;
        bool const fused = !p_.one_by_one && out_.chosen == plan::row_panels;
        if (!p_.one_by_one) open_slots(r0, r1);
        by_rows(r0, r1, [&](desk<S>& d, range r) {
          if (needs_facts_) learn(d, r, true);
          if (ranks_) rank(d, r, !needs_facts_);
          bool const fresh = !needs_facts_ && !ranks_;
          if (!p_.one_by_one) mirrors_ ? digest_tiles(d, r, fresh) : digest(d, r, fresh);
          if (fused && p_.gradients) for_pools([&](block const& b) { spread(d, r, b); }, r0, r1);
        });
        if (p_.one_by_one) {
          open_slots(r0, r1);
          by_rows(r0, r1, [&](desk<S>& d, range r) { digest(d, r, false); });
        }
        if (mirrors_) fold_columns(r0, r1);
        else if (columns_) for_pools([&](block const& b) { digest_columns(b); }, r0, r1);
        if (out_.chosen == plan::keep_all) add_up();
        if (!p_.gradients) continue;
        if (!fused) by_rows(r0, r1, [&](desk<S>& d, range r) { for_pools([&](block const& b) { spread(d, r, b); }, r0, r1); });
        for_pools([&](block const& b) { collect(b); }, r0, r1);
      }
      if (out_.chosen == plan::row_panels) add_up();
    }
    hand_over();
    return std::move(out_);
  }

 private:
  /// Rows [r0, r1) against columns [c0, c1) of pool n; row i of the scores, later slopes, at (i - r0) * ld.
  struct block {
    std::size_t n;
    idx r0, r1, c0, c1;
    S* data;
    idx ld;
    bool scored;
    S* at(idx i, idx j) const { return data + (i - r0) * ld + (j - c0); }
  };

  /// Length of a row of scores with its padding: an odd number of cache lines, so that rows do not share cache sets.
  static idx stride(idx columns) {
    constexpr idx line = 64 / idx(sizeof(S));
    return ((columns + line - 1) / line | 1) * line;
  }

  void prepare() {
    auto const B = std::size_t(p_.rows);
    out_.rows.assign(B, S(0));
    out_.used.assign(B, 0);
    out_.kept.assign(B, 0), out_.positives.assign(B, 0);
    out_.scale_used = double(p_.scale);
    value_.assign(B, 0), weight_.assign(B, 0), scale_.assign(B, 0), shift_.assign(B, 0);
    had_negatives_.assign(B, 0), marked_.assign(B, 0), refused_.assign(B, 0);
    ranks_ = p_.cut.fraction < 1;
    cuts_ = ranks_ || p_.cut.at_least > double(dropped_below<S>);
    if (needs_facts_ || cuts_) facts_.assign(B, {.bar = S(std::clamp(p_.cut.at_least, double(drop<S>), 1e30))});
    if (p_.one_by_one) positives_.assign(B, {});
    if (columns_) column_negatives_.assign(std::size_t(p_.pools[0]->columns), 0);
    if (mirrors_) mirror_.open(p_.rows, p_.pools[0]->columns, (std::min)(panel_, p_.rows));
    auto const pools = p_.pools.size();
    out_.pools.resize(pools), out_.weights.resize(pools), column_sums_.resize(pools);
    kept_.resize(pools), shape_.resize(pools);
    for (std::size_t n = 0; n < pools; ++n) {
      stretch<S> const& pool = *p_.pools[n];
      stride_.push_back(out_.chosen == plan::tiled ? 0 : stride(pool.columns));
      if (out_.chosen != plan::tiled)
        kept_[n].fit((std::min)(panel_, p_.rows) * stride_[n]);
      if (out_.chosen != plan::tiled && keeps_) shape_[n].resize(std::size_t((std::min)(panel_, p_.rows) * slices_in(pool)));
      bool const trains = p_.gradients && pool.trains;
      clear(out_.pools[n], trains, pool.candidates->n, pool.candidates->dim);
      clear(out_.weights[n], p_.gradients && p_.weight_gradient[n], p_.rows, pool.columns);
      if (pool.candidates->of.distance && trains) column_sums_[n].assign(std::size_t(pool.candidates->n), 0);
    }
    anchors_.push_back(std::move(out_.anchors));
    for (matrix<S>& m : out_.own_anchors) anchors_.push_back(std::move(m));
    out_.own_anchors.clear(), out_.anchors.resize(0, 0);
    anchors_.resize(p_.gradients ? p_.anchor_groups.size() : 0);
    for (std::size_t g = 0; g < anchors_.size(); ++g) {
      source<S> const& a = *p_.anchor_groups[g];
      clear(anchors_[g], true, a.n, a.dim);
      anchor_sums_.emplace_back(std::size_t(a.of.distance ? a.n : 0), 0.0);
    }
  }
  static void clear(matrix<S>& m, bool wanted, idx rows, idx columns) {
    wanted ? m.setZero(rows, columns) : m.setZero(0, 0);
  }

  template <class F>
  void by_rows(idx r0, idx r1, F const& f) {
    p_.how.on.run(workers_, [&](int w) { f(desks_[std::size_t(w)], part(r0, r1, w, workers_, row_step_)); });
  }
  template <class F>
  void each_panel(F const& f) {
    for (idx r0 = 0; r0 < p_.rows; r0 += panel_) f(r0, (std::min)(r0 + panel_, p_.rows));
  }
  /// The pools of a kept panel, whole.
  template <class F>
  void for_pools(F const& f, idx r0, idx r1) {
    for (std::size_t n = 0; n < p_.pools.size(); ++n) {
      idx const columns = p_.pools[n]->columns;
      f(block{n, r0, r1, 0, columns, kept_[n].data(), stride_[n], true});
    }
  }
  /// The whole field in blocks that fit the budget; nothing is kept.
  template <class F>
  void each_block(F const& f) {
    each_panel([&](idx r0, idx r1) {
      for (std::size_t n = 0; n < p_.pools.size(); ++n)
        for (idx c0 = 0; c0 < p_.pools[n]->columns; c0 += block_) {
          idx const c1 = (std::min)(c0 + block_, p_.pools[n]->columns);
          f(block{n, r0, r1, c0, c1, block_scores_.fit((r1 - r0) * stride(c1 - c0)), stride(c1 - c0), false});
        }
    });
  }

  /// f(pool, row, first column, count, scores) for every slice of rows r, chunk by chunk while its scores are in cache.
  /// `fresh`: the scores are computed on the way, and stay where the plan keeps them.
  template <class F>
  void slices(desk<S>& d, range r, bool fresh, F const& f) {
    for (std::size_t n = 0; n < p_.pools.size(); ++n) {
      stretch<S> const& pool = *p_.pools[n];
      for (idx j0 = 0; j0 < pool.columns; j0 += chunk_) {
        idx const j1 = (std::min)(j0 + chunk_, pool.columns);
        for (idx i0 = r.from; i0 < r.to; i0 += panel_) {
          idx const i1 = (std::min)(i0 + panel_, r.to);
          bool const tiled = out_.chosen == plan::tiled;
          idx const ld = tiled ? stride(j1 - j0) : stride_[n];
          S* const from = tiled ? d.tile.fit((i1 - i0) * ld) : kept_[n].data() + (i0 - base_) * ld + j0;
          if (fresh) score(pool, i0, i1, j0, j1, from, ld, d);
          for (idx i = i0; i < i1; ++i)
            for (idx j = j0; j < j1; j += quantum) {
              idx const count = (std::min)(quantum, j1 - j);
              S* const s = from + (i - i0) * ld + (j - j0);
              if (i + 1 < i1) simd::fetch(s + ld, count);
              f(n, i, j, count, s);
            }
        }
      }
    }
  }

  /// The prior walk: similarities of the row's positives.
  void learn(desk<S>& d, range r, bool fresh) {
    slices(d, r, fresh, [&](std::size_t n, idx i, idx j, idx count, S const* s) {
      p_.pools[n]->cut_positives(i, j, count, d.cut);
      auto& fact = facts_[std::size_t(i)];
      for (idx c : d.cut.positives) {
        S const x = s[c];
        if (!fact.has_positive) fact = {true, x, x, fact.bar};
        fact.lowest = (std::min)(fact.lowest, x), fact.highest = (std::max)(fact.highest, x);
        if (p_.one_by_one) positives_[std::size_t(i)].push_back({first_column_[n] + j + c, x});
      }
    });
  }

  /// The prior walk of losses that look at the hardest negatives: the score of a row's last one. A few rows at a time.
  void rank(desk<S>& d, range r, bool fresh) {
    bool const tiled = out_.chosen == plan::tiled;
    if (fresh && !tiled) slices(d, r, true, [](auto&&...) {});  // in large tiles
    idx const all = round_up(first_column_.back() + p_.pools.back()->columns, simd::word);
    d.keys.resize(std::size_t(ranked_rows * all)), d.spare_keys.resize(std::size_t(all));
    for (idx i0 = r.from; i0 < r.to; i0 += ranked_rows) {
      range const some{i0, (std::min)(i0 + ranked_rows, r.to)};
      std::fill(d.keys.begin(), d.keys.end(), simd::no_key<S>);
      slices(d, some, fresh && tiled, [&](std::size_t n, idx i, idx j, idx count, S const* s) {
        p_.pools[n]->cut(i, j, count, s, facts(i), d.cut);
        simd::key<S>* const to = d.keys.data() + (i - i0) * all + first_column_[n] + j;
        for (idx c = 0; c < count; ++c) to[c] = d.cut.bias[std::size_t(c)] > dropped_below<S> ? simd::key_of(s[c]) : simd::no_key<S>;
      });
      for (idx i = some.from; i < some.to; ++i) find_bar(d.keys.data() + (i - i0) * all, all, d.spare_keys.data(), facts_[std::size_t(i)].bar);
    }
  }
  /// A number that exactly the hardest share of the live scores reaches, and what ties with the last of them.
  void find_bar(simd::key<S>* keys, idx all, simd::key<S>* spare, S& bar) const {
    idx const n = simd::put_between(keys, all, simd::no_key<S>, (std::numeric_limits<simd::key<S>>::max)(), keys);
    if (n == 0) return;
    std::fill(keys + n, keys + round_up(n, simd::word), simd::no_key<S>);
    idx const k = (std::max)(idx(1), idx(std::ceil(p_.cut.fraction * double(n))));
    auto const cut = simd::kth_key(keys, n, k, 0, spare);
    bar = simd::value_of<S>(cut.above == k ? simd::key<S>(cut.threshold + 1) : cut.threshold);
  }

  void open_slots(idx r0, idx r1) {
    first_slot_.assign(std::size_t(r1 - r0) + 1, 0);
    for (idx i = r0; i < r1; ++i)
      first_slot_[std::size_t(i - r0) + 1] =
          first_slot_[std::size_t(i - r0)] + (p_.one_by_one ? idx(positives_[std::size_t(i)].size()) : 1);
    base_ = r0;
    rows_.reset(first_slot_.back());
    if (columns_ && r0 == 0) columns_->reset(p_.pools[0]->columns);
  }
  row_facts<S> facts(idx i) const { return facts_.empty() ? row_facts<S>{} : facts_[std::size_t(i)]; }

  /// A row whose slices can hold slopes in place of scores: it has one slot.
  bool keeps(idx i) const { return keeps_ && (!p_.one_by_one || positives_[std::size_t(i)].size() == 1); }
  idx slot_of(idx i) const { return first_slot_[std::size_t(i - base_)]; }
  slice<S> sliced(desk<S> const& d, std::size_t n, idx i, idx j, idx count, S const* u) const {
    return {i, first_column_[n] + j, count, u, d.bias, d.cut.positives,
            d.cut.positive_bias.empty() ? nullptr : d.cut.positive_bias.data()};
  }
  /// The slice of a row as its slot sees it; f(slot, slice), once per positive where the loss takes them one by one.
  template <class F>
  void shown(desk<S> const& d, std::size_t n, idx i, idx j, idx count, S const* u, F const& f) {
    slice<S> x = sliced(d, n, i, j, count, u);
    idx const slot = slot_of(i);
    if (!p_.one_by_one) return f(slot, x);
    auto const& mine = positives_[std::size_t(i)];
    cutting<S> const& cut = d.cut;
    for (std::size_t k = 0; k < mine.size(); ++k) {
      idx const local = mine[k].column - x.first;
      auto const here = std::find(cut.positives.begin(), cut.positives.end(), local);
      auto const at = std::size_t(here - cut.positives.begin());
      x.own_positive = p_.scale * mine[k].score;
      x.positives = here == cut.positives.end() ? std::span<idx const>() : std::span<idx const>(&cut.positives[at], 1);
      x.positive_bias = cut.positive_bias.empty() || x.positives.empty() ? nullptr : &cut.positive_bias[at];
      f(slot + idx(k), x);
    }
  }

  void digest(desk<S>& d, range r, bool fresh) {
    slices(d, r, fresh, [&](std::size_t n, idx i, idx j, idx count, S* s) {
      cut_and_count(d, n, i, j, count, s);
      if (keeps(i)) {
        kept_slice<S> const shape = keep(d, n, i, j, count, s, false);
        if (out_.chosen != plan::tiled) shape_of(n, i, j) = shape;
        return;
      }
      shown(d, n, i, j, count, scaled(d, s, count), [&](idx slot, slice<S> const& x) { rows_.add(slot, x); });
    });
    for (idx i = r.from; i < r.to; ++i) finish(i);
  }

  S const* scaled(desk<S>& d, S const* s, idx count) const {
    if (p_.scale == S(1)) return s;
    simd::scaled(d.u.data(), s, p_.scale, count);
    return d.u.data();
  }
  /// Roles and weights of a slice; statistics that keep can do without weights that are all one.
  void cut(desk<S>& d, std::size_t n, idx i, idx j, idx count, S const* s) {
    static constexpr S ones[quantum] = {};  // log weights
    if (!cuts_ && p_.pools[n]->negatives_alone(i, j, count)) {
      d.cut.positives.clear(), d.cut.positive_bias.clear();
      d.cut.had_negatives = true, d.bias = keeps_ && keeps(i) ? nullptr : ones;
    } else {
      p_.pools[n]->cut(i, j, count, s, facts(i), d.cut);
      d.bias = d.cut.bias.data();
    }
  }
  void cut_and_count(desk<S>& d, std::size_t n, idx i, idx j, idx count, S const* s) {
    cut(d, n, i, j, count, s);
    had_negatives_[std::size_t(i)] |= d.cut.had_negatives;
    out_.positives[std::size_t(i)] += idx(d.cut.positives.size());
    out_.kept[std::size_t(i)] += simd::count_live(d.bias, count);
  }
  /// The slice goes to the statistics, and its slopes, but for a factor, come in place of its scores. Those of the
  /// positives stay where they are.
  kept_slice<S> keep(desk<S>& d, std::size_t n, idx i, idx j, idx count, S* s, bool again) {
    stretch<S> const& pool = *p_.pools[n];
    S score[quantum], own[quantum];
    S* next = own;
    for (idx p : d.cut.positives) *next++ = s[p], d.u[std::size_t(p)] = p_.scale * s[p];
    if (pool.bent()) std::copy_n(s, count, score);
    kept_slice<S> const shape = rows_.keep(slot_of(i), sole(d, n, i, j, count), s, p_.scale, s, again);
    if (pool.bent()) pool.link_slope(score, s, count);
    next = own;
    for (idx p : d.cut.positives) s[p] = *next++;
    return shape;
  }
  /// The slice of a row that keeps: of its scores only the positives' are there.
  slice<S> sole(desk<S> const& d, std::size_t n, idx i, idx j, idx count) const {
    slice<S> x = sliced(d, n, i, j, count, d.u.data());
    if (p_.one_by_one) x.own_positive = p_.scale * positives_[std::size_t(i)][0].score;
    return x;
  }
  static idx slices_in(stretch<S> const& pool) { return (pool.columns + quantum - 1) / quantum; }
  kept_slice<S>& shape_of(std::size_t n, idx i, idx j) {
    return shape_[n][std::size_t((i - base_) * slices_in(*p_.pools[n]) + j / quantum)];
  }

  void finish(idx i) {
    auto const at = std::size_t(i);
    if (!p_.anchor_groups.empty() && p_.anchor_groups[0]->is_bad(i)) return;
    idx const s0 = first_slot_[std::size_t(i - base_)], s1 = first_slot_[std::size_t(i - base_) + 1];
    double const share = p_.one_by_one && p_.mean_of_positives && s1 > s0 ? 1 / double(s1 - s0) : 1;
    for (idx s = s0; s < s1; ++s) {
      row_numbers const r = rows_.finish(s, i, had_negatives_[at], share);
      refused_[at] |= r.status == verdict::refused;
      if (r.status != verdict::used) continue;
      out_.used[at] = 1;
      value_[at] += r.value, weight_[at] += r.weight, scale_[at] += r.scale;
      marked_[at] |= r.marked;
    }
    out_.rows[at] = S(value_[at]);
  }

  void digest_columns(block const& b) {
    if (!b.scored)
      by_rows(b.r0, b.r1, [&](desk<S>& d, range r) { fill(d, r, b); });
    p_.how.on.run(workers_, [&](int w) {
      range const mine = part(b.c0, b.c1, w, workers_, quantum);
      for (idx i = b.r0; i < b.r1; i += row_quantum)
        for (idx j = mine.from; j < mine.to; j += quantum)
          add_turned(b, i, (std::min)(i + row_quantum, b.r1), j, (std::min)(j + quantum, mine.to), turned_[std::size_t(w)]);
    });
  }
  void add_turned(block const& b, idx i0, idx i1, idx j0, idx j1, turned<S>& t) {
    cut_tile(b, i0, i1, j0, j1, t);
    t.each_column([&](idx c, slice<S> const& x) {
      column_negatives_[std::size_t(c)] |= simd::count_live(x.bias, x.size) > 0;
      columns_->add(c, x);
    });
  }

  /// Rows keep exponentials, and tiles sum up their columns on the way.
  void digest_tiles(desk<S>& d, range r, bool fresh) {
    stretch<S> const& pool = *p_.pools[0];
    bool const tiled = out_.chosen == plan::tiled;
    for (idx i0 = r.from; i0 < r.to; i0 += row_quantum)
      for (idx j0 = 0; j0 < pool.columns; j0 += chunk_) {
        idx const i1 = (std::min)(i0 + row_quantum, r.to), j1 = (std::min)(j0 + chunk_, pool.columns);
        idx const ld = tiled ? stride(j1 - j0) : stride_[0];
        S* const from = tiled ? d.tile.fit((i1 - i0) * ld) : kept_[0].data() + (i0 - base_) * ld + j0;
        if (fresh) score(pool, i0, i1, j0, j1, from, ld, d);
        for (idx j = j0; j < j1; j += quantum) digest_tile(d, i0, i1, j, (std::min)(quantum, j1 - j), from + (j - j0), ld);
      }
    for (idx i = r.from; i < r.to; ++i) finish(i);
  }
  void digest_tile(desk<S>& d, idx i0, idx i1, idx j, idx count, S* from, idx ld) {
    S marks[row_quantum];
    auto& positives = mirror_.positives(i0, j);
    positives.clear();
    for (idx i = i0; i < i1; ++i) {
      S* const s = from + (i - i0) * ld;
      cut_and_count(d, 0, i, j, count, s);
      kept_slice<S> const shape = keep(d, 0, i, j, count, s, false);
      if (out_.chosen != plan::tiled) shape_of(0, i, j) = shape;
      marks[i - i0] = shape.mark;
      for (idx p : d.cut.positives) positives.push_back({i, j + p, std::exchange(s[p], S(0))});
    }
    mirror_.add_up(i0, j, from, ld, marks, i1 - i0, count);
    for (auto const& p : positives) from[(p.row - i0) * ld + (p.column - j)] = p.score;
  }
  /// Columns take what the tiles of a panel hold, in the order of rows.
  void fold_columns(idx r0, idx r1) {
    p_.how.on.run(workers_, [&](int w) {
      range const mine = part(0, p_.pools[0]->columns, w, workers_, quantum);
      for (idx i = r0; i < r1; i += row_quantum)
        for (idx j = mine.from; j < mine.to; j += quantum) {
          idx const i1 = (std::min)(i + row_quantum, r1), j1 = (std::min)(j + quantum, mine.to);
          mirror_.plain(i, j) ? add_sums(i, j, j1) : score_again(desks_[std::size_t(w)], i, i1, j, j1, turned_[std::size_t(w)]);
        }
    });
  }
  void add_sums(idx i, idx j0, idx j1) {
    S const *const sums = mirror_.sums(i, j0), top = mirror_.top(i, j0);
    for (idx c = j0; c < j1; ++c) columns_->add_kept(c, top, sums[c - j0]), column_negatives_[std::size_t(c)] = 1;
    for (auto const& p : mirror_.positives(i, j0)) {
      lone_pair const x(p.column, p.row, p_.scale * p.score);
      columns_->add(p.column, x.seen);
    }
  }
  void score_again(desk<S>& d, idx i0, idx i1, idx j0, idx j1, turned<S>& t) {
    bool const tiled = out_.chosen == plan::tiled;
    idx const ld = tiled ? stride(quantum) : stride_[0];
    block const b{0, i0, i1, j0, j1, tiled ? d.tile.fit((i1 - i0) * ld) : kept_[0].data() + (i0 - base_) * ld + j0, ld, true};
    score(*p_.pools[0], i0, i1, j0, j1, b.data, ld, d);
    add_turned(b, i0, i1, j0, j1, t);
  }
  /// A positive as its column sees it.
  struct lone_pair {
    S u, bias = drop<S>;
    idx at = 0;
    slice<S> seen;
    lone_pair(idx column, idx row, S score) : u(score), seen{column, row, 1, &u, &bias, {&at, 1}} {}
    lone_pair(lone_pair const&) = delete;
  };
  void cut_tile(block const& b, idx i0, idx i1, idx j0, idx j1, turned<S>& t) {
    t.open(i0, i1, j0, j1);
    for (idx i = i0; i < i1; ++i) {
      p_.pools[b.n]->cut(i, j0, j1 - j0, b.at(i, j0), facts(i), t.cut);
      t.put(i, b.at(i, j0), p_.scale);
    }
  }

  void fill(desk<S>& d, range r, block const& b) {
    for (idx j0 = b.c0; j0 < b.c1 && r.from < r.to; j0 += chunk_)
      score(*p_.pools[b.n], r.from, r.to, j0, (std::min)(j0 + chunk_, b.c1), b.at(r.from, j0), b.ld, d);
  }

  /// Totals of all rows, in row order, in double; then the formulas that couple rows.
  void add_up() {
    for (idx i = 0; i < p_.rows; ++i)
      require(!refused_[std::size_t(i)], "value_and_grad: row ", i,
              " has no negatives; this loss needs at least one in every row (a batch of 1?)");
    double sum = 0, weight = 0;
    std::vector<idx> used;
    for (std::size_t i = 0; i < value_.size(); ++i) {
      sum += value_[i], weight += weight_[i], out_.scale += scale_[i];
      out_.rows_used += out_.used[i], out_.marked += marked_[i];
      out_.without_positive += out_.positives[i] == 0, out_.without_negatives += out_.kept[i] == 0;
      if (rows_.batched && out_.used[i]) used.push_back(idx(i));
    }
    total t = rows_.batched ? rows_.batch(used, out_.scale) : rows_.reduce(sum, weight, p_.rows);
    out_.scale *= t.factor;
    if (t.all_rows) out_.rows_used = p_.rows;
    factor_ = t.factor;
    out_.value = S(t.value);
    if (columns_) join_columns(t);
  }
  void join_columns(total rows) {
    double sum = 0, weight = 0, named = 0;
    idx const n = p_.pools[0]->columns;
    for (idx c = 0; c < n; ++c) {
      row_numbers const r = columns_->finish(c, c, column_negatives_[std::size_t(c)], 1);
      require(r.status != verdict::refused, "value_and_grad: column ", c, " has no negatives");
      if (r.status == verdict::used) sum += r.value, weight += r.weight, named += r.scale;
    }
    total const t = columns_->reduce(sum, weight, n);
    out_.scale = share_ * (out_.scale + named * t.factor);
    out_.value = S(share_ * (rows.value + t.value));
    row_factor_ = S(share_ * rows.factor), column_factor_ = S(share_ * t.factor);
    factor_ = 1;
  }

  /// Slopes of one row's slice, finished: out of the statistics' hands (g is left all zeros), over the scores s.
  void settle(stretch<S> const& pool, idx i, S* s, S* g, idx count) {
    S score[quantum];
    if (pool.bent()) std::copy_n(s, count, score);
    simd::slope_sums const sums = simd::settle(g, s, p_.scale, s, count);
    slope_dot_[std::size_t(i)] += sums.with_score, shift_[std::size_t(i)] += sums.alone;
    if (!pool.bent()) return;
    pool.link_slope(score, s, count);
    if (pool.measures_distance())
      anchor_sums_[std::size_t(pool.own_anchors + 1)][std::size_t(i)] += simd::sum(s, count);
  }

  void spread(desk<S>& d, range r, block const& b) {
    if (r.from >= r.to) return;
    stretch<S> const& pool = *p_.pools[b.n];
    if (!b.scored) fill(d, r, b);
    idx const m = r.to - r.from, dim = pool.candidates->dim;
    for (idx j0 = b.c0; j0 < b.c1; j0 += chunk_) {
      idx const j1 = (std::min)(j0 + chunk_, b.c1);
      columns_ ? slope_both(d, r, b, j0, j1) : slope(d, r, b, j0, j1);
      if (!pool.shared()) continue;
      dense<S> const c = pool.candidates->open(j0, j1 - j0, d.candidates.fit((j1 - j0) * dim));
      matrix<S>& da = anchors_[std::size_t(pool.own_anchors + 1)];
      simd::add_product_ab(b.at(r.from, j0), b.ld, m, c.data, c.stride, dim, j1 - j0, da.data() + r.from * dim, dim,
                           d.work.fit(simd::product_workspace<S>(m, dim, j1 - j0)));
    }
    if (pool.shared() || pool.kind == pool::layout::given) return;
    S* const scratch = d.candidates.fit(dim);
    for (idx i = r.from; i < r.to; ++i)
      for (idx j = b.c0; j < b.c1; ++j) {
        idx const id = pool.candidate(i, j);
        S* const to = anchors_[std::size_t(pool.own_anchors + 1)].data() + i * dim;
        if (id >= 0) simd::scale_add(to, pool.candidates->open(id, 1, scratch).data, *b.at(i, j), dim);
      }
  }
  void slope(desk<S>& d, range r, block const& b, idx j0, idx j1) {
    for (idx i = r.from; i < r.to; ++i)
      for (idx j = j0; j < j1; j += quantum) {
        idx const count = (std::min)(quantum, j1 - j);
        S* const s = b.at(i, j);
        if (i + 1 < r.to) simd::fetch(s + b.ld, count);
        keeps(i) ? finish_slopes(d, b.n, i, j, count, s, kept(d, b, i, j, count)) : find_slopes(d, b.n, i, j, count, s);
      }
  }
  void find_slopes(desk<S>& d, std::size_t n, idx i, idx j, idx count, S* s) {
    cut(d, n, i, j, count, s);
    shown(d, n, i, j, count, scaled(d, s, count), [&](idx slot, slice<S> const& x) {
      rows_.slope(slot, x, row_factor_, d.g.data());
      if (p_.weight_gradient[n]) rows_.weight_slope(slot, x, row_factor_, &out_.weights[n](i, j));
    });
    settle(*p_.pools[n], i, s, d.g.data(), count);
  }
  /// What the digest kept of a slice; where nothing is kept, again.
  kept_slice<S> kept(desk<S>& d, block const& b, idx i, idx j, idx count) {
    if (b.scored) {
      p_.pools[b.n]->cut_positives(i, j, count, d.cut);
      return shape_of(b.n, i, j);
    }
    cut(d, b.n, i, j, count, b.at(i, j));
    return keep(d, b.n, i, j, count, b.at(i, j), true);
  }
  void finish_slopes(desk<S>& d, std::size_t n, idx i, idx j, idx count, S* s, kept_slice<S> const& shape) {
    stretch<S> const& pool = *p_.pools[n];
    double &dot = slope_dot_[std::size_t(i)], &shift = shift_[std::size_t(i)];
    idx const slot = slot_of(i);
    S const factor = rows_.kept_factor(slot, shape.mark, row_factor_);
    dot += double(factor) * shape.with_score, shift += double(factor) * shape.alone;
    std::vector<idx> const& positives = d.cut.positives;
    S own[quantum], slope[quantum];
    set_aside(d, s, own);
    simd::scale(s, factor * p_.scale, count);
    if (!positives.empty()) {
      rows_.slope_positives(slot, sole(d, n, i, j, count), row_factor_, d.g.data());
      for (std::size_t k = 0; k < positives.size(); ++k) {
        S& g = d.g[std::size_t(positives[k])];
        dot += double(g) * double(own[k]), shift += double(g);
        slope[k] = p_.scale * g, g = 0;
      }
      if (pool.bent()) pool.link_slope(own, slope, idx(positives.size()));
      for (std::size_t k = 0; k < positives.size(); ++k) s[positives[k]] = slope[k];
    }
    if (pool.measures_distance())
      anchor_sums_[std::size_t(pool.own_anchors + 1)][std::size_t(i)] += simd::sum(s, count);
  }
  /// Scores of the positives: out of the slice, to `own` and to the statistics.
  void set_aside(desk<S>& d, S* s, S* own) {
    for (idx p : d.cut.positives) *own = std::exchange(s[p], S(0)), d.u[std::size_t(p)] = p_.scale * *own, ++own;
  }
  void slope_both(desk<S>& d, range r, block const& b, idx j0, idx j1) {
    turned<S>& t = turned_[std::size_t(&d - desks_.data())];
    for (idx i0 = r.from; i0 < r.to; i0 += row_quantum) {  // rows are split at the quantum: the slices of the digest
      idx const i1 = (std::min)(r.to, i0 + row_quantum);
      for (idx j = j0; j < j1; j += quantum) {
        idx const stop = (std::min)(j + quantum, j1);
        if (mirrors_ && mirror_.plain(i0, j)) {
          slope_mirrored(d, b, i0, i1, j, stop - j);
          continue;
        }
        cut_tile(b, i0, i1, j, stop, t);
        t.slopes(rows_, row_factor_, *columns_, column_factor_);
        for (idx i = i0; i < i1; ++i) settle(*p_.pools[b.n], i, b.at(i, j), t.row_slopes(i), stop - j);
      }
    }
  }
  void slope_mirrored(desk<S>& d, block const& b, idx i0, idx i1, idx j, idx count) {
    S const top = mirror_.top(i0, j);
    S by_column[quantum], own[quantum];
    for (idx c = 0; c < count; ++c) by_column[c] = columns_->kept_factor(j + c, top, column_factor_);
    for (idx i = i0; i < i1; ++i) {
      S* const s = b.at(i, j);
      S const mark = kept(d, b, i, j, count).mark;
      idx const slot = slot_of(i);
      set_aside(d, s, own);
      shift_[std::size_t(i)] += simd::join_slopes(s, rows_.kept_factor(slot, mark, row_factor_), std::exp(mark - top), by_column, p_.scale, count);
      if (d.cut.positives.empty()) continue;
      rows_.slope_positives(slot, sole(d, 0, i, j, count), row_factor_, d.g.data());
      for (idx p : d.cut.positives) {
        S& g = d.g[std::size_t(p)];
        lone_pair const x(j + p, i, d.u[std::size_t(p)]);
        columns_->slope_positives(j + p, x.seen, column_factor_, &g);
        shift_[std::size_t(i)] += double(g), s[p] = p_.scale * std::exchange(g, S(0));
      }
    }
  }

  /// Gradient of the candidates from the slopes of a block; each worker owns a stretch of candidates.
  void collect(block const& b) {
    stretch<S> const& pool = *p_.pools[b.n];
    if (!pool.trains) return;
    idx const dim = pool.candidates->dim;
    matrix<S>& dc = out_.pools[b.n];
    if (pool.kind == pool::layout::given) {
      for (idx i = b.r0; i < b.r1; ++i) std::copy(b.at(i, b.c0), b.at(i, b.c0) + (b.c1 - b.c0), &dc(i, b.c0));
      return;
    }
    bool const own = !pool.shared();
    idx const from = own ? 0 : b.c0, to = own ? pool.candidates->n : b.c1;
    std::vector<double>& sums = column_sums_[b.n];
    p_.how.on.run(workers_, [&](int w) {
      range const mine = part(from, to, w, workers_, 16);
      desk<S>& d = desks_[std::size_t(w)];
      if (mine.from >= mine.to) return;
      if (own) {
        S* const scratch = d.anchors.fit(dim);
        for (idx i = b.r0; i < b.r1; ++i) {
          S const* const a = pool.anchors->open(i, 1, scratch).data;
          for (idx j = b.c0; j < b.c1; ++j) {
            idx const id = pool.candidate(i, j);
            if (id < mine.from || id >= mine.to) continue;
            simd::scale_add(dc.data() + id * dim, a, *b.at(i, j), dim);
            if (!sums.empty()) sums[std::size_t(id)] += double(*b.at(i, j));
          }
        }
        return;
      }
      idx const m = b.r1 - b.r0;
      dense<S> const a = pool.anchors->open(b.r0, m, d.anchors.fit(m * dim));
      idx const n = mine.to - mine.from;
      simd::add_product_atb(b.at(b.r0, mine.from), b.ld, n, a.data, a.stride, dim, m, dc.data() + mine.from * dim, dim,
                            d.work.fit(simd::product_workspace<S>(n, dim, m)));
      if (sums.empty()) return;
      for (idx i = b.r0; i < b.r1; ++i)
        for (idx j = mine.from; j < mine.to; ++j) sums[std::size_t(j)] += double(*b.at(i, j));
    });
  }
  void push(block const& b) {
    by_rows(b.r0, b.r1, [&](desk<S>& d, range r) { spread(d, r, b); });
    collect(b);
  }

  /// Scores are gone where columns' slopes are found, but a product's sum_j slope_j score_j is anchor . gradient.
  void dot_gradients() {
    stretch<S> const& pool = *p_.pools[0];
    idx const dim = pool.candidates->dim;
    matrix<S> const& g = anchors_[std::size_t(pool.own_anchors + 1)];
    for (idx i = 0; i < p_.rows; ++i) {
      S const* const a = pool.anchors->open(i, 1, desks_[0].anchors.fit(dim)).data;
      double sum = 0;
      for (idx k = 0; k < dim; ++k) sum += double(a[k]) * double(g(i, k));
      slope_dot_[std::size_t(i)] = sum / double(p_.scale);
    }
  }
  /// From opened rows to stored rows; sums of per-row by-products, in row order.
  void hand_over() {
    auto count = [&](source<S> const& s) { out_.zero_rows += s.zero_rows, out_.bad_rows += s.bad_rows; };
    for (source<S> const* a : p_.anchor_groups) count(*a);
    for (stretch<S> const* pool : p_.pools)
      if (!pool->is_self) count(*pool->candidates);
    if (!p_.gradients) return;
    if (mirrors_) dot_gradients();
    for (idx i = 0; i < p_.rows; ++i) {
      out_.scale += factor_ * slope_dot_[std::size_t(i)];
      out_.shift += factor_ * shift_[std::size_t(i)];
    }
    for (std::size_t n = 0; n < out_.pools.size(); ++n) {
      if (out_.weights[n].size()) out_.weights[n] *= S(factor_);
      if (!p_.pools[n]->trains) continue;
      p_.pools[n]->candidates->pull(out_.pools[n], column_sums_[n], factor_);
    }
    for (std::size_t a = 0; a < anchors_.size(); ++a) p_.anchor_groups[a]->pull(anchors_[a], anchor_sums_[a], factor_);
    for (std::size_t n = 0; n < out_.pools.size(); ++n)
      if (p_.pools[n]->is_self && out_.pools[n].size()) {
        simd::scale_add(anchors_[0].data(), out_.pools[n].data(), S(1), idx(anchors_[0].size()));
        out_.pools[n].resize(0, 0);
      }
    if (!anchors_.empty()) out_.anchors = std::move(anchors_[0]);
    for (std::size_t a = 1; a < anchors_.size(); ++a) out_.own_anchors.push_back(std::move(anchors_[a]));
  }

  struct positive_score {
    idx column;  ///< across all pools
    S score;     ///< unscaled
  };

  problem<S> const& p_;
  row_program<S>& rows_;
  row_program<S>* columns_;
  double share_;
  int workers_;
  idx panel_ = 0, chunk_ = 0, block_ = 0, base_ = 0, row_step_ = 16;
  bool needs_facts_ = false, ranks_ = false, cuts_ = false, keeps_ = false, mirrors_ = false;
  S row_factor_ = 1, column_factor_ = 1;
  double factor_ = 0;
  outcome<S> out_;
  std::vector<desk<S>> desks_;
  std::vector<turned<S>> turned_;  ///< one per worker, for both directions at once
  mirror<S> mirror_;
  std::vector<idx> first_column_, first_slot_;
  std::vector<idx> stride_;  ///< of kept scores, per pool
  std::vector<scratch<S>> kept_;
  scratch<S> block_scores_;
  std::vector<std::vector<kept_slice<S>>> shape_;  ///< of the kept panels, per pool and slice
  std::vector<row_facts<S>> facts_;
  std::vector<std::vector<positive_score>> positives_;
  std::vector<double> value_, weight_, scale_, shift_, slope_dot_ = std::vector<double>(std::size_t(p_.rows), 0.0);
  std::vector<unsigned char> had_negatives_, marked_, refused_, column_negatives_;
  std::vector<matrix<S>> anchors_;
  std::vector<std::vector<double>> anchor_sums_, column_sums_;
};

template <Scalar S>
outcome<S> solve(problem<S> const& p, row_program<S>& rows, row_program<S>* by_column = nullptr, double share = 1, outcome<S> room = {}) {
  return walk<S>(p, rows, by_column, share, std::move(room)).run();
}

#if defined(FOIL_COMPILED)
extern template outcome<float> solve<float>(problem<float> const&, row_program<float>&, row_program<float>*, double, outcome<float>);
extern template outcome<double> solve<double>(problem<double> const&, row_program<double>&, row_program<double>*, double, outcome<double>);
#endif

}  // namespace foil::inline FOIL_ABI::engine
