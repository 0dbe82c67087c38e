// SPDX-License-Identifier: BSD-3-Clause
// Which of a row's survivors become its negatives, and what fills up a short row.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/id_set.hpp"
#include "foil/mine/progress.hpp"
#include "foil/mine/ranked.hpp"
#include "foil/mine/window_filter.hpp"
#include "foil/sample/random_order.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

template <Scalar S, class P>
class negative_draw {
  using survivors = typename window_filter<S, P>::row;

 public:
  negative_draw(engine::pool_access<S> const& pool, ranker<S>& rank, window_filter<S, P>& filter, ticker& tick, idx wanted,
                mine_options const& o)
      : pool_(pool), rank_(rank), filter_(filter), tick_(tick), wanted_(wanted), first_row_((std::max)(o.first_row, idx(0))), o_(o) {}

  /// Draws of the survivors, then what the shortage policy adds.
  void operator()(int w, idx i, survivors& row) {
    row.chosen = drawn(i, row.list);
    row.is_short = idx(row.chosen.size()) < wanted_;
    if (o_.shortage != shortage::error)
      row.filled =
          apply_shortage_policy(o_.shortage, row.chosen, wanted_, pool_.caller, i, [&](idx missing) { return fill(w, i, row, missing); });
  }

 private:
  random_stream stream(purpose what, idx i) const { return {o_.seed, what, o_.epoch, std::uint64_t(first_row_) + std::uint64_t(i)}; }

  /// The stream of a row is keyed by the row, so threads and the order of rows do not matter.
  std::vector<candidate<S>> drawn(idx i, std::vector<candidate<S>> const& from) const {
    idx const n = idx(from.size()), k = (std::min)(wanted_, n);
    if (o_.sampling.takes_hardest() || k == n) return {from.begin(), from.begin() + k};
    std::vector<S> scores;
    for (candidate<S> const& c : from) scores.push_back(c.score);
    std::vector<candidate<S>> chosen;
    for (idx t : o_.sampling.choose(scores, k, stream(o_.sampling.draws_for(), i), pool_.caller)) chosen.push_back(from[std::size_t(t)]);
    return chosen;
  }

  /// Uniform draws from what was neither chosen nor, for fill_deeper, inspected; the filters judge them as any other. Every
  /// candidate is offered at most once.
  std::vector<candidate<S>> fill(int w, idx i, survivors const& row, idx missing) {
    if (row.saw_all && o_.shortage == shortage::fill_deeper) return {};
    std::vector<idx> ids, taken = row.inspected;
    for (candidate<S> const& c : row.chosen) taken.push_back(c.id);
    bool const listed = pool_.kind == pool::layout::listed;
    if (listed) {
      rank_.listed(i, ids);
      for (idx& id : taken) id = std::lower_bound(ids.begin(), ids.end(), id) - ids.begin();
    }
    id_set const out(std::move(taken));
    random_order order((listed ? idx(ids.size()) : pool_.columns) - out.size(), stream(purpose::fill, i));
    std::vector<candidate<S>> found;
    for (idx tried = 0; idx(found.size()) < missing && order.left() > 0; ++tried) {
      if (tried % 64 == 0 && !tick_.step(0)) break;
      idx const place = out.outside(order.next()), id = listed ? ids[std::size_t(place)] : place;
      candidate<S> const c{rank_.score(w, i, id), id, -1};
      if (!ineligible_bits(c.score) && !filter_.screen.is_positive(w, i, id) &&
          filter_.screen(w, i, id, c.score, row.facts) == filter_.screen.kept)
        found.push_back(c);
    }
    return found;
  }

  engine::pool_access<S> const& pool_;
  ranker<S>& rank_;
  window_filter<S, P>& filter_;
  ticker& tick_;
  idx wanted_, first_row_;
  mine_options const& o_;
};

}}  // namespace foil::mining
