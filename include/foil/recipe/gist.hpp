// SPDX-License-Identifier: BSD-3-Clause
// GISTEmbed: in-batch InfoNCE whose likely false negatives a guide model removes.
#pragma once

#include <vector>

#include "foil/bias/guide.hpp"
#include "foil/core/option.hpp"
#include "foil/engine/held_results.hpp"
#include "foil/engine/objective.hpp"
#include "foil/engine/unit_rows.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/between.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/self.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Options of `gist`.
struct gist_options {
  static constexpr char const* name = "gist";
  double temperature = 0.01;       ///< > 0; divisor of similarities
  double margin = 0;               ///< a number, in cosines of the guide; the limit lies so far below t
  bool relative = false;           ///< limit t - |t| margin in place of t - margin
  bool contrast_anchors = true;    ///< the block q.q
  bool contrast_positives = true;  ///< the block k.k, whose row i is k_i
  foil::execution execution{};     ///< executor, memory budget, tile
  static void options(auto list) {
    list("temperature", &gist_options::temperature, range::temperature), list("margin", &gist_options::margin, range::either_sign);
    list("execution", &gist_options::execution);
  }
};

/// Blocks [q.k | q.q | k.k | q.neg]; an entry leaves when the guide's cosine of the pair exceeds the row's limit
/// strictly, t_i = guide cosine of (q_i, k_i); the true positive never does. Solatorio 2024, arXiv 2402.16829.
/// As in the authors' code a row's own column in q.q and k.k is removed by the guide alone: it stays if t_i is exactly 1.
/// neg and guide_neg [M, dim] are shared negatives; pass empty matrices for none.
/// Result: anchors d/dq, pools[0] d/dk, pools[3] d/dneg; what falls to q and k as candidates of their own blocks is in anchors
/// and pools[0], so pools[1] and pools[2] are empty. kept counts the entries of each row, the positive included. The time goes to the
/// guide's products, one a pair and pass.
template <class Q, class K, class GQ, class GK, class N, class GN>
auto gist(Q const& q, K const& k, GQ const& guide_q, GK const& guide_k, N const& neg, GN const& guide_neg, gist_options const& o = {}) {
  using S = arithmetic<typename Q::Scalar>;
  check_options(o);
  require(guide_q.rows() == q.rows() && guide_k.rows() == k.rows() && guide_neg.rows() == neg.rows(),
          "gist: the guide needs one row per embedding; q, k, neg have ", q.rows(), ", ", k.rows(), ", ", neg.rows(),
          " rows, their guides ", guide_q.rows(), ", ", guide_k.rows(), ", ", guide_neg.rows());
  require(guide_q.cols() == guide_k.cols() && (neg.rows() == 0 || guide_neg.cols() == guide_q.cols()),
          "gist: the guides must have one dim, those of q, k, neg have ", guide_q.cols(), ", ", guide_k.cols(), ", ", guide_neg.cols());
  require(q.rows() == k.rows(), "gist: q has ", q.rows(), " rows, k has ", k.rows());
  auto const gq = unit_rows(guide_q, "gist", "guide_q"), gk = unit_rows(guide_k, "gist", "guide_k"),
             gn = unit_rows(guide_neg, "gist", "guide_neg");
  std::vector<S> limit(std::size_t(q.rows()));
  for (idx i = 0; i < q.rows(); ++i) {
    S const t = simd::dot(gq.data() + i * gq.cols(), gk.data() + i * gk.cols(), gq.cols());
    limit[std::size_t(i)] = o.relative ? t - std::abs(t) * S(o.margin) : t - S(o.margin);
  }
  auto keep = [&](matrix<S> const& rows, matrix<S> const& columns) {
    return bias::guide<S>(as_view(rows), as_view(columns), std::span<S const>(limit));
  };
  roles::all_negative const all;
  auto const loss =
      objective(loss::info_nce{.temperature = o.temperature}, similarity::cosine{}, reduce::mean{}, o.execution).named("gist");
  auto r = loss.value_and_grad(q, pool::in_batch(k, roles::diagonal{}, keep(gq, gk)),
                               pool::optional(o.contrast_anchors, pool::self(q, all, keep(gq, gq))),
                               pool::optional(o.contrast_positives, pool::between(k, k, all, keep(gk, gk))),
                               pool::optional(neg.rows() > 0, pool::trained(pool::bank(neg, all, keep(gq, gn)))));
  for (idx i = 0; i < r.pools[0].size(); ++i) {  // k is candidate, and anchor and candidate of its own block
    if (r.own_anchors.size()) r.pools[0].data()[i] += r.own_anchors[0].data()[i];
    if (o.contrast_positives) r.pools[0].data()[i] += r.pools[2].data()[i];
  }
  require_held(as_view(r.pools[0]), "gist", "positives");
  r.pools[1].resize(0, 0), r.pools[2].resize(0, 0);
  for (std::size_t i = 0; i < r.kept.size(); ++i) r.kept[i] += r.positives[i];
  return r;
}

}}  // namespace foil
