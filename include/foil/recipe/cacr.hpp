// SPDX-License-Identifier: BSD-3-Clause
// CACR over several views: every other view attracts, later views' other samples repel.
#pragma once

#include <vector>

#include "foil/engine/held_results.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/cacr.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/listed.hpp"
#include "foil/similarity/euclidean.hpp"
#include "foil/similarity/normalized.hpp"

namespace foil { inline namespace FOIL_ABI {

/// What `cacr` returns.
template <Scalar S>
struct cacr_outcome {
  S value = 0, attraction = 0, repulsion = 0;  ///< attraction + repulsion; its two parts
  matrix<S> views;                             ///< d value / d views
};

/// views [V n, dim], view after view. attraction: mean over all rows of loss::cacr's first part against the other views of
/// the same sample (with bad_rows::skip: over the rows that have another view); repulsion: mean over view pairs a < b and
/// rows of a, of its second part against b's other samples.
/// Squared Euclidean distances, on unit rows if `normalize`. Cost: V (V - 1) / 2 passes over n x n scores.
template <class X>
auto cacr(X const& views, idx count, loss::cacr const& options = {}, bool normalize = true, execution how = {}) {
  auto const all = as_view(views);
  using S = arithmetic<typename decltype(all)::Scalar>;
  require(count >= 2 && all.rows() % count == 0, "cacr: ", all.rows(), " rows are not ", count,
          " views of equal size (two views at least)");
  idx const n = all.rows() / count;
  auto const with = [&](auto similarity) {
    cacr_outcome<S> r;
    std::vector<idx> others;
    for (idx row = 0; row < all.rows(); ++row)
      for (idx view = 0; view < count; ++view)
        if (view != row / n) others.push_back(view * n + row % n);
    auto const f = objective(options, similarity, reduce::mean{}, how).named("cacr");
    auto near = f.value_and_grad(all, pool::listed(all, others, count - 1, roles::all_positive{}));
    idx attracted = 0;
    for (std::size_t i = 0; i < near.used.size(); ++i) attracted += near.used[i] != 0 && near.positives[i] > 0;
    S const rows_of_mean = attracted > 0 ? S(near.rows_used) / S(attracted) : S(1);
    r.attraction = rows_of_mean * near.value;
    r.views = std::move(near.anchors);
    near.pools[0].add_to(r.views);
    r.views *= rows_of_mean;
    S const share = S(2) / S(count * (count - 1));
    for (idx a = 0; a < count; ++a)
      for (idx b = a + 1; b < count; ++b) {
        auto const far = f.value_and_grad(all.middle(a * n, n), pool::in_batch(all.middle(b * n, n), roles::negatives_except_self{}));
        r.repulsion += share * far.value;
        r.views.middleRows(a * n, n) += share * far.anchors;
        r.views.middleRows(b * n, n) += share * far.pools[0];
      }
    r.value = r.attraction + r.repulsion;
    require_held(r.value, "cacr"), require_held(as_view(r.views), "cacr", "views");
    return r;
  };
  using namespace similarity;
  return normalize ? with(normalized<neg_sq_l2>{}) : with(neg_sq_l2{});
}

}}  // namespace foil
