// SPDX-License-Identifier: BSD-3-Clause
// One mining job: windows of ranked candidates in, filtered and drawn negatives out.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/mine/inspection.hpp"
#include "foil/mine/mined_writer.hpp"
#include "foil/mine/negative_draw.hpp"
#include "foil/mine/ranking.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

template <Scalar S, class P>
class miner {
 public:
  /// `ids`: how many different ids roles and filters know; `slots`: of a row; `workers`: how many share the rows
  /// of one ranking; ranker_of(ticker): who ranks the candidates.
  template <class RankerOf>
  miner(engine::pool_access<S> const& pool_access, P const& pool, idx rows, idx ids, idx slots, mine_options const& options, int workers,
        RankerOf const& ranker_of)
      : pool_(pool_access),
        rows_(rows),
        workers_(workers),
        o_(options),
        tick_(options.progress, rows),
        rank_(ranker_of(tick_)),
        filter_(pool, ids, pool_access.columns, slots, options, out_, pool_access.caller),
        inspect_(pool_access, *rank_, filter_, tick_, options, out_),
        draw_(pool_access, *rank_, filter_, tick_, slots, options),
        write_(out_, rows, options, pool_access.caller) {
    out_.per_row = slots;
    out_.dropped.push_back({"positive", 0});
    std::apply([&](auto const&... b) { (out_.dropped.push_back({b.name, 0}), ...); }, pool.biases);
  }

  /// Ranked by this process, all candidates at once.
  miner(engine::pool_access<S> const& pool_access, P const& pool, idx rows, idx ids, idx slots, mine_options const& options)
      : miner(pool_access, pool, rows, ids, slots, options, options.executor.workers,
              [&](ticker& tick) { return ranking_of(pool_access, options.executor, tick); }) {}

  mined<S> run() {
    list_positives();
    idx const found = inspect_.max_positives;
    bool const even = found * rows_ == idx(out_.positives.size()), told = o_.max_positives == 0 ? even : found <= o_.max_positives;
    require(o_.first_row == automatic || o_.range_max == whole_corpus || told || tick_.stopped(), pool_.caller, ": rows have up to ", found,
            " positives, max_positives is ", o_.max_positives,
            ", and windows depend on the most of any row of the job: beside first_row, give max_positives");
    inspect_.max_positives = (std::max)(o_.max_positives, found);
    out_.range_max = filter_.end_of(inspect_.max_positives);
    rows_at_once_ = inspection<S, P>::rows_at_once(workers_, filter_.first_depth(inspect_.max_positives, inspect_.max_positives));
    auto const each = [&](idx n, auto const& f) {  // all of them, whether the job is stopped or not
      int const workers = n < 64 ? 1 : (std::max)(1, o_.executor.workers);
      o_.executor.run(workers, [&](int w) {
        engine::range const part = engine::part(0, n, w, workers, 1);
        for (idx t = part.from; t < part.to; ++t) f(t);
      });
    };
    idx r0 = 0;
    for (; r0 < rows_ && !tick_.stopped(); r0 += rows_at_once_) {
      idx const r1 = (std::min)(r0 + rows_at_once_, rows_);
      tick_.begin("mine", r0, r1, std::uint64_t(r1 - r0) * std::uint64_t(pool_.columns));
      auto rows = inspect_(r0, r1);
      tick_.begin("fill", r1 - 1, r1, 0);
      bool const fills = o_.shortage == shortage::fill_random || o_.shortage == shortage::fill_deeper;
      inspect_.each_row(r1 - r0, fills ? 2 : 64, [&](int w, idx t) {
        for (survivors& s : rows[std::size_t(t)]) draw_(w, r0 + t, s);
      });
      if (tick_.stopped()) break;
      write_(r0, rows, each);
      tick_.begin("mine", r1, r1, 0);
      tick_.finish(r1);
    }
    out_.finished = (std::min)(r0, rows_);
    out_.cancelled = r0 < rows_;
    for (; r0 < rows_; r0 += rows_at_once_) {  // empty ones, where the job was cancelled
      std::vector<std::vector<survivors>> empty(std::size_t((std::min)(rows_at_once_, rows_ - r0)), std::vector<survivors>(1));
      write_(r0, empty, each);
    }
    out_.rows = idx(out_.counts.size());
    out_.exact_rows = rank_->exact_rows();
    out_.screening = rank_->seen();
    out_.bad_rows = pool_.candidates->bad_rows + (pool_.anchors ? pool_.anchors->bad_rows : 0);
    return std::move(out_);
  }

 private:
  using survivors = typename window_filter<S, P>::row;

  void list_positives() {
    std::vector<std::vector<idx>> found;
    filter_.screen.index_positives();
    for (idx r0 = 0; r0 < rows_; r0 += rows_at_once_) {
      idx const n = (std::min)(rows_at_once_, rows_ - r0);
      tick_.begin("positives", 0, 1, 0);
      found.assign(std::size_t(n), {});
      inspect_.each_row(n, 64, [&](int w, idx t) { filter_.screen.positives(w, r0 + t, found[std::size_t(t)]); });
      for (auto const& ids : found) {
        out_.positives.insert(out_.positives.end(), ids.begin(), ids.end());
        out_.positive_offsets.push_back(idx(out_.positives.size()));
        inspect_.max_positives = (std::max)(inspect_.max_positives, idx(ids.size()));
        out_.without_positive += ids.empty();
      }
    }
    out_.positive_scores.assign(out_.positives.size(), minus_infinity<S>());  // until a row's turn comes
  }

  engine::pool_access<S> const& pool_;
  idx rows_;
  int workers_;
  idx rows_at_once_ = 4096;
  mine_options const& o_;
  ticker tick_;
  std::unique_ptr<ranker<S>> rank_;
  mined<S> out_;
  window_filter<S, P> filter_;
  inspection<S, P> inspect_;
  negative_draw<S, P> draw_;
  mined_writer<S, P::biases_count> write_;
};

}}  // namespace foil::mining
