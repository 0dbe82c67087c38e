// SPDX-License-Identifier: BSD-3-Clause
// foil::mine over several processes: candidates in blocks, one a rank, or queries in blocks. One file because both end in the same job.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "foil/bridge/communicator.hpp"
#include "foil/bridge/sharded_ranking.hpp"
#include "foil/mine/in_blocks.hpp"
#include "foil/mine/mine.hpp"

namespace foil::bridge { inline namespace FOIL_ABI {

namespace detail {
/// Options that decide what is mined.
inline void add_options(fingerprint& f, mine_options const& o) {
  f.add(o.negatives), f.add(o.range_min), f.add(o.range_max), f.add(o.stage), f.add(o.shortage), f.add(o.include_positives);
  f.add(o.seed), f.add(o.epoch), f.add(o.first_row), f.add(o.max_positives), f.add(o.bad_rows), f.add(o.progress.is_set());
}

/// A progress that is asked at the same moments on every rank; one rank's no stops all.
template <Communicator C>
struct shared_progress {
  C& comm;
  foil::progress const& own;
  bool operator()(idx done, idx rows, char const* phase) const {
    bool all = true;
    for (char const yes : gather_values(comm, char(on_every_rank(comm, [&] { return own(done, rows, phase); })))) all = all && yes;
    return all;
  }
};

/// mine_candidate_shards; candidates(first, executor) opens this rank's, of which the first is number `first` of the corpus.
template <Communicator C, class A, class P, Similarity Sim>
auto mine_shards(C& comm, A const& anchors, P const& block, mine_options const& options, Sim similarity,
                 std::function<candidate_blocks<typename P::storage> const&(idx first, executor const& on)> const& candidates) {
  static_assert(readable<A>());
  using S = arithmetic<typename A::Scalar>;
  using T = typename P::storage;
  static_assert(std::same_as<S, arithmetic<T>>,
                "foil: anchors and pool must compute in one scalar type (both float or half, or both double)");
  auto const x = as_view(anchors);
  std::vector<idx> first{0};  // column of each rank's first candidate
  for (idx const n : gather_values(comm, idx(block.data.rows()))) first.push_back(first.back() + n);
  P whole = block;  // as roles and filters see it
  whole.columns = first.back();
  if (block.data.rows() == 0) whole.data.dim = x.cols();

  call_executor const started(options.executor);
  struct opened {
    idx ids, slots;
    std::unique_ptr<engine::source_of<S, typename A::Scalar>> rows;
    candidate_blocks<T> const* candidates;
  };
  opened const in = on_every_rank(comm, [&] {
    require(block.kind == pool::layout::shared && !block.is_self && block.columns == block.data.rows(),
            "mine_candidate_shards: the pool must be a block of shared candidates, pool::bank(my_rows, roles, filters...)");
    require(whole.columns > 0, "mine_candidate_shards: no rank has a candidate");
    idx const ids = mining::checked<S>(whole, x.cols(), x.rows(), options, "mine_candidate_shards");
    auto rows = std::make_unique<engine::source_of<S, typename A::Scalar>>(x, Sim::kind, options.bad_rows == bad_rows::skip,
                                                                           "mine_candidate_shards", "anchors", 0, started.get());
    return opened{ids, mining::slots_of(options, whole.columns, "mine_candidate_shards"), std::move(rows),
                  &candidates(first[std::size_t(comm.rank())], started.get())};
  });
  fingerprint f;
  f.add(x.rows()), f.add(x.cols()), detail::add_options(f, options);
  for (idx i = 0; i < x.rows(); ++i) f.add(x.row(i), std::size_t(x.cols()) * sizeof(typename A::Scalar));
  require_same(comm, "mine_candidate_shards", "anchors and options", f.value());

  engine::source_of<S, T> absent(view<T>{});  // of the corpus only the rows that are no numbers are counted here
  for (idx const n : gather_values(comm, in.candidates->bad_count())) absent.bad_rows += n;
  engine::pool_access_of<S, P, Sim> everywhere(whole, similarity);
  everywhere.anchors = in.rows.get(), everywhere.candidates = &absent, everywhere.caller = "mine_candidate_shards";
  mining::ranker_in_blocks<S, P, Sim> const here(block, *in.candidates, similarity, *in.rows, everywhere.caller);

  auto ranking = std::make_unique<sharded_ranking<S, C>>(comm, std::move(first), x.rows(),
                                                         [&](mining::ticker& tick) { return here.start(started.get(), tick); });
  mining::screen<S, P> roles(whole, in.ids, 1, false);
  roles.index_positives();
  ranking->score_beforehand(x.rows(), [&](idx row, std::vector<idx>& ids) {
    roles.positives(0, row, ids);
    if (options.range_max == whole_corpus) roles.absent(row, [&](idx id) { ids.push_back(id); });  // counts leave them out
  });
  mine_options job = options;
  shared_progress<C> const watch{comm, options.progress};
  if (options.progress.is_set()) job.progress = foil::progress(watch, 1e9);  // after each set of rows, not by the clock
  bool const asks = options.shortage == mining::shortage::fill_random || options.shortage == mining::shortage::fill_deeper;
  auto const each = gather_values(comm, started.get().workers);
  int const workers = *std::max_element(each.begin(), each.end());  // the same rows at once on every rank
  job.executor = asks ? executor{} : started.get();                 // messages leave from this thread
  return mining::miner<S, P>(everywhere, whole, x.rows(), in.ids, in.slots, job, workers,
                             [&](mining::ticker&) { return std::move(ranking); })
      .run();
}
}  // namespace detail

/// foil::mine with the candidates sharded: `block` holds this rank's candidates, pool::bank(rows, roles, filters...), and the corpus
/// is the blocks of all ranks in rank order; blocks may differ in length or be empty. Everything else is the same on all ranks:
/// anchors, options, and roles and filters, which count candidates in the corpus from 0 and speak of all of them. Every rank gets
/// the whole result, bit for bit that of foil::mine over the whole corpus in one process, for any number of ranks and any lengths;
/// only exact_rows (counted by every rank) and screening (how pairs share out) may differ.
///   auto hard = bridge::mine_candidate_shards(ranks, q, pool::bank(my_rows, roles::listed(offsets, ids), bias::relative_margin{0.05}));
/// How: each rank ranks its block as mine_in_blocks does; the first `depth` of each row are merged by score, then lower id, each rank
/// merging its share of the rows. Roles, filters and draws then act on every rank alike. Depth: foil::mine's window, range_min +
/// negatives (ten times the negatives with filters that drop many) + positives.
/// Cost: rows x block x dim on each rank. Traffic per rank: at most 2 x rows x depth x (8 + sizeof score) bytes sent and as much
/// received, and the scores of the positives; with filters by score over the whole corpus a few counts a row more. Memory beside block
/// and anchors: windows and survivors of as many rows as foil::mine's with the workers of the rank that has most; the result.
/// Anchors, numbers of the options, positives and windows that differ between ranks are refused on all; filters and samplers are not
/// compared. An error of one rank is thrown on all. shortage::fill_random and fill_deeper ask the owner of every candidate that they
/// try, one message each. `progress` is asked on every rank after as many rows; one rank that says stop stops all.
template <Similarity Sim = similarity::cosine, Communicator C, class A, class P>
auto mine_candidate_shards(C& comm, A const& anchors, P const& block, mine_options const& options = {}, Sim similarity = {}) {
  static_assert(pool::is_pool<P>(), "foil: candidates come in pools; wrap the matrix: pool::bank(my_rows, roles, filters...)");
  using T = typename P::storage;
  std::optional<candidate_blocks<T>> own;
  return detail::mine_shards(comm, anchors, block, options, similarity, [&](idx first, executor const& on) -> candidate_blocks<T> const& {
    return own.emplace(block.data, Sim::kind, (std::max)(block.data.rows(), idx(1)), options.bad_rows, on, nullptr, first,
                       "mine_candidate_shards");
  });
}
/// The same with this rank's candidates in blocks that are read one after the other, for a shard that is larger than memory: as
/// mine_in_blocks; `shard` is pool::bank(blocks.all(), roles, filters...). One `blocks` serves any number of calls. Opened on every rank
/// before: bridge::on_every_rank(ranks, [&] { return std::make_unique<candidate_blocks<float>>(...); }), so that all hear of an error.
template <Similarity Sim = similarity::cosine, Communicator C, class A, class P>
auto mine_candidate_shards(C& comm, A const& anchors, P const& shard, candidate_blocks<typename P::storage> const& blocks,
                           mine_options const& options = {}, Sim similarity = {}) {
  using T = typename P::storage;
  return detail::mine_shards(comm, anchors, shard, options, similarity, [&](idx, executor const&) -> candidate_blocks<T> const& {
    mining::require_rows_of("mine_candidate_shards", shard, blocks, Sim::kind, options.bad_rows);
    return blocks;
  });
}

/// foil::mine with the queries sharded: `anchors` are this rank's queries, roles and filters count them from 0; the pool, with all
/// candidates, and the options are the same on all ranks. The queries of the job are those of all ranks in rank order. Returned is
/// this rank's part, bit for bit that of one process's result; gather_mined joins the parts. Candidates that are no numbers are
/// counted by rank 0. No messages but a few numbers.
template <Similarity Sim = similarity::cosine, Communicator C, class A, class P>
auto mine_query_shards(C& comm, A const& anchors, P const& pool, mine_options const& options = {}, Sim similarity = {}) {
  using S = arithmetic<typename A::Scalar>;
  auto const x = as_view(anchors);
  fingerprint f;
  f.add(pool.columns), f.add(pool.kind), detail::add_options(f, options);
  if (pool.kind != pool::layout::own) f.add(pool.data.rows());  // private candidates are the rows' own
  require_same(comm, "mine_query_shards", "pool and options", f.value());
  auto const counts = gather_values(comm, idx(x.rows()));
  mine_options own = options;
  own.first_row = (std::max)(options.first_row, idx(0));
  for (int r = 0; r < comm.rank(); ++r) own.first_row += counts[std::size_t(r)];
  struct known {
    idx max_positives;
    bool compares;
  };
  known const here = on_every_rank(comm, [&] {  // positives of this rank's rows; all is checked before they are asked for
    idx const ids = mining::checked<S>(pool, x.cols(), x.rows(), own, "mine_query_shards");
    mining::screen<S, P> roles(pool, ids, 1, false);
    roles.index_positives();
    known k{0, roles.compares() != nullptr};
    std::vector<idx> found;
    for (idx i = 0; i < x.rows(); ++i)
      found.clear(), roles.positives(0, i, found), k.max_positives = (std::max)(k.max_positives, idx(found.size()));
    return k;
  });
  idx most = 0, rows = 0;
  for (idx const n : gather_values(comm, here.max_positives)) most = (std::max)(most, n);
  for (idx const n : counts) rows += n;
  require(
      most > 0 || !here.compares || rows == 0 || options.first_row != automatic,
      "mine_query_shards: a filter compares candidates with the row's positives, but no row of any rank has one; say who they are, as in "
      "pool::bank(documents, roles::target(ids), filter)");
  own.max_positives = (std::max)(options.max_positives, most);
  auto part = on_every_rank(comm, [&] { return mining::mine_as("mine_query_shards", anchors, pool, own, similarity); });
  for (idx const n : gather_values(comm, part.range_max)) part.range_max = (std::max)(part.range_max, n);
  if (comm.rank() > 0 && part.bad_rows > 0) {
    part.bad_rows = 0;
    for (idx i = 0; i < x.rows(); ++i) part.bad_rows += is_bad_row(x, i);
  }
  return part;
}

}}  // namespace foil::bridge
