// SPDX-License-Identifier: BSD-3-Clause
// Parts of a mining job, one a rank, joined to the whole on every rank.
#pragma once

#include "foil/bridge/communicator.hpp"
#include "foil/mine/mined.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

/// The parts in rank order, as one process would have mined them; per_row and filters are the same on all ranks. Lists are those of
/// the parts, one after the other; counts add up. Traffic: the size of the whole result to every rank.
template <Communicator C, Scalar S>
mined<S> gather_mined(C& comm, mined<S> const& part) {
  require_same(comm, "gather_mined", "per_row", std::uint64_t(part.per_row));
  require_same(comm, "gather_mined", "filters", std::uint64_t(part.dropped.size()));
  mined<S> all;
  auto const sum = [&](idx n) {
    idx total = 0;
    for (idx const each : gather_values(comm, n)) total += each;
    return total;
  };
  all.per_row = part.per_row;
  all.ids = gather_lists(comm, part.ids), all.scores = gather_lists(comm, part.scores), all.ranks = gather_lists(comm, part.ranks);
  all.counts = gather_lists(comm, part.counts);
  all.survivors = gather_lists(comm, part.survivors), all.survivor_scores = gather_lists(comm, part.survivor_scores);
  all.positives = gather_lists(comm, part.positives), all.positive_scores = gather_lists(comm, part.positive_scores);
  // What counts anchors or list entries from 0 goes on where the rank before ended.
  idx const anchors = idx(part.positive_offsets.size()) - 1;
  auto const before = [&](idx mine) {
    auto const each = gather_values(comm, mine);
    idx total = 0;
    for (int r = 0; r < comm.rank(); ++r) total += each[std::size_t(r)];
    return total;
  };
  auto const shifted = [&](std::vector<idx> list, bool offsets, idx by) {
    if (offsets) list.erase(list.begin());
    for (idx& x : list) x += by;
    list = gather_lists(comm, list);
    if (offsets) list.insert(list.begin(), 0);
    return list;
  };
  all.anchor = shifted(part.anchor, false, before(anchors));
  all.survivor_offsets = shifted(part.survivor_offsets, true, before(idx(part.survivors.size())));
  all.positive_offsets = shifted(part.positive_offsets, true, before(idx(part.positives.size())));
  for (auto const& d : part.dropped) all.dropped.push_back({d.filter, sum(d.dropped)});
  all.rows = idx(all.counts.size());
  all.nan = sum(part.nan), all.short_rows = sum(part.short_rows), all.filled = sum(part.filled);
  all.without_positive = sum(part.without_positive), all.exact_rows = sum(part.exact_rows);
  all.bad_rows = sum(part.bad_rows);
  for (screening const& s : gather_values(comm, part.screening)) all.screening += s;
  for (idx const end : gather_values(comm, part.range_max)) all.range_max = (std::max)(all.range_max, end);
  bool going = true;  // the first rank that was cancelled is where the job goes on
  auto const finished = gather_values(comm, part.finished);
  auto const cancelled = gather_values(comm, char(part.cancelled));
  for (std::size_t r = 0; r < finished.size(); ++r) {
    if (going) all.finished += finished[r];
    all.cancelled = all.cancelled || cancelled[r];
    going = !all.cancelled;
  }
  return all;
}

}}  // namespace foil::bridge
