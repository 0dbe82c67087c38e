// SPDX-License-Identifier: BSD-3-Clause
// Which documents are relevant to which query, and how much: the grades of TREC's qrels.
#pragma once

#include <utility>
#include <vector>

#include "foil/core/ids.hpp"
#include "foil/core/sorted_places.hpp"

namespace foil::metrics { inline namespace FOIL_ABI {

/// Viewed: keep the lists alive. A document that is not listed has no judgement.
struct judgements {
  ragged documents;  ///< judged documents of each query, in any order, each once
  id_list grades{};  ///< one for each id, higher is better, 0 and below not relevant; empty: all have grade 1

  void check(char const* where, idx queries) const {
    documents.check(where, queries, (std::numeric_limits<idx>::max)());
    require(grades.empty() || grades.size() == documents.ids.size(), where, ": ", documents.ids.size(), " judged documents, but ",
            grades.size(), " grades");
  }
  /// (document, grade) of one query by rising document, in place of what `out` holds.
  void read(char const* where, idx query, std::vector<std::pair<idx, idx>>& out) const {
    out.clear();
    idx const from = documents.begin(query);
    for (idx j : places_by(documents.end(query) - from, [&](idx j) { return ~documents.ids[from + j]; }))
      out.emplace_back(documents.ids[from + j], grades.empty() ? 1 : grades[from + j]);
    for (std::size_t j = 1; j < out.size(); ++j)
      require(out[j].first != out[j - 1].first, where, ": document ", out[j].first, " is judged twice for query ", query);
  }
};

}}  // namespace foil::metrics
