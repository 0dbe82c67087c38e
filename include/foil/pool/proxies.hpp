// SPDX-License-Identifier: BSD-3-Clause
// Meta-nodes: cluster centres that stand in for their members.
#pragma once

#include "foil/pool/candidates.hpp"
#include "foil/roles/other_clusters.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

/// centres: [clusters, dim]. The row's own cluster is absent; add bias::cluster_size to count members.
template <class M, class... B>
candidates<storage_of<M>, roles::other_clusters, B...> proxies(M&& centres, id_list cluster_of_row, B... biases) {
  static_assert(borrowed<M>());
  auto const x = as_view(centres);
  return {layout::shared, x, x.rows(), roles::other_clusters(cluster_of_row), {biases...}};
}

}}  // namespace foil::pool
