// SPDX-License-Identifier: BSD-3-Clause
// The mining of one block of queries: all that is computed, behind two functions.
#pragma once

#include <memory>
#include <thread>
#include <variant>

#include "documents.hpp"
#include "filters.hpp"
#include "memory.hpp"

namespace miner {

template <foil::Scalar S>
class block_miner {
 public:
  block_miner(inputs const& in, ranks const& all) : in_(in), o_(in.o), all_(all), filters_(in), crew_(foil::threads(threads())) {
    idx most = 0;
    for (idx i = 0; i < in.queries.n(); ++i)
      most = (std::max)(most, in.positives.offsets[std::size_t(i) + 1] - in.positives.offsets[std::size_t(i)]);
    max_positives_ = most;
    check_memory();
    try {
      in.corpus.visit([&](auto const& x) {
        using T = typename std::remove_cvref_t<decltype(x)>::Scalar;
        if constexpr (std::same_as<foil::arithmetic<T>, S>)
          corpus_ = std::make_unique<documents<T>>(x, kind(), at_a_time(), o_.mining.bad_rows, crew_, all_);
      });
    } catch (foil::error const& e) {
      foil::require(false, o_.corpus, ": ", std::string(foil::without_name(e.what())));
    }
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
          foil::roles::listed const roles(filters_.offsets, filters_.positives);
          found = std::apply([&](auto const&... filter) { return run(q, roles, m, filter...); }, chosen);
        }
      });
    } catch (foil::error const& e) {  // which counts the rows of the block
      foil::require(false, "queries ", from, " .. ", to - 1, " against ", o_.corpus, ": ", std::string(foil::without_name(e.what())));
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
    std::visit(
        [&](auto const& corpus) {
          using T = typename std::remove_cvref_t<decltype(corpus->rows)>::Scalar;
          foil::pool::candidates<T, foil::roles::listed, Filter...> const pool{
              foil::pool::layout::shared, corpus->rows, corpus->rows.rows(), roles, {filter...}, false};
          corpus->prefetch(filters_.positives);
          switch (o_.similarity) {
            case metric::cosine: found = all_.mine(q, pool, *corpus, m, foil::similarity::cosine{}); break;
            case metric::dot: found = all_.mine(q, pool, *corpus, m, foil::similarity::dot{}); break;
            case metric::euclidean: found = all_.mine(q, pool, *corpus, m, foil::similarity::neg_l2{}); break;
          }
        },
        corpus_);
    return found;
  }
  foil::metric kind() const {
    switch (o_.similarity) {
      case metric::dot: return foil::similarity::dot::kind;
      case metric::euclidean: return foil::similarity::neg_l2::kind;
      default: return foil::similarity::cosine::kind;
    }
  }
  /// What was mined of a block is held, and twice more as the bytes of its file; a ranking for recall is held, and once more on its way.
  void check_memory() const {
    double const rows = double((std::min)(o_.block, in_.queries.n())), per_row = double((std::min)(o_.mining.negatives, in_.corpus.n()));
    double const bytes = 3 * rows * per_row * (2 * sizeof(idx) + sizeof(S)), most = double(memory_limit()) / all_.on_this_machine();
    foil::require(bytes <= most, "--negatives ", o_.mining.negatives, ": what is mined of ", idx(rows), " queries takes ", idx(bytes / 1e6),
                  " MB, there are ", idx(most / 1e6), " MB; give fewer negatives or a smaller --block");
    if (in_.positives.documents.empty() || o_.recall_at.empty()) return;
    idx const deepest = *std::max_element(o_.recall_at.begin(), o_.recall_at.end());
    double const measured = double((std::min)(o_.recall_queries, in_.queries.n())), depth = double((std::min)(deepest, in_.corpus.n()));
    double const ranking = 2 * measured * depth * (2 * sizeof(idx) + sizeof(S));
    foil::require(ranking <= most, "--recall-at ", deepest, ": the ranking of ", idx(measured), " queries takes ", idx(ranking / 1e6),
                  " MB, there are ", idx(most / 1e6), " MB; give lower ranks or fewer --recall-queries");
  }
  int threads() const {
    if (o_.threads > 0) return o_.threads;
    return (std::max)(1, int(std::thread::hardware_concurrency()) / all_.on_this_machine());
  }
  /// Documents that this process looks at together. While some are worked on, as many are read.
  idx at_a_time() const {
    if (o_.at_a_time > 0) return o_.at_a_time;
    idx const n = (std::max)(all_.share(in_.corpus.n()).second, idx(1));
    std::size_t const row = in_.corpus.file().bytes().size() / std::size_t(in_.corpus.n()) + 1;
    std::size_t const most = std::size_t(memory_limit()) / std::size_t(all_.on_this_machine());
    if (!in_.corpus.is_mapped() || std::size_t(n) * row <= most / 2) return n;
    return (std::max)(idx(most / 8 / row), idx(1024));
  }

  template <class... T>
  using one_of = std::variant<std::unique_ptr<documents<T>>...>;
  using any_documents = std::conditional_t<std::same_as<S, double>, one_of<double>, one_of<float, Eigen::half, std::int8_t>>;

  inputs const& in_;
  options const& o_;
  ranks const& all_;
  filters<S> filters_;
  any_documents corpus_;
  foil::executor crew_;
  idx max_positives_ = 0;
};

}  // namespace miner
