// SPDX-License-Identifier: BSD-3-Clause
// How deep each anchor is looked at: windows of its ranking, one behind the other, until its lists of survivors are full.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "foil/engine/work_range.hpp"
#include "foil/mine/progress.hpp"
#include "foil/mine/window_filter.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

template <Scalar S, class P>
class inspection {
  using survivors = typename window_filter<S, P>::row;

 public:
  /// Anchors that are ranked and held at once, with windows of `depth` ranks: 512 for each worker, so that many share the candidates that
  /// it has in cache; at least 4,096, and above that at most as many as have 2^24 ranks.
  static idx rows_at_once(int workers, idx depth) {
    constexpr idx few = 4096, ranks = idx(1) << 24;
    return std::clamp(512 * idx(workers), few, (std::max)(few, ranks / (std::max)(depth, idx(1))));
  }

  inspection(engine::pool_access<S> const& pool, ranker<S>& rank, window_filter<S, P>& filter, ticker& tick, mine_options const& o,
             mined<S>& out)
      : pool_(pool), rank_(rank), filter_(filter), tick_(tick), o_(o), out_(out) {}

  idx max_positives = 0;  ///< of any row

  /// f(worker, number) for 0 .. n-1, until the job is cancelled; on all workers where there are at least `enough`.
  template <class F>
  void each_row(idx n, idx enough, F const& f) {
    int const workers = n < enough ? 1 : (std::max)(1, o_.executor.workers);
    o_.executor.run(workers, [&](int w) {
      engine::range const part = engine::part(0, n, w, workers, 1);
      for (idx t = part.from; t < part.to && tick_.step(0); ++t) f(w, t);
    });
  }

  /// Anchors r0 .. r1 - 1 ranked and filtered, as deep as it takes: of each one list of survivors, or one for each positive where a
  /// margin refers to each. Also writes the positives' scores and the number of NaN to the result.
  std::vector<std::vector<survivors>> operator()(idx r0, idx r1) {
    std::vector<std::vector<survivors>> rows(std::size_t(r1 - r0));
    std::vector<front> fronts(rows.size());
    each_row(r1 - r0, 64, [&](int w, idx t) {
      for (idx p = out_.positive_offsets[std::size_t(r0 + t)]; p < out_.positive_offsets[std::size_t(r0 + t) + 1]; ++p)
        out_.positive_scores[std::size_t(p)] = rank_.score(w, r0 + t, out_.positives[std::size_t(p)]);
      rows[std::size_t(t)] = filter_.rows_of(r0 + t);
      fronts[std::size_t(t)].first = fronts[std::size_t(t)].next = filter_.first_depth(positives_of(r0 + t), max_positives);
    });
    std::vector<idx> todo(rows.size());
    std::iota(todo.begin(), todo.end(), idx(0));
    for (bool first = true; !todo.empty() && !tick_.stopped(); first = false) {
      auto const next = [&](idx t) { return fronts[std::size_t(t)].next; };
      std::stable_sort(todo.begin(), todo.end(), [&](idx a, idx b) { return next(a) > next(b); });
      idx const n = idx(todo.size());
      for (idx t0 = 0, t1; t0 < n && !tick_.stopped(); t0 = t1) {
        // Rows of about the same depth together: deep windows of all rows, or short ones with the memory of deep ones, would be too much.
        idx const deepest = next(todo[std::size_t(t0)]), together = (std::max)((idx(1) << 24) / (std::max)(deepest, idx(1)), idx(64));
        t1 = (std::min)(t0 + together, n);
        while (next(todo[std::size_t(t1 - 1)]) < deepest / 8) --t1;
        look(r0, std::vector<idx>(todo.begin() + t0, todo.begin() + t1), deepest, first, rows, fronts);
      }
      std::erase_if(todo, [&](idx t) { return next(t) == 0; });
    }
    each_row(r1 - r0, 64, [&](int, idx t) {
      auto& found = rows[std::size_t(t)];
      filter_.finish(found, filter_.drawn_from(found, fronts[std::size_t(t)].first));
    });
    return rows;
  }

 private:
  /// How far the ranking of an anchor was looked at.
  struct front {
    idx first = 0;        ///< length of its first window, behind the ranks that its upper bound leaves out
    idx next = 0;         ///< length of its next window; 0: it is done
    idx before = 0;       ///< number of ranks that the bound leaves out,
    idx looked = 0;       ///< and of those looked at behind them
    ranked<S> last{};     ///< the last candidate looked at, behind which the next window begins
    bool at_end = false;  ///< the ranking has no more
  };

  /// The next ranks of some anchors, r0 + t for each t: they begin where the last ones ended, or behind what bounds leave out.
  void look(idx r0, std::vector<idx> const& some, idx deepest, bool first, std::vector<std::vector<survivors>>& rows,
            std::vector<front>& fronts) {
    requests<S> asked;
    std::vector<std::vector<counted_score<S>>> counted(some.size());
    bool const bounds = filter_.scans_bounds();
    for (std::size_t k = 0; k < some.size(); ++k) {
      auto const t = std::size_t(some[k]);
      request<S> ask{.row = r0 + some[k]};
      if (bounds) {
        auto const& of = rows[t][0].bounds;
        ask.upper = of.all().upper, ask.lower = of.all().lower;
        if (first) counted[k] = of.counted();
      }
      if (!first) ask.upper = fronts[t].last.score, ask.after = fronts[t].last.id;
      asked.has_bounds = asked.has_bounds || ask.has_upper() || ask.has_lower();
      asked.counted_per_row = (std::max)(asked.counted_per_row, idx(counted[k].size()));
      asked.rows.push_back(ask);
    }
    for (auto& scores : counted)
      scores.resize(std::size_t(asked.counted_per_row)), asked.scores.insert(asked.scores.end(), scores.begin(), scores.end());
    windows<S> const found = rank_(asked, deepest);
    if (first) out_.nan += rank_.nan;
    each_row(idx(some.size()), 64, [&](int w, idx k) {
      idx const i = r0 + some[std::size_t(k)], n = (std::min)(found.count(k), fronts[std::size_t(i - r0)].next);
      front& f = fronts[std::size_t(i - r0)];
      auto& of_anchor = rows[std::size_t(i - r0)];
      if (first) {
        f.before = found.count_before(k);
        std::vector<idx> ids;
        bool const listed = pool_.kind == pool::layout::listed;
        if (listed && o_.range_max == whole_corpus) rank_.listed(i, ids);
        filter_.count_positives(i, of_anchor, listed ? &ids : nullptr);
        if (asked.has_bounds)
          filter_.count_by_score(i, of_anchor[0], found, k, listed ? &ids : nullptr, [&](idx id) { return rank_.score(w, i, id); });
      }
      filter_.take(w, i, of_anchor, found[k], n, f.before + f.looked);
      f.looked += n, f.at_end = n < f.next;
      if (n > 0) f.last = found[k][n - 1];
      f.next = next_of(of_anchor, f);
    });
  }
  idx next_of(std::vector<survivors> const& rows, front const& f) const {
    if (o_.range_max != whole_corpus || f.at_end || f.before + f.looked >= pool_.columns) return 0;
    if (!filter_.are_full(rows)) return (std::min)(3 * f.looked, pool_.columns);
    if (o_.sampling.takes_hardest()) return 0;
    return (std::max)(filter_.drawn_from(rows, f.first) - f.before - f.looked, idx(0));  // all of what is drawn from
  }

  idx positives_of(idx i) const { return out_.positive_offsets[std::size_t(i) + 1] - out_.positive_offsets[std::size_t(i)]; }

  engine::pool_access<S> const& pool_;
  ranker<S>& rank_;
  window_filter<S, P>& filter_;
  ticker& tick_;
  mine_options const& o_;
  mined<S>& out_;
};

}}  // namespace foil::mining
