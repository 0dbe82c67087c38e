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
  out.queries = idx(some.size()), out.share.assign(o.recall_at.size(), 0);
  foil::mined<S> const m = miner.ranking(some, (std::min)(deepest, in.corpus.n()));
  for (idx r = 0; r < m.rows; ++r) {
    auto const first = m.positives.begin() + m.positive_offsets[std::size_t(r)],
               last = m.positives.begin() + m.positive_offsets[std::size_t(r) + 1];
    for (idx k = 0; k < m.count(r); ++k)
      if (std::find(first, last, m.id(r, k)) != last)
        for (std::size_t a = 0; a < o.recall_at.size(); ++a) out.share[a] += k < o.recall_at[a] ? 1.0 / double(last - first) : 0.0;
  }
  for (double& s : out.share) s /= double(out.queries);
  return out;
}

}  // namespace miner
