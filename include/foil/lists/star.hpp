// SPDX-License-Identifier: BSD-3-Clause
// Static and dynamic hard negatives of one query, and the masks and weights that go with them (STAR, ADORE).
#pragma once

#include <utility>

#include "foil/core/canonical_order.hpp"
#include "foil/core/id_lists.hpp"
#include "foil/core/id_set.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// STAR's static list: the first k of the canonical order that are not relevant; shorter where fewer are
/// left. Draw from it anew each step. Zhan et al. 2021, arXiv 2104.08051. O(C log(k + relevant)); the time goes to the canonical
/// order: each score's key, and those among the first so far.
inline std::vector<idx> static_negatives(real_span scores, id_list relevant, idx k = 200) {
  require(k >= 0, "static_negatives: argument k must not be negative, got ", k);
  id_set const banned(relevant);
  std::vector<idx> list;
  for (idx id : canonical_order(scores, (std::min)(k, scores.size()) + banned.size()))
    if (idx(list.size()) < k && !banned.contains(id)) list.push_back(id);
  return list;
}

/// What `dynamic_negatives` returns.
struct dynamic_list {
  std::vector<idx> ids;                 ///< in rank order; appended relevant ids last
  std::vector<unsigned char> relevant;  ///< one flag an id
  bool skipped = false;                 ///< the query has no relevant id with a score: no list
};

/// ADORE's list of one step: the first top_k with the current query; if no relevant id is among them, all of
/// them are appended. O(C log top_k + relevant log relevant); the time goes to the canonical order, as of static_negatives.
inline dynamic_list dynamic_negatives(real_span scores, id_list relevant, idx top_k = 200) {
  require(top_k >= 0, "dynamic_negatives: argument top_k must not be negative, got ", top_k);
  std::vector<idx> known;
  for (idx i = 0; i < relevant.size(); ++i) {
    require(relevant[i] >= 0 && relevant[i] < scores.size(), "dynamic_negatives: relevant id ", relevant[i], " is outside 0 .. ",
            scores.size() - 1);
    if (!ineligible_bits(scores[relevant[i]])) known.push_back(relevant[i]);
  }
  id_set set(known);
  dynamic_list r;
  r.skipped = known.empty();
  if (r.skipped) return r;
  bool any = false;
  for (idx id : canonical_order(scores, top_k, "dynamic_negatives")) {
    r.ids.push_back(id), r.relevant.push_back(set.contains(id));
    any = any || set.contains(id);
  }
  if (any) return r;
  std::vector<char> told(known.size(), 0);  // a repeated id once
  for (idx id : known)
    if (!std::exchange(told[std::size_t(set.below(id))], 1)) r.ids.push_back(id), r.relevant.push_back(1);
  return r;
}

/// 1 / rank, 0 beyond rank `cutoff` (ranks from 1; -1 for none).
inline double reciprocal_rank(idx rank, idx cutoff) {
  require(rank >= 1, "reciprocal_rank: ranks count from 1, got ", rank);
  return cutoff >= 0 && rank > cutoff ? 0 : 1 / double(rank);
}

/// ADORE's pair weights |1/rank_i - 1/rank_j| of a list of n: [n, n], symmetric, zero on the diagonal.
inline matrix<double> lambda_weights(idx n, idx metric_cut = -1) {
  require(n >= 0 && n <= idx(1) << 20, "lambda_weights: argument n must be in 0 .. 2^20, got ", n);
  matrix<double> w(n, n);
  std::vector<double> reciprocal;
  for (idx i = 0; i < n; ++i) reciprocal.push_back(reciprocal_rank(i + 1, metric_cut));
  for (idx i = 0; i < n; ++i)
    for (idx j = 0; j < n; ++j) w(i, j) = std::abs(reciprocal[std::size_t(i)] - reciprocal[std::size_t(j)]);
  return w;
}

/// The mean over pairs (i relevant, j not) of |1/rank_i - 1/rank_j| log(1 + e^(s_j - s_i)), as a figure to
/// watch; 0 without a pair. `scores` are those of all candidates. For gradients use the loss of this name.
/// O(n^2).
inline double lambda_loss(dynamic_list const& list, real_span scores, idx metric_cut = -1) {
  auto const n = idx(list.ids.size());
  require(idx(list.relevant.size()) == n, "lambda_loss: ", n, " ids need as many flags, got ", idx(list.relevant.size()));
  for (idx id : list.ids) require(id >= 0 && id < scores.size(), "lambda_loss: id ", id, " is outside 0 .. ", scores.size() - 1);
  double sum = 0, pairs = 0;
  for (idx i = 0; i < n; ++i)
    for (idx j = 0; j < n; ++j) {
      if (!list.relevant[std::size_t(i)] || list.relevant[std::size_t(j)]) continue;
      double const w = std::abs(reciprocal_rank(i + 1, metric_cut) - reciprocal_rank(j + 1, metric_cut));
      sum += w * softplus(scores[list.ids[std::size_t(j)]] - scores[list.ids[std::size_t(i)]]), ++pairs;
    }
  return pairs > 0 ? sum / pairs : 0;
}

/// [rows, documents] flags, 1 where the document counts as a negative of the row, that is, is not relevant to
/// it. One call for the in-batch documents, one for the hard ones; the loss averages over all ones of both
/// blocks together. O(rows documents) bytes, and O((documents + relevant) log documents); where rows have few relevant ones the time
/// goes to searching for these.
inline std::vector<unsigned char> pair_mask(id_list documents, ragged relevant) {
  check_lists(relevant, "pair_mask");
  std::vector<unsigned char> mask(std::size_t(relevant.rows() * documents.size()), 1);
  id_places const places(documents);
  for (idx i = 0; i < relevant.rows(); ++i)
    for (idx p = relevant.begin(i); p < relevant.end(i); ++p)
      for (idx const j : places.of(relevant.ids[p])) mask[std::size_t(i * documents.size() + j)] = 0;
  return mask;
}

}}  // namespace foil::mining
