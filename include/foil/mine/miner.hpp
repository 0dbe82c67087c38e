// SPDX-License-Identifier: BSD-3-Clause
// One mining job: windows of ranked candidates in, filtered and drawn negatives out.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/engine/range.hpp"
#include "foil/mine/mined_writer.hpp"
#include "foil/mine/negative_draw.hpp"
#include "foil/mine/ranking.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

template <Scalar S, class P>
class miner {
 public:
  /// `ids`: how many different ids roles and filters know; `slots`: of a row; `rank`: who ranks the candidates, if not this process alone.
  miner(engine::pool_access<S> const& pool_access, P const& pool, idx rows, idx ids, idx slots, mine_options const& options,
        std::unique_ptr<ranker<S>> rank = nullptr)
      : pool_(pool_access),
        rows_(rows),
        o_(options),
        tick_(options.progress, rows),
        rank_(rank ? std::move(rank) : ranking_of(pool_access, options.executor, tick_)),
        filter_(pool, ids, pool_access.columns, slots, options, out_),
        draw_(pool_access, *rank_, filter_, tick_, slots, options),
        write_(out_, options) {
    out_.per_row = slots;
    out_.dropped.push_back({"positive", 0});
    std::apply([&](auto const&... b) { (out_.dropped.push_back({b.name, 0}), ...); }, pool.biases);
  }

  mined<S> run() {
    list_positives();
    out_.range_max = filter_.end_of(most_positives_);
    idx r0 = 0;
    for (; r0 < rows_ && !tick_.stopped(); r0 += wave) {
      idx const r1 = (std::min)(r0 + wave, rows_);
      tick_.begin("mine", r0, r1, std::uint64_t(r1 - r0) * std::uint64_t(pool_.columns));
      auto rows = inspected(r0, r1);
      tick_.begin("fill", r1 - 1, r1, 0);
      bool const fills = o_.shortage == shortage::fill_random || o_.shortage == shortage::fill_deeper;
      each_row(r1 - r0, fills ? 2 : 64, [&](int w, idx t) {
        for (survivors& s : rows[std::size_t(t)]) draw_(w, r0 + t, s);
      });
      if (tick_.stopped()) break;
      for (idx i = r0; i < r1; ++i)
        for (survivors& s : rows[std::size_t(i - r0)]) write_(i, s);
      tick_.begin("mine", r1, r1, 0);
      tick_.finish(r1);
    }
    out_.finished = (std::min)(r0, rows_);
    out_.cancelled = r0 < rows_;
    for (idx i = r0; i < rows_; ++i) {  // empty ones, where the job was cancelled
      survivors empty;
      write_(i, empty);
    }
    out_.rows = idx(out_.counts.size());
    out_.exact_rows = rank_->exact_rows();
    out_.screening = rank_->seen();
    out_.bad_rows = pool_.candidates->bad_rows + (pool_.anchors ? pool_.anchors->bad_rows : 0);
    return std::move(out_);
  }

 private:
  using survivors = typename window_filter<S, P>::row;
  static constexpr idx wave = 4096;  // rows whose windows, of up to 4,096 ranks, are held at once

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
      each_row(n, 64, [&](int w, idx t) { filter_.screen.positives(w, r0 + t, found[std::size_t(t)]); });
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
        out_.positive_scores[std::size_t(p)] = rank_->score(w, r0 + t, out_.positives[std::size_t(p)]);
    });
    std::vector<std::vector<survivors>> rows(std::size_t(r1 - r0));
    std::vector<idx> todo, depth(rows.size());
    for (idx i = r0; i < r1; ++i) todo.push_back(i), depth[std::size_t(i - r0)] = filter_.first_depth(positives_of(i), most_positives_);
    for (bool first = true; !todo.empty() && !tick_.stopped(); first = false) {
      idx deepest = 0;
      for (idx i : todo) deepest = (std::max)(deepest, depth[std::size_t(i - r0)]);
      idx const n = idx(todo.size()), together = (std::clamp)((idx(1) << 24) / (std::max)(deepest, idx(1)), idx(64), wave);
      for (idx t0 = 0; t0 < n && !tick_.stopped(); t0 += together) {  // windows of the whole corpus are not held all at once
        std::vector<idx> const some(todo.begin() + t0, todo.begin() + (std::min)(t0 + together, n));
        windows<S> const found = (*rank_)(some, deepest);
        if (first) out_.nan += rank_->nan;
        each_row(idx(some.size()), 64, [&](int w, idx t) {
          idx const i = some[std::size_t(t)];
          rows[std::size_t(i - r0)] = filter_(w, i, found[t], (std::min)(found.count(t), depth[std::size_t(i - r0)]));
        });
      }
      std::erase_if(todo, [&](idx i) {
        idx& d = depth[std::size_t(i - r0)];
        idx const next = filter_.next_depth(rows[std::size_t(i - r0)], d);
        if (next > 0) d = next;
        return next == 0;
      });
    }
    return rows;
  }

  engine::pool_access<S> const& pool_;
  idx rows_;
  mine_options const& o_;
  ticker tick_;
  std::unique_ptr<ranker<S>> rank_;
  mined<S> out_;
  window_filter<S, P> filter_;
  negative_draw<S, P> draw_;
  mined_writer<S, P::biases_count> write_;
  idx most_positives_ = 0;
};

}}  // namespace foil::mining
