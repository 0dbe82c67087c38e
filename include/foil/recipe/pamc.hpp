// SPDX-License-Identifier: BSD-3-Clause
// PamC, whole: neighbours over the edges of a graph, negatives among meta-nodes; never the pairs of nodes.
#pragma once

#include "foil/bias/per_pair.hpp"
#include "foil/bias/weights.hpp"
#include "foil/cluster/meta_nodes.hpp"
#include "foil/engine/edges.hpp"
#include "foil/engine/held_results.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/pamc.hpp"
#include "foil/pool/self.hpp"

namespace foil { inline namespace FOIL_ABI {

/// What `pamc` returns.
template <Scalar S>
struct pamc_outcome {
  S value = 0;                                 ///< neighbours + negatives
  matrix<S> nodes;                             ///< [N, dim] d value / dz, through the meta-nodes too
  S neighbours = 0;                            ///< -mean_i log pos_i
  S negatives = 0;                             ///< mean_c log neg_c
  std::vector<S> neighbours_of, negatives_of;  ///< -log pos_i of every node, log neg_c of every cluster
  idx empty_clusters = 0;                      ///< meta-nodes of length 0: cosine 0 with all the others
};

}}  // namespace foil
namespace foil::engine { inline namespace FOIL_ABI {
template <class Z, class Clusters, class Positives>
auto pamc_of(Z const& z, Clusters const& clusters, loss::pamc const& o, execution const& how, Positives const& positives) {
  using S = arithmetic<typename Z::Scalar>;
  pamc_outcome<S> r;
  if (z.rows() == 0) return r;
  matrix<S> const meta = meta_nodes(z, clusters, "pamc");
  outcome<S> pull = positives();
  auto push = objective(loss::log_spread{o.sharpness, o.include_self_cluster}, similarity::cosine{}, reduce::mean{}, how)
                  .named("pamc")
                  .value_and_grad(meta, pool::self(meta));
  r.neighbours = pull.value, r.negatives = push.value, r.value = pull.value + push.value;
  r.neighbours_of = std::move(pull.rows), r.negatives_of = std::move(push.rows);
  r.empty_clusters = push.zero_rows;
  r.nodes = std::move(pull.anchors);
  add_to_members(clusters, push.anchors, r.nodes);
  require_held(r.value, "pamc"), require_held(as_view(r.nodes), "pamc", "nodes");
  return r;
}
}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

/// z [N, dim]; clusters: hard_clusters{ids, count} or soft_clusters(assign); edges: a graph of N nodes. Formula at
/// loss::pamc. A node without an edge of a weight above 0 is refused: the log of an empty sum. So is a single cluster
/// without include_self_cluster. O(edges dim + N dim + C^2 dim) (soft: + N C dim), against N^2 dim of all pairs; memory: the
/// budget, the gradient, the meta-nodes. No node: 0.
template <class Z, class Clusters, Scalar S>
pamc_outcome<S> pamc(Z const& z, Clusters const& clusters, graph<S> const& edges, loss::pamc const& options = {}, execution how = {}) {
  check_options(options);
  edges.check("pamc", z.rows());
  for (idx i = 0; i < z.rows(); ++i) {
    bool any = false;
    for (idx e = edges.edges.begin(i); e < edges.edges.end(i) && !any; ++e) any = edges.weight(e) > 0;
    require(any, "pamc: node ", i, " has no edge of a weight above 0");
  }
  return engine::pamc_of(z, clusters, options, how,
                         [&] { return on_edges(loss::neighbours{options.sharpness}, z, edges, similarity::cosine{}, how); });
}

/// The same with a dense adjacency [N, N], weights >= 0: blocks of nodes are streamed, O(N^2 dim).
template <class Z, class Clusters, class A>
requires(Embeddings<A> || is_view<A>) auto pamc(Z const& z, Clusters const& clusters, A const& adjacency, loss::pamc const& options = {},
                                                execution how = {}) {
  check_options(options);
  using S = arithmetic<typename Z::Scalar>;
  static_assert(std::same_as<typename A::Scalar, S>, "foil: nodes and adjacency must compute in one scalar type");
  view<S> const weights = as_view(adjacency);
  require(weights.rows() == z.rows() && weights.cols() == z.rows(), "pamc: ", z.rows(), " nodes, but the adjacency is [", weights.rows(),
          ", ", weights.cols(), "]");
  return engine::pamc_of(z, clusters, options, how, [&] {
    // s_ii is 0: the cosine of a node with itself is taken back. Its slope is along z_i, where the cosine has no gradient.
    auto const self_loop = [k = S(options.sharpness)](bias::pair_view<S> const& p) { return p.row == p.column ? -k * p.score : S(0); };
    return objective(loss::neighbours{options.sharpness}, similarity::cosine{}, reduce::mean{}, how)
        .named("pamc")
        .value_and_grad(z, pool::self(z, roles::all_negative{}, bias::weights(weights), bias::per_pair(self_loop)));
  });
}

}}  // namespace foil
