// SPDX-License-Identifier: BSD-3-Clause
// Any metrics of many rankings against judgements: per query, and their means.
#pragma once

#include "foil/core/option.hpp"
#include "foil/metric/judged_ranking.hpp"
#include "foil/metric/judgements.hpp"
#include "foil/metric/rankings.hpp"

namespace foil::metrics { inline namespace FOIL_ABI {

/// A ranked document that nobody judged.
enum class unjudged {
  not_relevant,  ///< keeps its rank, with grade 0 (trec_eval)
  removed        ///< leaves the ranking, those below move up (condensed lists, Sakai 2007; trec_eval -J)
};

/// A query without a relevant document: its metrics are 0, all but nDCG, which takes every grade above 0 as a gain.
enum class without_relevant {
  counted,  ///< in the means (trec_eval, ranx)
  left_out  ///< of the means, that of nDCG, too
};

/// Options of `evaluate`.
struct evaluate_options {
  static constexpr char const* name = "evaluate";
  idx relevant_from = 1;                                                            ///< >= 1; documents of that grade or above are relevant
  metrics::unjudged unjudged = metrics::unjudged::not_relevant;                     ///< documents without judgement
  metrics::without_relevant without_relevant = metrics::without_relevant::counted;  ///< queries without a relevant document
  static void options(auto list) {
    using o = evaluate_options;
    list("relevant_from", &o::relevant_from, range::at_least(1)), list("unjudged", &o::unjudged, metrics::unjudged::removed);
    list("without_relevant", &o::without_relevant, metrics::without_relevant::left_out);
  }
};

/// What `evaluate` returns.
struct evaluation {
  std::vector<char const*> names;      ///< of the metrics, in the order of the call
  std::vector<double> mean;            ///< of each, over the counted queries; 0 if there is none
  matrix<double> values;               ///< [queries, metrics]; 0 for a query without a relevant document, but for nDCG
  std::vector<unsigned char> counted;  ///< 1 for queries that are in the means
  idx queries_counted = 0;             ///< how many these are
  idx without_relevant = 0;            ///< queries without a relevant document
  idx without_ranking = 0;             ///< queries with an empty ranking: 0 for everything, and counted
  idx unjudged = 0;                    ///< ranked documents without judgement
};

/// Every metric for every query of `ranked`, whose judgements are those of the same number:
///   auto r = metrics::evaluate(ranked, {{offsets, ids}, grades}, {}, metrics::recall{100}, metrics::ndcg{.k = 10});
///   r.mean[1];  r.values(query, 0);
/// Refuses a document that is ranked or judged twice for a query. Sums are in double, in the order of ranks and of queries.
/// O(n log n + J log J) for n ranked and J judged documents of a query.
template <Metric... M>
evaluation evaluate(rankings const& ranked, judgements const& judged, evaluate_options const& o, M const&... metric) {
  static_assert(sizeof...(M) > 0, "foil: evaluate takes metrics after the options: evaluate(ranked, judged, {}, metrics::recall{10})");
  check_options(o);
  (check_options(metric), ...);
  ranked.check("evaluate");
  idx const queries = ranked.queries();
  judged.check("evaluate", queries);
  evaluation r;
  r.names = {metric.name...};
  r.mean.assign(sizeof...(M), 0);
  r.values.setZero(queries, idx(sizeof...(M)));
  r.counted.assign(std::size_t(queries), 1);
  std::vector<idx> documents, sorted, ideal;
  std::vector<std::pair<idx, idx>> grades;
  std::vector<hit> hits;
  for (idx q = 0; q < queries; ++q) {
    judged.read("evaluate", q, grades), ranked.read(q, documents);
    sorted = documents;
    std::sort(sorted.begin(), sorted.end());
    auto const twice = std::adjacent_find(sorted.begin(), sorted.end());
    require(twice == sorted.end(), "evaluate: document ", twice == sorted.end() ? 0 : *twice, " is ranked twice for query ", q);
    ideal.clear(), hits.clear();
    for (auto const& [id, grade] : grades)
      if (grade > 0) ideal.push_back(grade);
    std::sort(ideal.begin(), ideal.end()), std::reverse(ideal.begin(), ideal.end());
    idx rank = 0;
    for (idx const id : documents) {
      auto const at = std::lower_bound(grades.begin(), grades.end(), id, [](auto const& g, idx x) { return g.first < x; });
      bool const known = at != grades.end() && at->first == id;
      r.unjudged += !known;
      if (known || o.unjudged == unjudged::not_relevant) ++rank;
      if (known && at->second > 0) hits.push_back({rank, at->second});
    }
    judged_ranking const one{hits, ideal, o.relevant_from};
    bool const has_relevant = one.relevant() > 0;
    r.without_relevant += !has_relevant, r.without_ranking += documents.empty();
    if (!has_relevant && o.without_relevant == without_relevant::left_out) r.counted[std::size_t(q)] = 0;
    idx column = 0;
    if (has_relevant || !ideal.empty()) ((r.values(q, column++) = double(metric(one))), ...);
    r.queries_counted += r.counted[std::size_t(q)];
    for (std::size_t m = 0; m < r.mean.size() && r.counted[std::size_t(q)]; ++m) r.mean[m] += r.values(q, idx(m));
  }
  for (double& m : r.mean) m = r.queries_counted > 0 ? m / double(r.queries_counted) : 0;
  return r;
}

}}  // namespace foil::metrics
