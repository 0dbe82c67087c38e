// SPDX-License-Identifier: BSD-3-Clause
// A loss over the edges of a graph: each node is scored against the nodes that its list names, and no others.
#pragma once

#include "foil/core/option.hpp"
#include "foil/engine/edge_pass.hpp"
#include "foil/engine/source_of.hpp"
#include "foil/similarity/cosine.hpp"

namespace foil { inline namespace FOIL_ABI {

/// The mean of a loss over nodes z [N, dim], the edges of `g` its pairs; d value / dz is the result's `anchors`. Nodes
/// without an edge are what the loss's statistics say. O(edges dim), memory: the budget and a few numbers per node.
template <class L, class Z, Scalar S, Similarity Sim = similarity::cosine>
outcome<S> on_edges(L const& loss, Z const& z, graph<S> const& g, Sim = {}, execution how = {}, bool gradients = true) {
  static_assert(!Sim::kind.distance && Sim::identity, "foil: on_edges scores by dot product or cosine");
  static_assert(!engine::has_batch<L>, "foil: on_edges takes losses whose rows do not depend on each other");
  auto const x = as_view(z);
  using T = typename decltype(x)::Scalar;
  static_assert(std::same_as<arithmetic<T>, S>, "foil: nodes and the graph's weights must compute in one scalar type");
  check_options(loss), check_options("on_edges", how);
  require(finite_bits(loss.scale()) && loss.scale() > 0 && loss.scale() <= 1e20,
          "on_edges: the factor on similarities must be a positive number, got ", loss.scale());
  g.check("on_edges", x.rows());
  call_executor const started(how.executor);
  how.executor = started.get();
  engine::source_of<S, T> const nodes(x, Sim::kind, false, "on_edges", "z", how.budget / 4, how.executor);
  return engine::edge_pass<S, L>(nodes, g, loss, how, gradients).run();
}

}}  // namespace foil
