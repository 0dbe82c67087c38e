// SPDX-License-Identifier: BSD-3-Clause
// List losses over embeddings that have a name of their own: MarginMSE and STAR.
#pragma once

#include "foil/core/representable.hpp"
#include "foil/engine/held_results.hpp"
#include "foil/engine/objective.hpp"
#include "foil/listwise/bpr.hpp"
#include "foil/listwise/margin_mse.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/own.hpp"
#include "foil/similarity/dot.hpp"

namespace foil::engine { inline namespace FOIL_ABI {
/// bpr inside of star.
struct star_pairs : loss::bpr {
  static constexpr char const* name = "star";
};
}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

/// MarginMSE: pos [B, D]; neg [B * K, D], those of row i from i * K on; teacher [B, 1 + K], the positive's score first.
/// Result: anchors d/dq, pools[0] d/dpos, pools[1] d/dneg. Any similarity. The time goes to the rows, which are opened for one product
/// each. Hofstaetter et al. 2020, arXiv 2010.02666.
template <class Q, class P, class N, class T, Similarity Sim = similarity::dot>
auto margin_mse(Q const& q, P const& pos, N const& neg, T const& teacher, Sim similarity = {}, execution how = {}) {
  idx const per_row = teacher.cols() - 1;
  require(per_row >= 1, "margin_mse: teacher needs a positive and at least one negative per row, has ", teacher.cols(), " columns");
  return objective(loss::on_lists(loss::margin_mse{}, teacher), similarity, reduce::mean{}, how)
      .named("margin_mse")
      .value_and_grad(q, pool::positives(pos), pool::own(neg, per_row));
}

/// STAR: softplus(q_i.d_j - q_i.d_i) over the batch's documents and over hard ones shared by all queries, mean over pairs.
/// pair_mask [B, B] (0 where d_j is relevant to q_i, so on the diagonal), hard_mask [B, H]: weights of the pairs. Empty hard
/// for none. Zhan et al. 2021, arXiv 2104.08051. Result: anchors d/dq, pools[0] d/ddocs, pools[1] d/dhard.
template <class Q, class D, class M, class H, class N>
auto star(Q const& q, D const& docs, M const& pair_mask, H const& hard, N const& hard_mask, execution how = {}) {
  using S = arithmetic<typename Q::Scalar>;
  idx const n = q.rows();
  require(docs.rows() == n && pair_mask.rows() == n && pair_mask.cols() == n, "star: ", n, " queries need as many docs and a pair_mask [",
          n, ", ", n, "], got ", docs.rows(), " docs and [", pair_mask.rows(), ", ", pair_mask.cols(), "]");
  require(hard.rows() == 0 || (hard_mask.rows() == n && hard_mask.cols() == hard.rows()), "star: ", hard.rows(),
          " hard documents need a hard_mask [", n, ", ", hard.rows(), "], got [", hard_mask.rows(), ", ", hard_mask.cols(), "]");
  require_representable<S>(as_view(pair_mask), "star", "pair_mask"), require_representable<S>(as_view(hard_mask), "star", "hard_mask");
  auto const check_mask = [](auto const& x, char const* argument) {
    require_finite(x, "star", argument);
    for (idx i = 0; i < x.rows(); ++i)
      for (idx j = 0; j < x.cols(); ++j)
        require(double(x(i, j)) >= 0, "star: weights of pairs must be >= 0, got ", double(x(i, j)), " in ", argument, " at row ", i,
                ", column ", j);
  };
  check_mask(as_view(pair_mask), "pair_mask");
  if (hard.rows() > 0) check_mask(as_view(hard_mask), "hard_mask");
  matrix<S> weight(n, 1 + n + hard.rows());
  for (idx i = 0; i < n; ++i) {
    weight(i, 0) = 0;  // the positive's own column
    for (idx j = 0; j < n; ++j) weight(i, 1 + j) = S(as_view(pair_mask)(i, j));
    for (idx h = 0; h < hard.rows(); ++h) weight(i, 1 + n + h) = S(as_view(hard_mask)(i, h));
  }
  auto r =
      objective(loss::on_lists(engine::star_pairs{}, weight), similarity::dot{}, reduce::mean{}, how)
          .named("star")
          .value_and_grad(q, pool::positives(docs), pool::in_batch(docs), pool::optional(hard.rows() > 0, pool::trained(pool::bank(hard))));
  for (idx k = 0; k < r.pools[0].size(); ++k) r.pools[0].data()[k] += r.pools[1].data()[k];
  require_held(as_view(r.pools[0]), "star", "documents");
  r.pools.erase(r.pools.begin() + 1), r.weights.erase(r.weights.begin() + 1);
  return r;
}

}}  // namespace foil
