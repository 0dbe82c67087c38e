// SPDX-License-Identifier: BSD-3-Clause
// Static, dynamic and random negatives together, the static lists refreshed on a schedule (STAR, ADORE).
#pragma once

#include "foil/core/option.hpp"
#include "foil/lists/star.hpp"
#include "foil/lists/window.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Due at `first` and every `every` steps from then on; every = 0: at `first` alone.
struct refresh_schedule {
  static constexpr char const* name = "refresh_schedule";
  idx first = 0, every = 0;  ///< >= 0; first step that is due, and steps between two; every 0: once
  static void options(auto list) {
    list("first", &refresh_schedule::first, range::at_least(0)), list("every", &refresh_schedule::every, range::at_least(0));
  }
  bool due(idx step) const { return step == first || (every > 0 && step > first && (step - first) % every == 0); }
  /// The last due step up to this one, -1 for none.
  idx last_due(idx step) const { return step < first ? -1 : every > 0 ? step - (step - first) % every : first; }
};

/// Options of `negative_schedule`.
struct negative_schedule_options {
  static constexpr char const* name = "negative_schedule";
  idx static_depth = 200, from_static = 1;  ///< all >= 0; STAR: one of 200 a step, uniformly
  idx from_dynamic = 0;                     ///< >= 0; ADORE: the first so many by the scores of this step
  idx from_corpus = 0;                      ///< >= 0; uniformly from everything else
  /// Of the static lists: one that was built before the last due step is built anew when its query is called; the default builds each
  /// at its query's first step.
  refresh_schedule refresh{};
  std::uint64_t seed = 0;  ///< any; of the draws
  static void options(auto list) {
    using o = negative_schedule_options;
    list("static_depth", &o::static_depth, range::at_least(0)), list("from_static", &o::from_static, range::at_least(0));
    list("from_dynamic", &o::from_dynamic, range::at_least(0)), list("from_corpus", &o::from_corpus, range::at_least(0));
    list("refresh", &o::refresh);
  }
  void check() const {
    require(from_static <= static_depth, "negative_schedule: from_static = ", from_static,
            " cannot be drawn from lists of static_depth = ", static_depth);
  }
};

/// One query's negatives of one step: no relevant id, none twice.
struct scheduled_negatives {
  std::vector<idx> ids;                                    ///< static, then dynamic, then random ones
  idx from_static = 0, from_dynamic = 0, from_corpus = 0;  ///< how many of each source
  idx age = -1;  ///< steps since the static list was built, -1 without one: a stale index is the known risk
};

/// Keeps the static lists between steps. Zhan et al. 2021, arXiv 2104.08051. The time goes to the canonical order of a query's scores, as
/// of static_negatives.
class negative_schedule {
 public:
  negative_schedule(idx queries, negative_schedule_options const& options = {}) : o_(options) {
    check_length("negative_schedule", "queries", queries);
    check_options(o_);
    lists_.resize(std::size_t(queries)), built_.assign(lists_.size(), -1);
  }

  /// scores: of all documents for this query, now; they rebuild the static list if it is due, and rank the dynamic
  /// ones. Steps count from 0; one before that in which the query's list was built is refused. Draws are keyed by (seed, step, query).
  /// O(C log k).
  scheduled_negatives operator()(idx query, idx step, real_span scores, id_list relevant) {
    require(query >= 0 && query < idx(lists_.size()), "negative_schedule: query ", query, " is outside 0 .. ", idx(lists_.size()) - 1);
    check_option("negative_schedule", "step", step, range::at_least(0));
    auto& list = lists_[std::size_t(query)];
    idx& built = built_[std::size_t(query)];
    require(step >= built, "negative_schedule: step ", step, " of query ", query, " comes before step ", built,
            ", in which its list was built");
    bool const late = built < o_.refresh.last_due(step);  // a query that was not called when its list was due
    if ((o_.refresh.due(step) && built != step) || late) list = static_negatives(scores, relevant, o_.static_depth), built = step;
    scheduled_negatives r;
    r.age = built < 0 ? -1 : step - built;
    std::vector<idx> taken;
    for (idx i = 0; i < relevant.size(); ++i) taken.push_back(relevant[i]);
    auto const add = [&](idx id) { r.ids.push_back(id), taken.push_back(id); };
    auto const stream = [&](purpose what) {
      return random_stream(o_.seed, what, std::uint32_t(step), std::uint64_t(query), std::uint64_t(step) >> 32);
    };
    id_set const banned(taken);
    std::vector<idx> open;  // what became relevant since the list was built is no negative any more
    for (idx id : list)
      if (!banned.contains(id)) open.push_back(id);
    random_stream draw = stream(purpose::sample);
    r.from_static = (std::min)(o_.from_static, idx(open.size()));
    for (idx place : uniform_subset(idx(open.size()), r.from_static, draw)) add(open[std::size_t(place)]);
    id_set const gone(taken);
    for (idx id : canonical_order(scores, o_.from_dynamic > 0 ? (std::min)(o_.from_dynamic, scores.size()) + gone.size() : 0))
      if (r.from_dynamic < o_.from_dynamic && !gone.contains(id)) add(id), ++r.from_dynamic;
    for (idx id : draw_outside(scores.size(), o_.from_corpus, taken, stream(purpose::fill))) add(id), ++r.from_corpus;
    return r;
  }

 private:
  negative_schedule_options o_;
  std::vector<std::vector<idx>> lists_;
  std::vector<idx> built_;
};

}}  // namespace foil::mining
