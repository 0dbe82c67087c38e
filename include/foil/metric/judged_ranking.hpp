// SPDX-License-Identifier: BSD-3-Clause
// The contract of metrics: what is known of one query's ranking, and what a metric is.
//
// A metric is a small struct with its options, `static constexpr char const* name`, and
//   double operator()(judged_ranking const& r) const      0 where the query has no relevant document
// metrics::evaluate calls it once per query.
#pragma once

#include <algorithm>
#include <concepts>
#include <limits>
#include <span>

#include "foil/core/types.hpp"

namespace foil::metrics { inline namespace FOIL_ABI {

/// A document in the ranking whose grade is above 0.
struct hit {
  idx rank;   ///< from 1
  idx grade;  ///< of its relevance, above 0
};

/// One query's ranking with what was judged of it, as a metric sees it.
struct judged_ranking {
  std::span<hit const> hits;   ///< by rising rank
  std::span<idx const> ideal;  ///< grades above 0 of all judged documents, found or not, highest first
  idx relevant_from = 1;       ///< >= 1; documents of that grade or above are relevant

  bool is_relevant(hit const& h) const { return h.grade >= relevant_from; }
  /// Relevant documents, found or not: R.
  idx relevant() const {
    return std::partition_point(ideal.begin(), ideal.end(), [this](idx grade) { return grade >= relevant_from; }) - ideal.begin();
  }
  /// f(rank, number) for the relevant documents on ranks 1 .. k, numbered from 1.
  template <class F>
  void each_relevant(idx k, F const& f) const {
    idx number = 0;
    for (hit const& h : hits) {
      if (h.rank > k) return;
      if (is_relevant(h)) f(h.rank, ++number);
    }
  }
  /// How many they are.
  idx found(idx k) const {
    idx all = 0;
    each_relevant(k, [&](idx, idx number) { all = number; });
    return all;
  }
};

/// The cut of a metric that looks at every rank.
inline constexpr idx every_rank = std::numeric_limits<idx>::max();

template <class M>
concept Metric = requires(M const m, judged_ranking const r) {
  { M::name } -> std::convertible_to<char const*>;
  { m(r) } -> std::convertible_to<double>;
};

}}  // namespace foil::metrics
