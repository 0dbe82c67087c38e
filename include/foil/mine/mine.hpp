// SPDX-License-Identifier: BSD-3-Clause
// foil::mine: the hard negatives of every anchor, filtered, sampled, reported.
#pragma once

#include "foil/engine/pool_access_of.hpp"
#include "foil/engine/source_of.hpp"
#include "foil/mine/miner.hpp"
#include "foil/roles/uniform.hpp"
#include "foil/similarity/cosine.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Slots of a row: as many as wanted; beyond 1,024 ("all of them") no more than the pool has candidates to put there.
inline idx slots_of(mine_options const& o, idx candidates, char const* where = "mine") {
  if (o.shortage == shortage::repeat)
    require(o.negatives <= max_repeated, where, ": shortage::repeat fills rows of at most ", max_repeated, " negatives, got ", o.negatives);
  else if (o.negatives > 1024)
    return (std::min)(o.negatives, candidates);
  return o.negatives;
}

/// Bytes that candidates, opened once and kept, may take: where threads keep memory between calls, so that no page of it is fresh.
inline constexpr std::size_t opened_at_most = std::size_t(8) << 20;

/// Shapes, roles and options, before any work. A listed pool's roles and filters speak of the rows of its matrix.
template <Scalar S, class P>
idx checked(P const& pool, idx dim, idx rows, mine_options const& o, char const* where = "mine") {
  check_options(where, o);
  bool const listed = pool.kind == pool::layout::listed;
  idx const ids = listed ? pool.data.rows() : pool.columns;
  check_pool(where, dim, rows, 0, pool, ids);
  require(pool.own_anchors.rows() == 0, where, ": the pool brings anchors of its own (pool::between); pass them as the anchors");
  if (screen<S, P> s(pool, ids, 1, false); s.compares() != nullptr && rows > 0) {
    bool any =
        o.first_row != automatic && !std::is_same_v<decltype(P::relation), roles::all_negative>;  // other parts of the job may have some
    std::vector<idx> found;
    if (!any) s.index_positives();
    for (idx i = 0; i < rows && !any; ++i) s.positives(0, i, found), any = !found.empty();
    require(any, where, ": filter ", s.compares(),
            " compares candidates with the row's positives, but no row has one; say who they are, "
            "as in pool::bank(documents, roles::target(ids), filter)");
  }
  return ids;
}

/// foil::mine, whose messages begin with `where`.
template <Similarity Sim, class A, class P>
auto mine_as([[maybe_unused]] char const* where, A const& anchors, P const& pool, mine_options const& options, Sim similarity) {
  static_assert(pool::is_pool<P>(), "foil: candidates come in pools; wrap the matrix: foil::mine(q, pool::bank(documents), options)");
  static_assert(readable<A>());
  if constexpr (pool::is_pool<P>() && (Embeddings<A> || is_view<A>)) {
    using S = arithmetic<typename A::Scalar>;
    static_assert(std::same_as<S, arithmetic<typename P::storage>>,
                  "foil: anchors and pool must compute in one scalar type (both float or half, or both double)");
    auto const x = as_view(anchors);
    require(pool.kind != pool::layout::given, where, ": given scores need no anchors; call mine(pool, options)");
    require(pool.columns > 0, where, ": the pool holds no candidates");
    idx const ids = mining::checked<S>(pool, x.cols(), x.rows(), options, where), slots = mining::slots_of(options, pool.columns, where);
    check_self(where, x, 0, pool);
    bool const skip = options.bad_rows == bad_rows::skip;
    call_executor const started(options.executor);
    mine_options own = options;
    own.executor = started.get();
    engine::source_of<S, typename A::Scalar> const rows(x, Sim::kind, skip, where, "anchors", 0, own.executor);
    engine::source_of<S, typename P::storage> const candidates(pool.data, Sim::kind, skip, where, "candidates", mining::opened_at_most,
                                                               own.executor);
    engine::pool_access_of<S, P, Sim> pool_access(pool, similarity);
    pool_access.anchors = &rows, pool_access.candidates = &candidates, pool_access.caller = where;
    return mining::miner<S, P>(pool_access, pool, x.rows(), ids, slots, own).run();
  }
}

}}  // namespace foil::mining
namespace foil { inline namespace FOIL_ABI {

/// For every anchor the hardest candidates of a pool that are not its positives and that the pool's filters let pass.
///   auto hard = foil::mine(q, foil::pool::bank(documents, foil::roles::listed(offsets, ids),
///                                              foil::bias::relative_margin{0.05}), {.negatives = 20});
/// Exact: the list is the one that sorting all canonical scores (score descending, lower id first) would give, for any
/// number of threads, any instruction set. Filters that drop act in the order given; weights do not act in mining.
/// Positives are listed in O(rows + columns + positives), those of roles::listed sorted; of roles::masks the mask is read once, and of
/// roles::per_pair without a list of them, or roles of your own without each_positive, every pair is asked.
/// From a shortlist per row, foil::mine(q, pool::listed(documents, ids, per_row, roles, filters...)): what is returned,
/// and what roles and filters speak of, are rows of `documents`, as if all of them were mined and only those of the list
/// could be found; -1 is no candidate, a repeated id is one. Of private candidates (pool::own) ids count the row's own.
/// Cost: one product of anchors x candidates x dim, in whole numbers where the processor has fast ones and the data suit them
/// (mined.screening), else in float, plus the windows; a similarity that is not monotone, a shortlist and
/// private candidates are scored one by one. Over the whole corpus filters by score (bias::bounds, max_score, min_score,
/// absolute_margin and relative_margin to the lowest or highest positive, and your own with too_high or too_low) are two numbers per
/// row, compared while scores are in registers: the same product and a few per cent, wherever the positive ranks, but in more bits
/// where many candidates lie so near a bound that 8 do not tell them apart. Each time that other filters leave a row short, and for
/// draws from a deep window, there is one more product. Memory: a tile per thread and the windows and survivors of 4,096 rows, or,
/// with more than 8 threads, of 512 for each as long as they are 2^24 ranks; with several threads, or more than 1,024 anchors, also the
/// candidates in 8 bits, a byte per number up to 256 MB, packed once for all, and up to 8 MB of opened ones; the score matrix is never
/// built. Options are checked before any work.
template <Similarity Sim = similarity::cosine, class A, class P>
auto mine(A const& anchors, P const& pool, mine_options const& options = {}, Sim similarity = {}) {
  return mining::mine_as("mine", anchors, pool, options, similarity);
}

/// The same on scores that the caller computed: mine(pool::given(scores, roles, filters...), options). NaN and minus
/// infinity are never selected; NaN are counted. The time goes to a copy of each row and the selection's passes over it.
template <class T, class R, class... B>
auto mine(pool::candidates<T, R, B...> const& scores, mine_options const& options = {}) {
  using S = arithmetic<T>;
  using P = pool::candidates<T, R, B...>;
  require(scores.kind == pool::layout::given, "mine: without anchors the pool must hold given scores");
  idx const ids = mining::checked<S>(scores, -1, scores.data.rows(), options), slots = mining::slots_of(options, scores.columns);
  engine::source_of<S, T> const rows(scores.data);
  engine::pool_access_of<S, P, similarity::dot> pool_access(scores, {});
  pool_access.candidates = &rows;
  call_executor const started(options.executor);
  mine_options own = options;
  own.executor = started.get();
  return mining::miner<S, P>(pool_access, scores, scores.data.rows(), ids, slots, own).run();
}

}}  // namespace foil
