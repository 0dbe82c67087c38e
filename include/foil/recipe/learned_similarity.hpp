// SPDX-License-Identifier: BSD-3-Clause
// Similarities with a learned matrix: bilinear, low-rank Mahalanobis, two projections; through any objective, and in mining.
// One file because the maps of anchors, of pools and of their gradients are one chain rule.
#pragma once

#include "foil/engine/held_results.hpp"
#include "foil/engine/objective.hpp"
#include "foil/simd/product.hpp"

namespace foil { inline namespace FOIL_ABI {

/// What value_and_grad returns: `anchors`, `pools` and `own_anchors` hold gradients of the rows as they were given.
template <Scalar S>
struct learned_outcome : outcome<S> {
  matrix<S> map;             ///< d value / d the matrix of the anchors; of mahalanobis, of the one matrix
  matrix<S> candidates_map;  ///< d value / d the matrix of the candidates, of projections; else empty
};

/// A pool whose candidates, and own anchors, went through the maps; it owns them, and cannot be copied.
template <Scalar S, class R, class... B>
struct mapped_pool : pool::candidates<S, R, B...> {
  matrix<S> rows, own;
  mapped_pool(pool::candidates<S, R, B...> p) : pool::candidates<S, R, B...>(p) {}
  mapped_pool(mapped_pool&&) = default;
};

/// The objective's, or the miner's, similarity of mapped rows. For a [da], b [db]:
///   bilinear(W), W [da, db]:                    a W against b;     with similarity::dot a^T W b
///   mahalanobis(L), L [rank, d]:                L a against L b;   with similarity::neg_sq_l2 -(a - b)^T L^T L (a - b)
///   projections(P, Q), [rank, da], [rank, db]:  P a against Q b;   with similarity::dot a^T P^T Q b, of low rank
/// Any similarity goes with any of them: the cosine of projections is a pair of heads. Matrices are viewed; keep them alive.
///   auto const metric = foil::bilinear(w);
///   auto r = metric.value_and_grad(foil::objective{foil::loss::info_nce{}, foil::similarity::dot{}}, q, foil::pool::in_batch(k));
///   w -= 0.1f * r.map;
///   auto hard = foil::mine(metric.anchors(q), metric.pool(foil::pool::bank(documents, roles, filters...)), options, foil::similarity::dot{});
/// Every pool holds rows before the map: a memory of earlier keys too, which therefore counts in the gradient of the matrix.
/// Cost beside the objective: one product rows x da x db each way, on the calling thread; memory: the mapped rows.
template <Scalar S, bool Both>
class learned_similarity {
 public:
  learned_similarity(view<S> map, view<S> of_candidates, bool one, char const* where)
      : a_(map), b_(of_candidates), one_(one), where_(where) {
    require_finite(map, where, "the matrix"), require_finite(of_candidates, where, "the matrix of the candidates");
    require(map.rows() >= 1 && map.cols() >= 1, where, ": the matrix must not be empty, got [", map.rows(), ", ", map.cols(), "]");
    require(!Both || map.rows() == of_candidates.rows(), where, ": both matrices must map to one dim, got ", map.rows(), " and ",
            of_candidates.rows());
  }

  /// The mapped anchors, for mining.
  template <class A>
  matrix<S> anchors(A const& x) const {
    return mapped(as_view(x), a_, "anchors");
  }
  /// A pool of mapped candidates. Those of pool::self become a matrix of their own; roles know rows by their number, so they stay the same.
  template <class T, class R, class... B>
  mapped_pool<S, R, B...> pool(pool::candidates<T, R, B...> const& p) const {
    static_assert(std::same_as<arithmetic<T>, S>, "foil: the learned matrix and the embeddings must compute in one scalar type");
    require(p.kind != pool::layout::given, where_, ": given scores have no rows to map");
    mapped_pool<S, R, B...> m({p.kind, {}, p.columns, p.relation, p.biases, p.trains, false, p.ids, p.weight_gradient, {}, p.absent});
    if constexpr (!Both && std::same_as<T, S>)
      m.data = checked(p.data);
    else if constexpr (!Both)
      m.rows = copied(checked(p.data)), m.data = as_view(m.rows);
    else
      m.rows = mapped(p.data, b_, "candidates"), m.data = as_view(m.rows);
    if (p.own_anchors.rows() > 0) m.own = mapped(p.own_anchors, a_, "own anchors"), m.own_anchors = as_view(m.own);
    m.trains = m.trains || p.is_self || (Both && !p.absent);  // the matrix has a gradient through candidates that have none
    return m;
  }

  template <class F, class A, class... P>
  auto value(F const& f, A const& x, P const&... pools) const {
    check_selves(x, pools...);
    return f.value(anchors(x), pool(pools)...);
  }
  /// The objective's value, and gradients of the anchors, of the candidates of training pools, and of the matrices.
  template <class F, class A, class... P>
  learned_outcome<S> value_and_grad(F const& f, A const& x, P const&... pools) const {
    check_selves(x, pools...);
    learned_outcome<S> r{f.value_and_grad(anchors(x), pool(pools)...), matrix<S>::Zero(a_.rows(), a_.cols()), {}};
    matrix<S> of_candidates = matrix<S>::Zero(Both ? b_.rows() : 0, b_.cols());
    backward(as_view(x), a_, r.anchors, r.map);
    std::size_t n = 0, own = 0;
    auto const backward_pool = [&](auto const& p) {
      pool_gradient<S>& g = r.pools[n];
      if (g.size() > 0) {
        if constexpr (Both) {
          matrix<S> named(idx(g.ids.size()), p.data.cols());  // a gradient of a listed pool has the rows that it names
          for (idx i = 0; i < named.rows(); ++i)
            for (idx j = 0; j < named.cols(); ++j) named(i, j) = S(p.data(g.ids[std::size_t(i)], j));
          if (g.sparse())
            backward(as_view(named), b_, g, of_candidates);
          else
            backward(p.data, b_, g, of_candidates);
        }
        if (p.is_self) r.anchors += g;
        if (p.is_self || !p.trains) g = matrix<S>();
      }
      if (p.own_anchors.rows() > 0) backward(p.own_anchors, a_, r.own_anchors[own++], r.map);
      ++n;
    };
    (backward_pool(pools), ...);
    if (one_)
      r.map += of_candidates;
    else if (Both)
      r.candidates_map = std::move(of_candidates);
    require_held(as_view(r.anchors), where_, "anchors"), require_held(as_view(r.map), where_, "matrix");
    require_held(as_view(r.candidates_map), where_, "matrix of the candidates");
    for (matrix<S> const& g : r.pools) require_held(as_view(g), where_, "candidates");
    for (matrix<S> const& g : r.own_anchors) require_held(as_view(g), where_, "own anchors");
    return r;
  }

 private:
  /// A mapped pool does not know that it holds the anchors.
  template <class A, class... P>
  void check_selves(A const& x, P const&... pools) const {
    int n = 0;
    auto const look_at = [&](auto const& p) {
      require(!p.is_self || p.data.rows() == x.rows(), where_, ": pool::self must hold the ", x.rows(), " anchors, pool ", n, " has ",
              p.data.rows(), " rows");
      check_self(where_, as_view(x), n++, p);
    };
    (look_at(pools), ...);
  }
  // y = x M for bilinear, where only the anchors are mapped; y = x M^T for the others.
  idx from(view<S> map) const { return Both ? map.cols() : map.rows(); }
  idx onto(view<S> map) const { return Both ? map.rows() : map.cols(); }
  template <class T>
  static matrix<S> copied(view<T> x) {
    matrix<S> y(x.rows(), x.cols());
    for (idx i = 0; i < x.rows(); ++i)
      for (idx j = 0; j < x.cols(); ++j) y(i, j) = S(x(i, j));
    return y;
  }
  template <class T>
  view<T> checked(view<T> b) const {
    require(b.rows() == 0 || b.cols() == a_.cols(), where_, ": W is [", a_.rows(), ", ", a_.cols(), "], candidates have dim ", b.cols());
    return b;
  }
  template <class T>
  matrix<S> mapped(view<T> x, view<S> map, char const* argument) const {
    require(x.rows() == 0 || x.cols() == from(map), where_, ": the matrix is for ", argument, " of dim ", from(map), ", got ", x.cols());
    if constexpr (!std::same_as<T, S>) {
      matrix<S> const wide = copied(x);
      return mapped(as_view(wide), map, argument);
    } else {
      matrix<S> y = matrix<S>::Zero(x.rows(), onto(map));
      std::vector<S> buffer(std::size_t(simd::product_workspace<S>(y.rows(), y.cols(), x.cols())));
      if (Both)
        simd::product_abt(x.data(), x.stride(), x.rows(), map.data(), map.stride(), y.cols(), x.cols(), y.data(), y.cols(), buffer.data());
      else
        simd::add_product_ab(x.data(), x.stride(), x.rows(), map.data(), map.stride(), y.cols(), x.cols(), y.data(), y.cols(),
                             buffer.data());
      return y;
    }
  }
  /// From the gradient g of mapped rows: what it adds to the matrix's, and, in its place, that of the rows x.
  template <class T>
  static void backward(view<T> x, view<S> map, matrix<S>& g, matrix<S>& of_map) {
    bool skipped = false;
    for (idx i = 0; i < x.rows(); ++i) skipped = skipped || is_bad_row(x, i);
    if (!std::same_as<T, S> || skipped) {
      matrix<S> wide = copied(x);
      for (idx i = 0; skipped && i < x.rows(); ++i)
        if (is_bad_row(x, i)) wide.row(i).setZero();  // absent: of gradient 0, which a NaN would not stay
      backward(as_view(wide), map, g, of_map);
    } else if constexpr (std::same_as<T, S>) {
      idx const n = g.rows(), out = g.cols(), d = x.cols();
      matrix<S> rows = matrix<S>::Zero(n, d);
      std::vector<S> buffer(std::size_t((std::max)(simd::product_workspace<S>(n, d, out), simd::product_workspace<S>(d, out, n))) +
                            std::size_t(simd::product_workspace<S>(out, d, n)));
      if (Both) {
        simd::add_product_ab(g.data(), out, n, map.data(), map.stride(), d, out, rows.data(), d, buffer.data());
        simd::add_product_atb(g.data(), out, out, x.data(), x.stride(), d, n, of_map.data(), d, buffer.data());
      } else {
        simd::product_abt(g.data(), out, n, map.data(), map.stride(), d, out, rows.data(), d, buffer.data());
        simd::add_product_atb(x.data(), x.stride(), d, g.data(), out, out, n, of_map.data(), out, buffer.data());
      }
      g = std::move(rows);
    }
  }

  view<S> a_, b_;
  bool one_;
  char const* where_;
};

/// The similarity of a W and b: W [da, db], viewed. See learned_similarity.
template <class W>
auto bilinear(W&& w) {
  using S = storage_of<W>;
  return learned_similarity<S, false>(as_view(std::forward<W>(w)), view<S>{nullptr, 0, 0, 0}, false, "bilinear");
}
/// The similarity of L a and L b: L [rank, d], viewed. See learned_similarity.
template <class L>
auto mahalanobis(L&& l) {
  auto const v = as_view(std::forward<L>(l));
  return learned_similarity<storage_of<L>, true>(v, v, true, "mahalanobis");
}
/// The similarity of P a and Q b: P [rank, da], Q [rank, db], viewed. See learned_similarity.
template <class P, class Q>
auto projections(P&& p, Q&& q) {
  return learned_similarity<storage_of<P>, true>(as_view(std::forward<P>(p)), as_view(std::forward<Q>(q)), false, "projections");
}

}}  // namespace foil
