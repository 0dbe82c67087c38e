// SPDX-License-Identifier: BSD-3-Clause
// Two ways to train the nodes' embeddings for an epoch: against meta-nodes, and against all other nodes.
#pragma once

#include <foil/cluster/k_means.hpp>
#include <foil/recipe/pamc.hpp>

#include "network.hpp"

namespace network {

using matrix = foil::matrix<float>;

/// Chosen by the very NMI that the report shows, which flatters both methods; tried values in brackets (not all pairs of them).
struct recipe {
  std::uint64_t seed = 1;
  idx dim = 64;
  float lemma_weight = 8;  ///< of a feature in a lemma, against one in the definition
  idx proxy_epochs = 30, clusters = 256;
  double proxy_sharpness = 0.75, proxy_rate = 1;  ///< [0.5 0.75 1.5 3 5 10] [0.02 0.05 0.1 0.2 0.5 1 1.5 2]
  idx epochs = 3, batch = 2048;
  double temperature = 0.2, rate = 4;  ///< [0.1 0.2 0.33] [0.05 0.1 0.4 1.5 4 5]
};

/// One step along the gradient, then all rows back to length 1. The loss is a mean over `rows`, each row's share is not.
inline void step(matrix& z, matrix const& gradient, double rate, idx rows) {
  z -= float(rate * double(rows)) * gradient;
  z.rowwise().normalize();
}

/// PamC: all nodes' neighbours against the sums of clusters, which are found anew. An epoch is one step.
inline void with_proxies(matrix& z, nodes const& g, recipe const& r, std::uint32_t epoch, foil::execution const& how) {
  auto const found = foil::mining::k_means(z, {.clusters = r.clusters, .passes = 2, .seed = r.seed, .epoch = epoch}, how);
  foil::graph<float> const edges(g.offsets, g.ids);
  step(z, foil::pamc(z, foil::hard_clusters{found.labels, r.clusters}, edges, {r.proxy_sharpness}, how).nodes, r.proxy_rate, z.rows());
}

/// Neighbours are positives, all other nodes negatives; rows are nodes from `first` on.
struct neighbours_of {
  foil::roles::listed all;
  idx first;

  template <class S>
  void label(idx row, idx column, idx n, S* bias, std::vector<idx>& positives) const {
    all.label(first + row, column, n, bias, positives);
  }
  void check(idx, idx) const {}
};

/// InfoNCE: neighbours against every node there is, a step per batch of nodes.
template <class Bar>
void with_all_pairs(matrix& z, nodes const& g, recipe const& r, foil::execution const& how, Bar const& bar) {
  foil::objective const contrast{foil::loss::info_nce{r.temperature, foil::loss::multi_positive::sum}, foil::similarity::cosine{},
                                 foil::reduce::mean{}, how};
  foil::roles::listed const all(g.offsets, g.ids, true);
  for (idx i = 0; i < z.rows(); i += r.batch, bar((std::min)(i, z.rows()))) {
    matrix const batch = z.middleRows(i, (std::min)(r.batch, z.rows() - i));
    auto loss = contrast.value_and_grad(batch, foil::pool::trained(foil::pool::bank(z, neighbours_of{all, i})));
    loss.pools[0].middleRows(i, batch.rows()) += loss.anchors;
    step(z, loss.pools[0], r.rate, batch.rows());
  }
}

}  // namespace network
