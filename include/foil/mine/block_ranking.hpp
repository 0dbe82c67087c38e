// SPDX-License-Identifier: BSD-3-Clause
// The ranking of candidates block by block: each block is ranked by itself, and the lists are merged by score, then lower id.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "foil/mine/ranking.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// The lists and counts of a ranking of all candidates at once. Only its statistics differ: exact_rows adds up what the blocks report, a
/// row counting once in each, and screening says which passes looked at the blocks. A call reads each block once, for all rows that it
/// asks for. Memory: the lists, those of one block, and two lists per worker. A call that is stopped gives the blocks that it had seen.
template <Scalar S, class Blocks>
class block_ranking final : public ranker<S> {
 public:
  /// pools[b]: the pool with block b as its candidates. They, `blocks` and `tick` must outlive this. At least one block.
  block_ranking(Blocks const& blocks, std::vector<engine::pool_access<S> const*> pools, executor const& on, ticker& tick)
      : blocks_(blocks), pools_(std::move(pools)), executor_(on), tick_(tick), workspaces_(std::size_t((std::max)(1, on.workers))) {}

  windows<S> operator()(requests<S> const& asked, idx depth) override {
    idx const m = idx(asked.rows.size()), last = blocks_.size() - 1;
    depth = (std::clamp)(depth, idx(0), blocks_.first(blocks_.size()));
    windows<S> all(m, depth, asked.counted_per_row);
    auto const at = [last, backward = blocks_.alternate_direction()](idx step) { return backward ? last - step : step; };
    blocks_.prefetch(at(0));
    for (idx step = 0; step <= last && !tick_.stopped(); ++step) {
      if (step < last) blocks_.prefetch(at(step + 1));
      idx const b = at(step), n = blocks_.rows(b);
      auto const rank = ranking_of(*pools_[std::size_t(b)], executor_, tick_);
      windows<S> found = (*rank)(asked.of_columns(blocks_.first(b), n), (std::min)(depth, n));
      if (!tick_.stopped()) merge(found, asked, m, depth, blocks_.first(b), all);
      exact_rows_ += rank->exact_rows(), seen_ += rank->seen();
      blocks_.release(b);
    }
    return all;
  }
  S score(int worker, idx row, idx column) override {
    idx low = 0, high = blocks_.size();  // the block's number is in [low, high)
    while (high - low > 1) (blocks_.first((low + high) / 2) <= column ? low : high) = (low + high) / 2;
    return pair_scorer<S>(*pools_[std::size_t(low)])(workspaces_[std::size_t(worker)], row, column - blocks_.first(low));
  }
  void listed(idx, std::vector<idx>& ids) const override { ids.clear(); }
  idx exact_rows() const override { return exact_rows_; }
  screening seen() const override { return seen_; }

 private:
  /// Adds the lists of one block, whose ids count from 0, to those of the blocks before it; the block's first row is `first`.
  void merge(windows<S>& found, requests<S> const& asked, idx m, idx depth, idx first, windows<S>& all) const {
    int const workers = int(workspaces_.size());
    executor_.run(workers, [&](int w) {
      engine::range const part = engine::part(0, m, w, workers, 1);
      std::vector<ranked<S>> both;
      for (idx i = part.from; i < part.to; ++i) {
        idx const n = found.count(i);
        for (idx k = 0; k < n; ++k) found[i][k].id += first;
        both.resize(std::size_t(all.count(i) + n));
        std::merge(all[i], all[i] + all.count(i), found[i], found[i] + n, both.begin(), comes_before<S>);
        all.count(i) = (std::min)(idx(both.size()), depth);
        std::copy_n(both.begin(), all.count(i), all[i]);
        if (!asked.has_bounds) continue;
        all.count_before(i) += found.count_before(i), all.count_scored(i) += found.count_scored(i);
        for (idx k = 0; k < asked.counted_per_row; ++k) all.count_above(i, k) += found.count_above(i, k);
      }
    });
  }

  Blocks const& blocks_;
  std::vector<engine::pool_access<S> const*> pools_;
  executor executor_;
  ticker& tick_;
  std::vector<workspace<S>> workspaces_;
  idx exact_rows_ = 0;
  screening seen_;
};

}}  // namespace foil::mining
