// SPDX-License-Identifier: BSD-3-Clause
// One mining job: windows of ranked candidates in, filtered and drawn negatives out.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "foil/core/id_set.hpp"
#include "foil/mine/mined.hpp"
#include "foil/mine/options.hpp"
#include "foil/mine/ranking.hpp"
#include "foil/mine/screen.hpp"
#include "foil/sample/random_order.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

template <Scalar S, class P>
class miner {
 public:
  /// `ids`: how many different ids roles and filters know; `slots`: of a row.
  miner(engine::pool_access<S> const& pool_access, P const& pool, idx rows, idx ids, idx slots, mine_options const& options)
      : pool_(pool_access),
        rows_(rows),
        first_row_((std::max)(options.first_row, idx(0))),
        wanted_(slots),
        o_(options),
        tick_(options.progress, rows),
        rank_(pool_access, options.executor, tick_),
        screen_(pool, ids, (std::max)(1, options.executor.workers), options.include_positives) {
    out_.per_row = wanted_;
    out_.dropped.push_back({"positive", 0});
    std::apply([&](auto const&... b) { (out_.dropped.push_back({b.name, 0}), ...); }, pool.biases);
    out_.survivor_offsets.push_back(0), out_.positive_offsets.push_back(0);
  }

  mined<S> run() {
    list_positives();
    out_.range_max = end_of(most_positives_);
    idx r0 = 0;
    for (; r0 < rows_ && !tick_.stopped(); r0 += wave) {
      idx const r1 = (std::min)(r0 + wave, rows_);
      tick_.begin("mine", r0, r1, std::uint64_t(r1 - r0) * std::uint64_t(pool_.columns));
      auto rows = inspected(r0, r1);
      tick_.begin("fill", r1 - 1, r1, 0);
      bool const fills = o_.shortage == shortage::fill_random || o_.shortage == shortage::fill_deeper;
      each_row(r1 - r0, fills ? 2 : 64, [&](int w, idx t) {
        for (survivors& s : rows[std::size_t(t)]) choose(w, r0 + t, s);
      });
      if (tick_.stopped()) break;
      for (idx i = r0; i < r1; ++i)
        for (survivors& s : rows[std::size_t(i - r0)]) append(i, s);
      tick_.begin("mine", r1, r1, 0);
      tick_.finish(r1);
    }
    out_.finished = (std::min)(r0, rows_);
    out_.cancelled = r0 < rows_;
    if (out_.cancelled) pad(r0);
    out_.rows = idx(out_.counts.size());
    out_.exact_rows = rank_.exact_rows();
    out_.screening = rank_.seen();
    out_.bad_rows = pool_.candidates->bad_rows + (pool_.anchors ? pool_.anchors->bad_rows : 0);
    return std::move(out_);
  }

 private:
  static constexpr idx wave = 4096;  // rows whose windows, of up to 4,096 ranks, are held at once
  static constexpr std::size_t filters = P::biases_count;

  struct candidate {
    S score;
    idx id, rank;
  };
  /// What is left of one row's window, in order, and what was not; then what was chosen of it.
  struct survivors {
    std::vector<candidate> list{}, chosen{};
    std::array<idx, filters + 1> dropped{};
    std::vector<idx> inspected{};  ///< what fill_deeper leaves out
    engine::row_facts<S> facts{};
    idx filled = 0;
    bool is_short = false;
  };

  static idx sum(idx a, idx b) { return a > whole_corpus - b ? whole_corpus : a + b; }
  /// End of the rank window of a row with so many positives: its own, so that no other row changes what it is drawn from.
  idx end_of(idx positives) const {
    if (o_.range_max != automatic) return o_.range_max;
    return sum(o_.range_min, sum(screen_.widens() ? 10 * wanted_ : wanted_, positives));
  }
  /// Ranks that a row looks at, first of all.
  idx first_depth(idx positives) const {
    idx const wanted = o_.range_max == whole_corpus ? sum(o_.range_min, wanted_ + 16) : end_of(positives);
    idx const more = o_.range_max == automatic || o_.range_max == whole_corpus ? positives : (std::max)(o_.most_positives, most_positives_);
    return (std::min)(sum(wanted, more), pool_.columns);
  }
  idx positives_of(idx i) const { return out_.positive_offsets[std::size_t(i) + 1] - out_.positive_offsets[std::size_t(i)]; }

  /// f(worker, number) for 0 .. n-1; on all workers where there are at least `enough`.
  template <class F>
  void each_row(idx n, idx enough, F const& f) {
    int const workers = n < enough ? 1 : (std::max)(1, o_.executor.workers);
    o_.executor.run(workers, [&](int w) {
      engine::range const part = engine::part(0, n, w, workers, 1);
      for (idx t = part.from; t < part.to && tick_.step(0); ++t) f(w, t);
    });
  }

  void list_positives() {
    std::vector<std::vector<idx>> found;
    for (idx r0 = 0; r0 < rows_; r0 += wave) {
      idx const n = (std::min)(wave, rows_ - r0);
      tick_.begin("positives", 0, 1, 0);
      found.assign(std::size_t(n), {});
      each_row(n, 64, [&](int w, idx t) { screen_.positives(w, r0 + t, found[std::size_t(t)]); });
      for (auto const& ids : found) {
        out_.positives.insert(out_.positives.end(), ids.begin(), ids.end());
        out_.positive_offsets.push_back(idx(out_.positives.size()));
        most_positives_ = (std::max)(most_positives_, idx(ids.size()));
        out_.without_positive += ids.empty();
      }
    }
    out_.positive_scores.assign(out_.positives.size(), minus_infinity<S>());  // until a row's turn comes
  }

  /// Rows r0 .. r1 ranked and filtered, as deep as it takes; a row for each positive where a margin refers to each.
  std::vector<std::vector<survivors>> inspected(idx r0, idx r1) {
    each_row(r1 - r0, 64, [&](int w, idx t) {
      for (idx p = out_.positive_offsets[std::size_t(r0 + t)]; p < out_.positive_offsets[std::size_t(r0 + t) + 1]; ++p)
        out_.positive_scores[std::size_t(p)] = rank_.score(w, r0 + t, out_.positives[std::size_t(p)]);
    });
    std::vector<std::vector<survivors>> rows(std::size_t(r1 - r0));
    std::vector<idx> todo, depth(rows.size());
    for (idx i = r0; i < r1; ++i) todo.push_back(i), depth[std::size_t(i - r0)] = first_depth(positives_of(i));
    for (bool first = true; !todo.empty() && !tick_.stopped(); first = false) {
      idx deepest = 0;
      for (idx i : todo) deepest = (std::max)(deepest, depth[std::size_t(i - r0)]);
      idx const n = idx(todo.size()), together = (std::clamp)((idx(1) << 24) / (std::max)(deepest, idx(1)), idx(64), wave);
      for (idx t0 = 0; t0 < n && !tick_.stopped(); t0 += together) {  // windows of the whole corpus are not held all at once
        std::vector<idx> const some(todo.begin() + t0, todo.begin() + (std::min)(t0 + together, n));
        auto const windows = rank_(some, deepest);
        if (first) out_.nan += rank_.nan;
        each_row(idx(some.size()), 64, [&](int w, idx t) {
          idx const i = some[std::size_t(t)];
          auto const& window = windows[std::size_t(t)];
          rows[std::size_t(i - r0)] = filtered(w, i, window, (std::min)(idx(window.size()), depth[std::size_t(i - r0)]));
        });
      }
      std::vector<idx> again;
      for (idx i : todo) {
        auto const& row = rows[std::size_t(i - r0)];
        idx& d = depth[std::size_t(i - r0)];
        bool const full = std::all_of(row.begin(), row.end(), [&](survivors const& s) { return idx(s.list.size()) >= wanted_; });
        if (o_.range_max != whole_corpus || full || d >= pool_.columns) continue;
        d = (std::min)(sum(d, 3 * d), pool_.columns), again.push_back(i);
      }
      todo = std::move(again);
    }
    return rows;
  }

  /// The rows of one anchor, from the first `depth` of its window.
  std::vector<survivors> filtered(int w, idx i, std::vector<ranked<S>> const& window, idx depth) {
    idx const p0 = out_.positive_offsets[std::size_t(i)], p1 = out_.positive_offsets[std::size_t(i) + 1];
    std::vector<survivors> result;
    engine::row_facts<S> all;
    for (idx p = p0; p < p1; ++p) {
      S const s = out_.positive_scores[std::size_t(p)];
      if (ineligible_bits(s)) continue;  // a positive that was never scored sets no margin
      if (screen_.one_by_one()) result.push_back({.facts = {true, s, s}});
      if (!all.has_positive) all = {true, s, s};
      all.lowest = (std::min)(all.lowest, s), all.highest = (std::max)(all.highest, s);
    }
    if (result.empty()) result.push_back({.facts = all});
    idx const end = end_of(p1 - p0);
    for (survivors& r : result) {
      bool const raw = o_.stage == range_stage::before_filter;
      for (idx k = 0; k < depth; ++k) {
        candidate const c{window[std::size_t(k)].score, window[std::size_t(k)].id, k};
        if (raw && (k < o_.range_min || k >= end)) {
          if (screen_.is_positive(w, i, c.id)) ++r.dropped[0];
          continue;
        }
        if (int const by = screen_(w, i, c.id, c.score, r.facts); by >= 0)
          ++r.dropped[std::size_t(by)];
        else if (by == screen_.kept)
          r.list.push_back(c);
      }
      if (!raw) {
        if (idx(r.list.size()) > end) r.list.resize(std::size_t(end));
        r.list.erase(r.list.begin(), r.list.begin() + (std::min)(o_.range_min, idx(r.list.size())));
      }
      if (o_.shortage == shortage::fill_deeper && idx(r.list.size()) < wanted_)
        for (idx k = 0; k < depth; ++k) r.inspected.push_back(window[std::size_t(k)].id);
    }
    return result;
  }

  void choose(int w, idx i, survivors& row) {
    row.chosen = drawn(i, row.list);
    row.is_short = idx(row.chosen.size()) < wanted_;
    if (o_.shortage != shortage::error)
      row.filled =
          apply_shortage_policy(o_.shortage, row.chosen, wanted_, "mine", i, [&](idx missing) { return fill(w, i, row, missing); });
  }
  random_stream stream(purpose what, idx i) const { return {o_.seed, what, o_.epoch, std::uint64_t(first_row_) + std::uint64_t(i)}; }

  /// The stream of a row is keyed by the row, so threads and the order of rows do not matter.
  std::vector<candidate> drawn(idx i, std::vector<candidate> const& from) const {
    idx const n = idx(from.size()), k = (std::min)(wanted_, n);
    if (o_.sampling.takes_hardest() || k == n) return {from.begin(), from.begin() + k};
    std::vector<S> scores;
    for (candidate const& c : from) scores.push_back(c.score);
    std::vector<candidate> chosen;
    for (idx t : o_.sampling.choose(scores, k, stream(o_.sampling.draws_for(), i), "mine")) chosen.push_back(from[std::size_t(t)]);
    return chosen;
  }

  /// Uniform draws from what was neither chosen nor, for fill_deeper, inspected; the filters judge them as any other. Every
  /// candidate is offered at most once.
  std::vector<candidate> fill(int w, idx i, survivors const& row, idx missing) {
    std::vector<idx> ids, taken = row.inspected;
    for (candidate const& c : row.chosen) taken.push_back(c.id);
    bool const listed = pool_.kind == pool::layout::listed;
    if (listed) {
      rank_.listed(i, ids);
      for (idx& id : taken) id = std::lower_bound(ids.begin(), ids.end(), id) - ids.begin();
    }
    id_set const out(std::move(taken));
    random_order order((listed ? idx(ids.size()) : pool_.columns) - out.size(), stream(purpose::fill, i));
    std::vector<candidate> found;
    for (idx tried = 0; idx(found.size()) < missing && order.left() > 0; ++tried) {
      if (tried % 64 == 0 && !tick_.step(0)) break;
      idx const place = out.outside(order.next()), id = listed ? ids[std::size_t(place)] : place;
      candidate const c{rank_.score(w, i, id), id, -1};
      if (!ineligible_bits(c.score) && !screen_.is_positive(w, i, id) && screen_(w, i, id, c.score, row.facts) == screen_.kept)
        found.push_back(c);
    }
    return found;
  }

  void append(idx i, survivors& row) {
    if (row.is_short && o_.shortage == shortage::error)
      apply_shortage_policy(o_.shortage, row.chosen, wanted_, "mine", i, [](idx) { return std::vector<candidate>{}; });
    for (std::size_t b = 0; b <= filters; ++b) out_.dropped[b].dropped += row.dropped[b];
    for (candidate const& c : row.list) out_.survivors.push_back(c.id), out_.survivor_scores.push_back(c.score);
    out_.survivor_offsets.push_back(idx(out_.survivors.size()));
    out_.short_rows += row.is_short, out_.filled += row.filled;
    out_.anchor.push_back(i);
    out_.counts.push_back(idx(row.chosen.size()));
    row.chosen.resize(std::size_t(wanted_), candidate{minus_infinity<S>(), -1, -1});
    for (candidate const& c : row.chosen) out_.ids.push_back(c.id), out_.scores.push_back(c.score), out_.ranks.push_back(c.rank);
  }
  void pad(idx from) {
    for (idx i = from; i < rows_; ++i) {
      survivors empty;
      append(i, empty);
    }
  }

  engine::pool_access<S> const& pool_;
  idx rows_, first_row_, wanted_;
  mine_options const& o_;
  ticker tick_;
  ranking<S> rank_;
  screen<S, P> screen_;
  idx most_positives_ = 0;
  mined<S> out_;
};

}}  // namespace foil::mining
