// foil::mine: the hard negatives of every anchor, filtered, sampled, reported.
#pragma once

#include "foil/mine/miner.hpp"
#include "foil/similarity/cosine.hpp"

namespace foil::inline FOIL_ABI {

/// For every anchor the hardest candidates of a pool that are not its positives and that the pool's filters let pass.
///   auto hard = foil::mine(q, foil::pool::bank(documents, foil::roles::listed(offsets, ids),
///                                              foil::bias::relative_margin{0.05}), {.negatives = 20});
/// Exact: the list is the one that sorting all canonical scores (score descending, lower id first) would give, for any
/// number of threads, any instruction set. Filters that drop act in the order given; weights do not act in mining.
/// Cost: one product of anchors x candidates x dim, plus the windows. Memory: a tile per thread and the windows of 4,096
/// rows; the score matrix is never built. Options are checked before any work.
template <Similarity Sim = similarity::cosine, class A, class P>
auto mine(A const& anchors, P const& pool, mine_options const& options = {}, Sim similarity = {}) {
  static_assert(is_pool<P>, "foil: candidates come in pools; wrap the matrix: foil::mine(q, pool::bank(documents), options)");
  static_assert(Embeddings<A> || is_view<A>,
                "foil: embeddings must be row-major, one per row and stored; declare foil::matrix<float>, or pass "
                "foil::columns(X) for embeddings stored as columns");
  if constexpr (is_pool<P> && (Embeddings<A> || is_view<A>)) {
    using S = arithmetic<typename A::Scalar>;
    static_assert(std::same_as<S, arithmetic<typename P::storage>>,
                  "foil: anchors and pool must compute in one scalar type (both float or half, or both double)");
    check_options(options);
    auto const x = as_view(anchors);
    check_pool("mine", x.cols(), x.rows(), 0, pool);
    require(pool.columns > 0, "mine: the pool holds no candidates");
    bool const skip = options.bad == bad_rows::skip;
    engine::source_of<S, typename A::Scalar> const rows(x, Sim::of, skip, "mine", "anchors", 0, options.on);
    engine::source_of<S, typename P::storage> const candidates(pool.data, Sim::of, skip, "mine", "candidates", 0, options.on);
    engine::stretch_of<S, P, Sim> stretch(pool, similarity);
    stretch.anchors = &rows, stretch.candidates = &candidates;
    return mining::miner<S, P>(stretch, pool, x.rows(), options).run();
  }
}

/// The same on scores that the caller computed: mine(pool::given(scores, roles, filters...), options). NaN and minus
/// infinity are never selected; NaN are counted.
template <class T, class R, class... B>
auto mine(pool::candidates<T, R, B...> const& scores, mine_options const& options = {}) {
  using S = arithmetic<T>;
  check_options(options);
  require(scores.kind == pool::layout::given, "mine: without anchors the pool must hold given scores");
  check_pool("mine", -1, scores.data.rows(), 0, scores);
  engine::source_of<S, T> const rows(scores.data);
  engine::stretch_of<S, pool::candidates<T, R, B...>, similarity::dot> stretch(scores, {});
  stretch.candidates = &rows;
  return mining::miner<S, pool::candidates<T, R, B...>>(stretch, scores, scores.data.rows(), options).run();
}

}  // namespace foil::inline FOIL_ABI
