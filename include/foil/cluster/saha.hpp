// SPDX-License-Identifier: BSD-3-Clause
// Self-aware hard negatives: clusters of queries whose documents look alike though the questions differ
// (SaHa).
#pragma once

#include "foil/core/canonical_order.hpp"
#include "foil/core/id_lists.hpp"
#include "foil/core/option.hpp"
#include "foil/simd/canonical.hpp"
#include "foil/similarity/wide_rows.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `saha`.
struct saha_options {
  static constexpr char const* name = "saha";
  idx top_k = 7;             ///< >= 1; queries that join a head
  idx pool_mult = 5;         ///< >= 1; top_k * pool_mult owners are gathered from twice as many documents
  bool owner_filter = true;  ///< least similar questions first; false for classification-like sets: document rank

  static void options(auto list) {
    list("top_k", &saha_options::top_k, range::at_least(1));
    list("pool_mult", &saha_options::pool_mult, range::at_least(1));
  }
};

/// What `saha` returns.
struct saha_clusters {
  id_lists clusters;        ///< the head first, then its negatives' queries; every row is its own positive's query
  std::vector<int> phase;   ///< 1 or 2, of each cluster
  std::vector<idx> unused;  ///< queries in no cluster
};

/// Greedy, in row order. positive[i]: document of query i. ranked(i, n): the first n documents of query i,
/// each once, -1 ends them. similar(i, j): similarity of two queries. Phase 1 takes each query once; phase 2
/// gives the rest heads of their own and may take queries again, once more each. No query is twice in a
/// cluster; a document without owner is skipped. "From Generator to Embedder", Ju et al. 2025, arXiv
/// 2508.00955. Ties of owners to the lower index.
template <class Ranked, class Similar>
saha_clusters saha(id_list positive, idx documents, Ranked&& ranked, Similar&& similar, saha_options const& o = {}) {
  check_options(o);
  check_length("saha", "argument documents", documents);
  idx const n = positive.size();
  std::vector<std::vector<idx>> owners(static_cast<std::size_t>(documents));
  for (idx i = 0; i < n; ++i) {
    require(positive[i] >= 0 && positive[i] < documents, "saha: positive ", positive[i], " of query ", i, " is outside 0 .. ",
            documents - 1);
    owners[std::size_t(positive[i])].push_back(i);
  }
  saha_clusters r;
  std::vector<char> used(std::size_t(n), 0), reused(std::size_t(n), 0);
  // Nobody finds more owners than there are documents.
  idx const gathered = o.top_k > documents / o.pool_mult ? documents : o.top_k * o.pool_mult;
  struct membership {
    double similarity;
    idx query;
  };
  std::vector<membership> found;
  for (int phase : {1, 2}) {
    std::vector<char> const& barred = phase == 1 ? used : reused;
    for (idx i = 0; i < n; ++i) {
      if (used[std::size_t(i)]) continue;
      found.clear();
      for (idx d : ranked(i, 2 * gathered)) {
        if (d < 0) break;
        require(d < documents, "saha: ranked document ", d, " is outside 0 .. ", documents - 1);
        if (d == positive[i]) continue;
        membership best{0, -1};
        for (idx owner : owners[std::size_t(d)]) {  // one document has one owner here: nobody is found twice
          if (barred[std::size_t(owner)]) continue;
          double const s = similar(i, owner);
          if (best.query < 0 || s > best.similarity) best = {s, owner};
        }
        if (best.query >= 0) found.push_back(best);
        if (idx(found.size()) >= phase * gathered) break;
      }
      if (found.empty()) continue;
      if (o.owner_filter)
        std::stable_sort(found.begin(), found.end(), [](membership const& a, membership const& b) { return a.similarity < b.similarity; });
      std::vector<idx> cluster{i};
      used[std::size_t(i)] = 1;
      for (idx t = 0; t < (std::min)(o.top_k, idx(found.size())); ++t) {
        idx const q = found[std::size_t(t)].query;
        cluster.push_back(q);
        used[std::size_t(q)] = 1;
        if (phase == 2) reused[std::size_t(q)] = 1;
      }
      r.clusters.append(cluster), r.phase.push_back(phase);
    }
  }
  for (idx i = 0; i < n; ++i)
    if (!used[std::size_t(i)]) r.unused.push_back(i);
  return r;
}

/// The same with inner products of embeddings: queries [nq, d], documents [nd, d]. O(nq nd d) time, O(nd)
/// memory.
template <class Q, class D>
saha_clusters saha(Q const& queries, D const& documents, id_list positive, saha_options const& o = {}) {
  auto const q = as_view(queries);
  auto const d = as_view(documents);
  require(q.cols() == d.cols(), "saha: queries are of dim ", q.cols(), ", documents of dim ", d.cols());
  require(positive.size() == q.rows(), "saha: one positive for each of the ", q.rows(), " queries is needed, got ", positive.size());
  require_finite(q, "saha", "queries"), require_finite(d, "saha", "documents");
  auto const greedy = [&](auto const& a, auto const& b) {
    std::vector<double> scores(std::size_t(b.rows()));
    auto const ranked = [&](idx i, idx first) {
      for (idx j = 0; j < b.rows(); ++j) scores[std::size_t(j)] = simd::canonical_dot(a.row(i), b.row(j), a.cols());
      return canonical_order(scores, first);
    };
    auto const similar = [&](idx i, idx j) { return simd::canonical_dot(a.row(i), a.row(j), a.cols()); };
    return saha(positive, b.rows(), ranked, similar, o);
  };
  if constexpr (sizeof(q(0, 0)) == 8 || sizeof(d(0, 0)) == 8) {
    int const lq = scaling_exponent_of_rows(q), ld = scaling_exponent_of_rows(d);
    // Only ranks are asked for: doubles whose products might overflow or vanish are scaled.
    if ((std::max)(std::abs(lq), std::abs(ld)) > 400) {
      matrix<double> const wide_q = rescaled_rows(q, lq), wide_d = rescaled_rows(d, ld);
      return greedy(as_view(wide_q), as_view(wide_d));
    }
  }
  return greedy(q, d);
}

}}  // namespace foil::mining
