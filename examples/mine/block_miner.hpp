// SPDX-License-Identifier: BSD-3-Clause
// The mining of one block of queries: all that is computed, behind two functions.
#pragma once

#include "filters.hpp"
#include "ranks.hpp"

namespace miner {

template <foil::Scalar S>
class block_miner {
 public:
  block_miner(inputs const& in, int threads, ranks const& all) : in_(in), o_(in.o), filters_(in), crew_(foil::threads(threads)), all_(all) {
    idx most = 0;
    for (idx i = 0; i < in.queries.n(); ++i)
      most = (std::max)(most, in.positives.offsets[std::size_t(i) + 1] - in.positives.offsets[std::size_t(i)]);
    max_positives_ = most;
  }

  /// Rows from .. to of the queries, as foil::mine gives them for the whole job; anchors count from 0.
  foil::mined<S> mine(idx from, idx to, foil::progress const& watch) {
    foil::mine_options m = o_.mining;
    m.first_row = from, m.max_positives = max_positives_, m.executor = crew_, m.progress = watch;
    bool const strict = m.shortage == foil::mining::shortage::error;
    if (strict) m.shortage = foil::mining::shortage::keep_short;  // refused below, by the query's own id
    auto const chosen = filters_.of(from, to);
    foil::mined<S> found;
    try {
      in_.queries.visit([&](auto const& all) {
        auto const q = all.middle(from, to - from);
        using T = typename std::remove_cvref_t<decltype(q)>::Scalar;
        if constexpr (std::same_as<foil::arithmetic<T>, S>) {
          check_finite(q, from);
          foil::roles::listed const roles(filters_.offsets, filters_.positives);
          found = std::apply([&](auto const&... filter) { return run(q, roles, m, filter...); }, chosen);
        }
      });
    } catch (foil::error const& e) {  // which counts the rows of the block
      std::string const what = e.what();
      foil::require(false, "queries ", from, " .. ", to - 1, " against ", o_.corpus, ": ", what.substr(what.starts_with("foil: ") ? 6 : 0));
    }
    for (idx r = 0; r < found.rows && strict && !found.cancelled; ++r)
      foil::require(found.count(r) == found.per_row, o_.queries, ": query ", in_.query_ids.name(from + found.anchor[std::size_t(r)]),
                    " (row ", from + found.anchor[std::size_t(r)], ") has ", found.count(r), " negatives left, ", found.per_row,
                    " were asked for (--shortage error)");
    return found;
  }

  /// The hardest `depth` documents of some rows, positives among them; no filters. The positives are those of the rows.
  foil::mined<S> ranking(std::vector<idx> const& rows, idx depth) {
    foil::matrix<S> q(idx(rows.size()), in_.queries.dim());
    std::vector<idx> offsets{0}, positives;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      q.row(idx(r)) = in_.queries.read<S>(rows[r], rows[r] + 1);
      auto const& all = in_.positives;
      positives.insert(positives.end(), all.documents.begin() + all.offsets[std::size_t(rows[r])],
                       all.documents.begin() + all.offsets[std::size_t(rows[r]) + 1]);
      offsets.push_back(idx(positives.size()));
    }
    foil::mine_options m{.negatives = depth, .range_max = depth, .include_positives = true};
    m.executor = crew_, m.bad_rows = o_.mining.bad_rows;
    decltype(filters_.of(0, 0)) const none{};  // the same type of pool as for mining: it is compiled once
    foil::roles::listed const roles(offsets, positives);
    return std::apply([&](auto const&... filter) { return run(foil::as_view(q), roles, m, filter...); }, none);
  }

 private:
  template <class Queries, class... Filter>
  foil::mined<S> run(Queries const& q, foil::roles::listed const& roles, foil::mine_options const& m, Filter const&... filter) {
    foil::mined<S> found;
    in_.corpus.visit([&](auto const& documents) {
      using T = typename std::remove_cvref_t<decltype(documents)>::Scalar;
      if constexpr (std::same_as<foil::arithmetic<T>, S>) {
        foil::pool::candidates<T, foil::roles::listed, Filter...> const pool{
            foil::pool::layout::shared, documents, documents.rows(), roles, {filter...}, false};
        switch (o_.similarity) {
          case metric::cosine: found = all_.mine(q, pool, m, foil::similarity::cosine{}); break;
          case metric::dot: found = all_.mine(q, pool, m, foil::similarity::dot{}); break;
          case metric::euclidean: found = all_.mine(q, pool, m, foil::similarity::neg_l2{}); break;
        }
      }
    });
    return found;
  }
  template <class T>
  void check_finite(foil::view<T> const& q, idx from) const {
    if (o_.mining.bad_rows == foil::bad_rows::skip) return;
    for (idx i = 0; i < q.rows(); ++i)
      for (idx j = 0; j < q.cols(); ++j)
        foil::require(foil::finite_bits(S(q(i, j))), o_.queries, ": row ", from + i,
                      " holds a NaN or an infinity (--bad-rows skip leaves it out)");
  }

  inputs const& in_;
  options const& o_;
  filters<S> filters_;
  foil::executor crew_;
  ranks const& all_;
  idx max_positives_ = 0;
};

}  // namespace miner
