// SPDX-License-Identifier: BSD-3-Clause
// Finished rows, appended to the result in their order.
#pragma once

#include "foil/mine/window_filter.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

template <Scalar S, std::size_t Filters>
class mined_writer {
 public:
  mined_writer(mined<S>& out, mine_options const& o) : out_(out), o_(o) {
    out_.survivor_offsets.push_back(0), out_.positive_offsets.push_back(0);
  }
  void operator()(idx anchor, survivors<S, Filters>& row) {
    if (row.is_short && o_.shortage == shortage::error)
      apply_shortage_policy(o_.shortage, row.chosen, out_.per_row, "mine", anchor, [](idx) { return std::vector<candidate<S>>{}; });
    for (std::size_t b = 0; b <= Filters; ++b) out_.dropped[b].dropped += row.dropped[b];
    for (candidate<S> const& c : row.list) out_.survivors.push_back(c.id), out_.survivor_scores.push_back(c.score);
    out_.survivor_offsets.push_back(idx(out_.survivors.size()));
    out_.short_rows += row.is_short, out_.filled += row.filled;
    out_.anchor.push_back(anchor);
    out_.counts.push_back(idx(row.chosen.size()));
    row.chosen.resize(std::size_t(out_.per_row), candidate<S>{minus_infinity<S>(), -1, -1});
    for (candidate<S> const& c : row.chosen) out_.ids.push_back(c.id), out_.scores.push_back(c.score), out_.ranks.push_back(c.rank);
  }

 private:
  mined<S>& out_;
  mine_options const& o_;
};

}}  // namespace foil::mining
