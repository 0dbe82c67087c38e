// SPDX-License-Identifier: BSD-3-Clause
// MEOW, whole: the contrast of two views of a graph's nodes under several clusterings, and the prototypes of each.
#pragma once

#include "foil/bias/disagreement.hpp"
#include "foil/core/list_view.hpp"
#include "foil/core/option.hpp"
#include "foil/engine/held_results.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/decoupled.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/loss/meow.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/roles/target.hpp"
#include "foil/similarity/dot.hpp"

namespace foil { inline namespace FOIL_ABI {

/// One clustering of the nodes, constants: the cluster of each, the centroids [clusters, dim] (unit rows), and phi, the
/// density of each cluster (mining::densities). Views.
template <Scalar S>
struct clustering {
  id_list labels;        ///< [nodes] cluster of each
  view<S> centroids;     ///< [clusters, dim] of unit length
  list_view<S> density;  ///< [clusters] > 0; small: tight
};

}}  // namespace foil
namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
void require_clustering(char const* where, clustering<S> const& c) {
  idx const n = c.centroids.rows();
  require(idx(c.density.size()) == n, where, ": ", n, " centroids, but ", c.density.size(), " densities");
  for (idx b = 0; b < n; ++b) {
    S const phi = c.density[std::size_t(b)];
    require(finite_bits(phi) && phi > 0 && finite_bits(1 / phi), where, ": the density of cluster ", b, " must be a positive number, got ",
            double(phi));
  }
  require_finite(c.centroids, where, "centroids");
}

template <class A, Scalar S>
outcome<S> prototypical(char const* where, A const& anchors, clustering<S> const& c, execution how) {
  require_clustering(where, c);
  matrix<S> sharpened(c.centroids.rows(), c.centroids.cols());
  for (idx b = 0; b < sharpened.rows(); ++b)
    for (idx k = 0; k < sharpened.cols(); ++k) sharpened(b, k) = c.centroids(b, k) / c.density[std::size_t(b)];
  return objective(loss::info_nce{.temperature = 1}, similarity::dot{}, reduce::mean{}, how)
      .named(where)
      .value_and_grad(anchors, pool::bank(sharpened, roles::target(c.labels)));
}

}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

/// Cross entropy of <a_i, c_b> / phi_b with the node's own cluster, mean over nodes: logits of a temperature per cluster.
/// Result: anchors d/da.
template <class A, Scalar S>
outcome<S> prototypical(A const& anchors, clustering<S> const& c, execution how = {}) {
  return engine::prototypical("prototypical", anchors, c, how);
}

/// What `meow` returns.
template <Scalar S>
struct meow_outcome {
  S value = 0, info = 0, proto = 0;  ///< value = info + lambda_proto * proto; proto is 0 where lambda_proto is
  matrix<S> anchors, nodes;          ///< d value / d anchors, d value / d nodes
};

/// anchors, nodes: [N, dim], the two views, rows of unit length (dot products are taken of them as they are). Formula at
/// loss::meow. Refused: clusterings that each hold everything in one cluster. O(N^2 (dim + T) + T N C dim), memory: the
/// budget and the gradients; the weights are counted on the fly.
template <class A, class Z, Scalar S>
meow_outcome<S> meow(A const& anchors, Z const& nodes, std::span<clustering<S> const> clusterings, loss::meow const& options = {},
                     execution how = {}) {
  check_options(options);
  require(anchors.rows() == nodes.rows(), "meow: ", anchors.rows(), " anchors, but ", nodes.rows(), " nodes");
  std::vector<id_list> of;
  for (clustering<S> const& c : clusterings) {
    if (options.lambda_proto != 0) engine::require_clustering("meow", c);
    of.push_back(c.labels);
  }
  auto info = objective(loss::decoupled{options.temperature}, similarity::dot{}, reduce::mean{}, how)
                  .named("meow")
                  .value_and_grad(anchors, pool::in_batch(nodes, roles::diagonal{}, bias::disagreement(of)));
  meow_outcome<S> r{info.value, info.value, 0, std::move(info.anchors), std::move(info.pools[0])};
  if (options.lambda_proto == 0) return r;
  S const share = S(1) / S(clusterings.size());
  for (clustering<S> const& c : clusterings) {
    auto const proto = engine::prototypical("meow", anchors, c, how);
    r.proto += share * proto.value;
    r.anchors += S(options.lambda_proto) * share * proto.anchors;
  }
  r.value += S(options.lambda_proto) * r.proto;
  require_held(r.value, "meow"), require_held(as_view(r.anchors), "meow", "anchors");
  return r;
}

}}  // namespace foil
