// SPDX-License-Identifier: BSD-3-Clause
// Index triplets into a loss, and its gradient back to the batch: one row a triplet, its members gathered.
#pragma once

#include "foil/batch/index_tuples.hpp"
#include "foil/engine/held_results.hpp"
#include "foil/engine/objective.hpp"
#include "foil/pool/listed.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Any objective on mined triplets, each an anchor with one positive and one negative:
///   auto r = mining::on_triplets(objective{loss::triplet{.margin = 0.2}, similarity::cosine{}}, z, t, reference);
/// Result: `anchors` d value / d z, pools[0] d value / d reference. No triplet: value 0, gradients 0. Cost: the triplets'
/// scores; the time goes to their rows, which are gathered and opened for one product each. Memory: their anchors.
template <class Objective, class Z, class R>
auto on_triplets(Objective const& objective, Z const& z, index_triplets const& t, R const& reference) {
  auto const x = as_view(z);
  auto const c = as_view(reference);
  using T = typename decltype(x)::Scalar;
  using S = arithmetic<T>;
  idx const n = t.size(), d = x.cols();
  require(idx(t.positives.size()) == n && idx(t.negatives.size()) == n, "on_triplets: ", n, " anchors, but ", idx(t.positives.size()),
          " positives and ", idx(t.negatives.size()), " negatives");
  auto const zeros = [](idx rows, idx dim) -> matrix<S> { return matrix<S>::Zero(rows, dim); };
  outcome<S> r;
  matrix<S> own = zeros(x.rows(), d);
  if (n == 0) {
    r.anchors = std::move(own), r.pools.push_back(zeros(c.rows(), c.cols()));
    return r;
  }
  matrix<T> anchors(n, d);
  for (idx i = 0; i < n; ++i) {
    idx const a = t.anchors[std::size_t(i)];
    require(a >= 0 && a < x.rows(), "on_triplets: anchor ", a, " is outside 0 .. ", x.rows() - 1);
    std::copy_n(x.row(a), d, anchors.data() + i * d);
  }
  r = objective.value_and_grad(anchors, pool::listed(c, t.positives, 1, roles::all_positive{}), pool::listed(c, t.negatives, 1));
  for (idx i = 0; i < n; ++i)
    for (idx k = 0; k < d; ++k) own.data()[t.anchors[std::size_t(i)] * d + k] += r.anchors.data()[i * d + k];
  matrix<S> both = r.pools[0].dense();
  r.pools[1].add_to(both);
  r.pools.pop_back();
  r.pools[0] = std::move(both);
  r.anchors = std::move(own);
  require_held(as_view(r.anchors), "on_triplets", "embeddings"), require_held(as_view(r.pools[0]), "on_triplets", "reference");
  return r;
}

/// Triplets of a batch with itself: `anchors` is the whole gradient of z.
template <class Objective, class Z>
auto on_triplets(Objective const& objective, Z const& z, index_triplets const& t) {
  auto r = on_triplets(objective, z, t, z);
  for (idx k = 0; k < r.anchors.size(); ++k) r.anchors.data()[k] += r.pools[0].data()[k];
  require_held(as_view(r.anchors), "on_triplets", "embeddings");
  r.pools.clear();
  return r;
}

}}  // namespace foil::mining
