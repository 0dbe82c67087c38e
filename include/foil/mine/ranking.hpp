// SPDX-License-Identifier: BSD-3-Clause
// The exact ranking of candidates for each anchor, as deep as asked: a fast pass finds them, a canonical one orders them. One file
// because both ways to share the work among threads end in the same rescoring.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/engine/work_range.hpp"
#include "foil/mine/candidate_gather.hpp"
#include "foil/mine/full_scan.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Ranks the columns of one pool for blocks of rows. The fast product may be wrong by a bound that is known; all
/// candidates within it of the threshold are kept, scored by the canonical dot product (the same bits on every
/// instruction set) and ordered. A row where too many candidates lie that close takes the exact path, and so does every
/// row of a similarity that is not monotone. Ids are columns; of a listed pool, the rows of its matrix, each once.
template <Scalar S>
class ranking final : public ranker<S> {
 public:
  ranking(engine::pool_access<S> const& pool, executor const& on, ticker& tick)
      : pool_(pool),
        executor_(on),
        tick_(tick),
        workspaces_(std::size_t((std::max)(1, on.workers))),
        score_(pool),
        gather_(pool, tick, int(workspaces_.size())),
        scan_(pool, tick),
        exact_(std::size_t(pool.anchors ? pool.anchors->n : 0), 0) {
    if (!searches() || pool.candidates->kind.unit) return;
    std::vector<double> longest(workspaces_.size(), 0);
    executor_.run(int(workspaces_.size()), [&](int w) {
      engine::source<S> const& from = *pool.candidates;
      engine::range const part = engine::part(0, from.n, w, int(workspaces_.size()), 1);
      S* const scratch = engine::workspace<S>::fit(workspace_of(w).candidates, from.dim);
      for (idx j = part.from; j < part.to; ++j)
        if (!from.is_bad(j))
          longest[std::size_t(w)] = (std::max)(longest[std::size_t(w)], engine::length_of(from.open(j, 1, scratch).data, from.dim));
    });
    gather_.set_longest(*std::max_element(longest.begin(), longest.end()));
  }

  idx exact_rows() const override { return std::count(exact_.begin(), exact_.end(), 1); }
  screening seen() const override { return gather_.seen(); }
  void listed(idx row, std::vector<idx>& ids) const override { scan_.listed(row, ids); }

  windows<S> operator()(requests<S> const& asked, idx depth) override {
    int const workers = int(workspaces_.size());
    idx const m = idx(asked.rows.size());
    depth = (std::clamp)(depth, idx(0), pool_.columns);
    windows<S> out(m, depth, asked.counted_per_row);
    bool const by_columns = splits_columns(m);
    if (searches() && (pool_.anchors->n > candidate_gather<S>::max_rows || (workers > 1 && !by_columns))) gather_.share_packed();
    std::vector<idx> nans(workspaces_.size(), 0);
    if (!searches() || depth <= 0) {
      executor_.run(workers, [&](int w) {
        engine::range const r = engine::part(0, m, w, workers, 1);
        for (idx i = r.from; i < r.to; ++i) nans[std::size_t(w)] += scan_(workspace_of(w), asked, i, depth, out);
      });
    } else if (by_columns) {
      for (engine::range r : gather_.panels(0, m, depth)) {
        std::vector<std::vector<piece<S>>> parts(workspaces_.size());
        executor_.run(workers, [&](int w) {
          engine::range const c = engine::part(0, pool_.columns, w, workers, 512);
          parts[std::size_t(w)] = gather_(w, workspace_of(w), asked, r, c, depth);
        });
        std::vector<piece<S>*> all;
        for (auto& part : parts)
          for (piece<S>& p : part) all.push_back(&p);
        executor_.run(workers, [&](int w) {
          engine::range const part = engine::part(r.from, r.to, w, workers, 1);
          rescore_all(workspace_of(w), asked, part, all, r.from, depth, out);
        });
      }
    } else {
      executor_.run(workers, [&](int w) {
        engine::range const part = engine::part(0, m, w, workers, m < idx(workers) * min_rows ? min_rows : 1);
        for (engine::range r : gather_.panels(part.from, part.to, depth)) {
          std::vector<piece<S>> found = gather_(w, workspace_of(w), asked, r, {0, pool_.columns}, depth);
          std::vector<piece<S>*> all;
          for (piece<S>& p : found) all.push_back(&p);
          rescore_all(workspace_of(w), asked, r, all, r.from, depth, out);
        }
      });
    }
    this->nan = 0;
    for (idx n : nans) this->nan += n;
    return out;
  }

  S score(int worker, idx row, idx column) override { return score_(workspaces_[std::size_t(worker)], row, column); }

 private:
  static constexpr idx min_rows = integer_screen<S>::min_rows, few = pair_scorer<S>::most_candidates;

  workspace<S>& workspace_of(int w) { return workspaces_[std::size_t(w)]; }
  /// Few rows over a large corpus: every worker takes a range of columns. As each has thresholds of its own, which cost about `workers`
  /// times as many pairs, and short ranges leave nothing to whole numbers, many workers are better off with few rows each.
  bool splits_columns(idx rows) const {
    idx const w = idx(workspaces_.size()), busy = rows / min_rows;
    if (rows >= w * 256 || pool_.columns <= w * 2048) return false;
    if (busy >= w) return pool_.columns > w * w * 4096;
    return pool_.columns > w * 16384 || 5 * busy < 2 * w;  // whole numbers take two fifths of the time
  }
  /// Candidates are found by the fast pass.
  bool searches() const { return pool_.shared() && pool_.monotone; }

  /// Requests of a panel that begins with request `first`. Those with too many ties are scored together.
  void rescore_all(workspace<S>& d, requests<S> const& asked, engine::range part, std::vector<piece<S>*> const& pieces, idx first,
                   idx depth, windows<S>& out) {
    std::vector<idx> exact;
    for (idx i = part.from; i < part.to; ++i)
      if (!rescore(d, asked, i, pieces, i - first, depth, out)) exact.push_back(i), exact_[std::size_t(asked.rows[std::size_t(i)].row)] = 1;
    scan_.together(d, asked, exact, depth, out);
  }
  /// Canonical scores of what request i gathered, as row `at` of its panel: those that it asks for in order, cut to depth, and counts.
  /// False where there are too many.
  bool rescore(workspace<S>& d, requests<S> const& asked, idx i, std::vector<piece<S>*> const& pieces, idx at, idx depth, windows<S>& out) {
    idx const row = asked.rows[std::size_t(i)].row;
    if (pool_.anchors->is_bad(row) || tick_.stopped()) return true;
    if (pieces.size() == 1) pieces[0]->lists.trim(at, 0);
    for (piece<S>* p : pieces)
      if (p->lists.gave_up(at)) return false;
    S threshold = shortlists<S>::lowest_score;
    if (pieces.size() > 1) {
      d.values.clear();
      for (piece<S>* p : pieces)
        for (auto const& e : p->lists[at])
          if (e.value <= p->lists.certain(at)) d.values.push_back(e.value);
      if (idx(d.values.size()) > depth) {
        std::nth_element(d.values.begin(), d.values.begin() + (depth - 1), d.values.end(), [](S x, S y) { return x > y; });
        threshold = d.values[std::size_t(depth - 1)] - pieces[0]->lists.band(at);
      }
    }
    d.order.clear(), d.start.clear();  // columns rise, so equal scores stay in the order of their ids
    for (piece<S>* p : pieces)
      for (auto const& e : p->lists[at])
        if (p->lists.may_stay(at, e.value, threshold)) d.order.push_back(p->first + idx(e.place)), d.start.push_back(e.value);
    idx n = idx(d.order.size());
    d.values.resize(std::size_t(n));
    engine::source<S> const& candidates = *pool_.candidates;
    idx const dim = candidates.dim;
    S* const anchor_space = engine::workspace<S>::fit(d.u, dim);
    S const* const anchor = pool_.anchors->open(row, 1, anchor_space).data;
    constexpr idx ahead = 16;
    for (idx k = 0; k < (std::min)(ahead, n); ++k) candidates.prefetch(d.order[std::size_t(k)]);
    for (idx k = 0; k < n; k += few) {
      for (idx f = k + ahead; f < (std::min)(n, k + ahead + few); ++f) candidates.prefetch(d.order[std::size_t(f)]);
      score_(d, row, anchor, d.order.data() + k, (std::min)(few, n - k), d.values.data() + k);
    }
    if (asked.has_bounds) n = leave_out(d, asked, i, pieces, at, out);
    idx const found = out.count(i) = select_first(d, d.values.data(), n, (std::min)(depth, n), d.order.data(), out[i]).found;
    return !pool_.may_tie || found == 0 || !may_tie_with_dropped(anchor, pieces, at, threshold, out[i][found - 1].score);
  }
  /// Whether a candidate that was dropped by its number, below `threshold` or that of a piece, may score what the last one does. Numbers
  /// err by less than 0.4 bands.
  bool may_tie_with_dropped(S const* anchor, std::vector<piece<S>*> const& pieces, idx at, S threshold, S last) const {
    for (piece<S>* p : pieces) threshold = (std::max)(threshold, p->lists.thresholds()[at]);
    if (threshold <= shortlists<S>::lowest_score) return false;
    double const longest = (std::max)(gather_.longest(), engine::length_of(anchor, pool_.candidates->dim));
    return score_numbers<S>(pool_, anchor, longest).lowest(last) <= double(threshold) + 0.4 * double(pieces[0]->lists.band(at));
  }
  /// Completes the counts of request i by the canonical scores of what was near its cuts; keeps what it asks for and returns how many.
  idx leave_out(workspace<S>& d, requests<S> const& asked, idx i, std::vector<piece<S>*> const& pieces, idx at, windows<S>& out) const {
    auto const counted = [&](idx k) {
      idx n = 0;
      for (piece<S>* p : pieces) n += p->lists.above(at, k);
      return n;
    };
    shortlists<S> const& lists = pieces[0]->lists;  // whose cuts are those of all
    out.count_scored(i) = pool_.columns - pool_.candidates->bad_rows, out.count_before(i) = counted(0);
    for (idx k = 0; k < asked.counted_per_row; ++k) out.count_above(i, k) = counted(k + 1);
    idx kept = 0;
    for (std::size_t e = 0; e < d.order.size(); ++e) {
      S const score = d.values[e], number = d.start[e];
      bool const before = asked.is_before(i, score, d.order[e]);
      out.count_before(i) += before && !lists.is_counted(at, 0, number);
      for (idx k = 0; k < asked.counted_per_row; ++k)
        out.count_above(i, k) += asked.score(i, k).holds(score) && !lists.is_counted(at, k + 1, number);
      if (before || score < asked.rows[std::size_t(i)].lower) continue;
      d.values[std::size_t(kept)] = score, d.order[std::size_t(kept++)] = d.order[e];
    }
    return kept;
  }

  engine::pool_access<S> const& pool_;
  executor executor_;
  ticker& tick_;
  std::vector<workspace<S>> workspaces_;
  pair_scorer<S> score_;
  candidate_gather<S> gather_;
  full_scan<S> scan_;
  std::vector<unsigned char> exact_;  ///< by row
};

template <Scalar S>
std::unique_ptr<ranker<S>> ranking_of(engine::pool_access<S> const& pool, executor const& on, ticker& tick) {
  return std::make_unique<ranking<S>>(pool, on, tick);
}

#if defined(FOIL_COMPILED)
extern template std::unique_ptr<ranker<float>> ranking_of(engine::pool_access<float> const&, executor const&, ticker&);
extern template std::unique_ptr<ranker<double>> ranking_of(engine::pool_access<double> const&, executor const&, ticker&);
#endif

}}  // namespace foil::mining
