// SPDX-License-Identifier: BSD-3-Clause
// Meta-nodes: the sums of clusters, which stand in for their members; and from their gradient to that of the nodes.
#pragma once

#include "foil/core/ids.hpp"
#include "foil/engine/problem.hpp"
#include "foil/engine/source_of.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Every node belongs to one cluster, 0 .. clusters - 1.
struct hard_clusters {
  id_list labels;  ///< [nodes] cluster of each; viewed
  idx clusters;    ///< >= 1

  idx nodes() const { return labels.size(); }
  void check(char const* where) const {
    require(clusters >= 1, where, ": needs at least one cluster, got ", clusters);
    for (idx i = 0; i < labels.size(); ++i)
      require(labels[i] >= 0 && labels[i] < clusters, where, ": node ", i, " is in cluster ", labels[i], ", outside 0 .. ", clusters - 1);
  }
};

/// Node i belongs to cluster c as much as assign[i, c] says: [nodes, clusters], constants.
template <Scalar S>
struct soft_clusters {
  view<S> assign;  ///< [nodes, clusters] weights
  idx clusters;    ///< columns of assign

  explicit soft_clusters(view<S> a) : assign(a), clusters(a.cols()) {}
  template <class M>
  requires(!is_view<std::remove_cvref_t<M>> && !std::same_as<std::remove_cvref_t<M>, soft_clusters>) explicit soft_clusters(M&& a)
      : soft_clusters(as_view(std::forward<M>(a))) {}

  idx nodes() const { return assign.rows(); }
  void check(char const* where) const {
    require(clusters >= 1, where, ": needs at least one cluster, got an assignment of [", assign.rows(), ", ", clusters, "]");
    require_finite(assign, where, "assign");
  }
};
template <class M>
soft_clusters(M&&) -> soft_clusters<storage_of<M>>;

/// M_c = sum_i a_ic z_i, [clusters, dim]; an empty cluster is a zero row, whose cosine with everything is 0. Since
/// sum_{i in a, j in b} <z_i, z_j> = <M_a, M_b>, they stand for all pairs of members. hard: O(N D); soft: O(N C D).
template <class Z>
auto meta_nodes(Z const& z, hard_clusters const& h, char const* where = "meta_nodes") {
  auto const x = as_view(z);
  h.check(where);
  require(h.nodes() == x.rows(), where, ": z has ", x.rows(), " nodes, but the clusters are of ", h.nodes());
  require_finite(x, where, "z");
  matrix<double> sum = matrix<double>::Zero(h.clusters, x.cols());  // large clusters in float would lose digits
  for (idx i = 0; i < x.rows(); ++i)
    for (idx k = 0; k < x.cols(); ++k) sum(h.labels[i], k) += double(x(i, k));
  return matrix<arithmetic<typename Z::Scalar>>(sum.cast<arithmetic<typename Z::Scalar>>());
}
template <class Z, Scalar S>
matrix<S> meta_nodes(Z const& z, soft_clusters<S> const& q, char const* where = "meta_nodes") {
  auto const x = as_view(z);
  using T = typename decltype(x)::Scalar;
  static_assert(std::same_as<arithmetic<T>, S>, "foil: nodes and their assignment must compute in one scalar type");
  q.check(where);
  require(q.nodes() == x.rows(), where, ": z has ", x.rows(), " nodes, but the assignment is [", q.nodes(), ", ", q.clusters, "]");
  require_finite(x, where, "z");
  engine::source_of<S, T> const nodes(x);
  matrix<S> sum = matrix<S>::Zero(q.clusters, x.cols());
  std::vector<S> scratch(std::size_t(simd::product_quantum * x.cols()));
  std::vector<S> work(std::size_t(simd::product_workspace<S>(q.clusters, x.cols(), simd::product_quantum)));
  for (idx i = 0; i < x.rows(); i += simd::product_quantum) {
    idx const n = (std::min)(simd::product_quantum, x.rows() - i);
    engine::dense<S> const some = nodes.open(i, n, scratch.data());
    simd::add_product_atb(q.assign.row(i), q.assign.stride(), q.clusters, some.data, some.stride, x.cols(), n, sum.data(), x.cols(),
                          work.data());
  }
  return sum;
}

/// g_i += sum_c a_ic m_c: the gradient of meta-nodes [clusters, dim], handed to their members [nodes, dim].
template <Scalar S>
void add_to_members(hard_clusters const& h, matrix<S> const& m, matrix<S>& g) {
  for (idx i = 0; i < h.nodes(); ++i) simd::scale_add(g.data() + i * g.cols(), m.data() + h.labels[i] * m.cols(), S(1), m.cols());
}
template <Scalar S>
void add_to_members(soft_clusters<S> const& q, matrix<S> const& m, matrix<S>& g) {
  std::vector<S> work(std::size_t(simd::product_workspace<S>(q.nodes(), m.cols(), q.clusters)));
  simd::add_product_ab(q.assign.data(), q.assign.stride(), q.nodes(), m.data(), m.cols(), m.cols(), q.clusters, g.data(), g.cols(),
                       work.data());
}

}}  // namespace foil
