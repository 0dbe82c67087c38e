// SPDX-License-Identifier: BSD-3-Clause
// Ranked documents of many queries, as evaluate reads them; and how lists with scores become ranked.
#pragma once

#include "foil/core/id_lists.hpp"
#include "foil/core/real_span.hpp"
#include "foil/core/score_order.hpp"
#include "foil/core/sorted_places.hpp"

namespace foil::metrics { inline namespace FOIL_ABI {

/// Documents of each query, best first. Viewed: keep the lists alive.
class rankings {
 public:
  /// Lists of unequal length.
  rankings(ragged lists) : lists_(lists) {}
  rankings(mining::id_lists const& lists) : rankings(lists.lists()) {}
  rankings(mining::id_lists&&) = delete;
  /// [queries * per_query] ids; a list ends at its first negative id, the padding of foil::mined.
  rankings(id_list ids, idx per_query) : lists_{{}, ids}, per_query_(per_query) {
    require(per_query >= 1, "rankings: per_query must be at least 1, got ", per_query);
    require(ids.size() % per_query == 0, "rankings: ", ids.size(), " ids are no rows of ", per_query);
  }

  void check(char const* where) const {
    if (per_query_ == 0) mining::check_lists(lists_, where);
  }
  idx queries() const { return per_query_ > 0 ? lists_.ids.size() / per_query_ : lists_.rows(); }
  /// The documents of one query, in place of what `out` holds.
  void read(idx query, std::vector<idx>& out) const {
    idx const from = per_query_ > 0 ? query * per_query_ : lists_.begin(query);
    idx const to = per_query_ > 0 ? from + per_query_ : lists_.end(query);
    out.clear();
    for (idx p = from; p < to && lists_.ids[p] >= 0; ++p) out.push_back(lists_.ids[p]);
  }

 private:
  ragged lists_;
  idx per_query_ = 0;  ///< 0: the lists have offsets
};

/// The same documents in the total order: score descending, ties to the lower id. scores: one for each id; a NaN is refused, minus
/// infinity comes last. O(n log n) for each list.
inline mining::id_lists by_score(ragged documents, real_span scores) {
  mining::check_lists(documents, "by_score");
  require(scores.size() == documents.ids.size(), "by_score: ", documents.ids.size(), " documents need as many scores, got ", scores.size());
  for (idx p = 0; p < scores.size(); ++p) require(!nan_bits(scores[p]), "by_score: the score at position ", p, " is NaN");
  mining::id_lists ranked;
  std::vector<keyed_place> order;
  std::vector<idx> ids;
  for (idx q = 0; q < documents.rows(); ++q) {
    order.clear(), ids.clear();
    for (idx p = documents.begin(q); p < documents.end(q); ++p) order.push_back({order_key(scores[p]), documents.ids[p]});
    sort_keyed(order);
    for (keyed_place const& k : order) ids.push_back(k.at);
    ranked.append(ids);
  }
  return ranked;
}

}}  // namespace foil::metrics
