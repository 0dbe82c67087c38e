// SPDX-License-Identifier: BSD-3-Clause
// The edges of a graph, with weights: which nodes each node is scored against.
#pragma once

#include "foil/core/ids.hpp"
#include "foil/core/list_view.hpp"
#include "foil/core/numeric.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Weighted edges in CSR form: those of node i are ids[offsets[i]] .. ids[offsets[i + 1] - 1]. Weights >= 0, one per edge;
/// none: all 1. An edge of weight 0 is none; one named twice counts twice. Both directions are named by the caller.
template <Scalar S>
struct graph {
  ragged edges;          ///< neighbours of each node
  list_view<S> weights;  ///< [edges] >= 0; empty: all 1

  graph(id_list offsets, id_list ids, list_view<S> w = {}) : edges{offsets, ids}, weights(w) {}

  S weight(idx edge) const { return weights.empty() ? S(1) : weights[std::size_t(edge)]; }
  void check(char const* where, idx nodes) const {
    edges.check(where, nodes, nodes);
    require(weights.empty() || idx(weights.size()) == edges.ids.size(), where, ": ", edges.ids.size(), " edges, but ", weights.size(),
            " weights");
    for (std::size_t e = 0; e < weights.size(); ++e)
      require(finite_bits(weights[e]) && weights[e] >= 0 && weights[e] < S(1e30), where, ": the weight of edge ", e,
              " must be a finite number >= 0, got ", double(weights[e]));
  }
};

}}  // namespace foil
