// SPDX-License-Identifier: BSD-3-Clause
// Recall of the positives: the share of a query's positives among its k best documents, in the mean over queries that have some.
#pragma once

#include "block_miner.hpp"

namespace miner {

struct recall {
  idx queries = 0;            ///< measured
  std::vector<double> share;  ///< at each of options.recall_at
};

/// On at most options.recall_queries queries with positives, drawn at random; before any filter.
template <foil::Scalar S>
recall recall_of(inputs const& in, block_miner<S>& miner) {
  options const& o = in.o;
  std::vector<idx> some;
  for (idx i = 0; i < in.queries.n(); ++i)
    if (in.positives.offsets[std::size_t(i)] < in.positives.offsets[std::size_t(i) + 1]) some.push_back(i);
  recall out;
  if (o.recall_queries == 0 || o.recall_at.empty() || some.empty()) return out;
  if (idx(some.size()) > o.recall_queries) {
    foil::random_stream draw(0, foil::purpose::user);
    std::vector<idx> chosen;
    for (idx place : foil::mining::uniform_subset(idx(some.size()), o.recall_queries, draw)) chosen.push_back(some[std::size_t(place)]);
    some = chosen;
  }
  idx const deepest = *std::max_element(o.recall_at.begin(), o.recall_at.end());
  foil::mined<S> const m = miner.ranking(some, (std::min)(deepest, in.corpus.n()));
  out.queries = idx(some.size());
  for (idx const k : o.recall_at)
    out.share.push_back(
        foil::metrics::evaluate({m.ids, m.per_row}, {{m.positive_offsets, m.positives}}, {}, foil::metrics::recall{k}).mean[0]);
  return out;
}

}  // namespace miner
