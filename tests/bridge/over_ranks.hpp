// SPDX-License-Identifier: BSD-3-Clause
// Results of several ranks compared with those of one process: for ranks that are threads and for those of MPI.
#pragma once

#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "foil/bridge/gather_mined.hpp"
#include "foil/bridge/mine_over_ranks.hpp"
#include "foil/bridge/objective_over_ranks.hpp"
#include "foil/foil.hpp"

namespace over_ranks {

using namespace foil;

/// Whether rank-dependent things went as they should; the texts of those that did not.
class verdict {
 public:
  void check(bool ok, std::string const& what) {
    if (!ok) text_ += what + "\n";
  }
  std::string const& text() const { return text_; }

 private:
  std::string text_;
};

/// Lengths of the ranks' blocks of n rows; kinds: even, rising, all on the last, odd ranks empty.
inline std::vector<idx> cut(idx n, int ranks, int kind) {
  std::vector<idx> parts(std::size_t(ranks), 0);
  idx left = n;
  for (int r = 0; r + 1 < ranks; ++r) {
    idx const want = kind == 0 ? n / ranks : kind == 1 ? n * (r + 1) / (ranks * (ranks + 1)) : kind == 2 ? 0 : (r % 2 == 1 ? 0 : n / ranks);
    parts[std::size_t(r)] = (std::min)(want, left), left -= parts[std::size_t(r)];
  }
  parts.back() += left;
  return parts;
}
inline constexpr int cuts = 4;
inline idx before(std::vector<idx> const& parts, int rank) {
  idx sum = 0;
  for (int r = 0; r < rank; ++r) sum += parts[std::size_t(r)];
  return sum;
}

template <class S>
matrix<S> drawn(idx rows, idx dim, unsigned seed) {
  std::mt19937 draw(seed);
  matrix<S> x(rows, dim);
  for (idx i = 0; i < x.size(); ++i) x.data()[i] = S(int(draw() % 2001) - 1000) / S(997);
  return x;
}

template <class S>
std::string difference(mined<S> const& a, mined<S> const& b) {
  std::ostringstream out;
  auto const same = [&](auto const& x, auto const& y, char const* name) {
    if (!(x == y)) out << name << " ";
  };
  same(a.rows, b.rows, "rows"), same(a.per_row, b.per_row, "per_row"), same(a.ids, b.ids, "ids"), same(a.scores, b.scores, "scores");
  same(a.ranks, b.ranks, "ranks"), same(a.counts, b.counts, "counts"), same(a.anchor, b.anchor, "anchor");
  same(a.survivor_offsets, b.survivor_offsets, "survivor_offsets"), same(a.survivors, b.survivors, "survivors");
  same(a.survivor_scores, b.survivor_scores, "survivor_scores"), same(a.positive_offsets, b.positive_offsets, "positive_offsets");
  same(a.positives, b.positives, "positives"), same(a.positive_scores, b.positive_scores, "positive_scores");
  same(a.dropped.size(), b.dropped.size(), "filters");
  for (std::size_t f = 0; f < a.dropped.size(); ++f)
    same(std::string(a.dropped[f].filter), b.dropped[f].filter, "filter"), same(a.dropped[f].dropped, b.dropped[f].dropped, "dropped");
  same(a.nan, b.nan, "nan"), same(a.short_rows, b.short_rows, "short_rows"), same(a.filled, b.filled, "filled");
  same(a.without_positive, b.without_positive, "without_positive"), same(a.bad_rows, b.bad_rows, "bad_rows");
  same(a.range_max, b.range_max, "range_max"), same(a.finished, b.finished, "finished"), same(a.cancelled, b.cancelled, "cancelled");
  return out.str();
}

/// One job in one process, with candidates in shards, at once and in blocks, and with queries in shards. pool_of(rows) makes the pool of a
/// view of the corpus, or of a block of it; queries(first, n) makes the pool for some of the queries.
template <class S, class Sim, class C, class PoolOf, class PoolFor>
void mine_all_ways(C& comm, verdict& v, std::string const& name, matrix<S> const& q, matrix<S> const& corpus, mine_options const& o,
                   PoolOf const& pool_of, PoolFor const& pool_for, Sim similarity) {
  auto const whole = foil::mine(q, pool_of(as_view(corpus)), o, similarity);
  for (int kind = 0; kind < cuts; ++kind) {
    std::string const at =
        name + ", cut " + std::to_string(kind) + ", rank " + std::to_string(comm.rank()) + " of " + std::to_string(comm.size()) + ": ";
    auto const parts = cut(corpus.rows(), comm.size(), kind);
    auto const block = as_view(corpus).middle(before(parts, comm.rank()), parts[std::size_t(comm.rank())]);
    auto const sharded = bridge::mine_candidate_shards(comm, q, pool_of(block), o, similarity);
    v.check(difference(sharded, whole).empty(), at + "candidates: " + difference(sharded, whole));
    candidate_blocks<S> const blocks(block, Sim::kind, 13 + 40 * kind, o.bad_rows, o.executor);
    auto const in_blocks = bridge::mine_candidate_shards(comm, q, pool_of(blocks.all()), blocks, o, similarity);
    v.check(difference(in_blocks, whole).empty(), at + "candidates in blocks: " + difference(in_blocks, whole));
    auto const rows = cut(q.rows(), comm.size(), kind);
    idx const first = before(rows, comm.rank()), n = rows[std::size_t(comm.rank())];
    auto const own = as_view(q).middle(first, n);
    auto const joined = bridge::gather_mined(comm, bridge::mine_query_shards(comm, own, pool_for(first, n), o, similarity));
    v.check(difference(joined, whole).empty(), at + "queries: " + difference(joined, whole));
  }
}

template <class S, class C>
void check_mining(C& comm, verdict& v) {
  idx const queries = 21, documents = 330, dim = 12;
  matrix<S> q = drawn<S>(queries, dim, 1), corpus = drawn<S>(documents, dim, 2);
  for (idx i = 0; i < documents; i += 7) corpus.row(i) = corpus.row(documents - 1 - i);  // ties between blocks
  corpus.row(40).setZero();
  std::vector<idx> offsets{0}, ids, target, label(std::size_t(documents), 0), asked(std::size_t(queries), 0);
  for (idx i = 0; i < queries; ++i) {
    target.push_back((37 * i + 5) % documents);
    for (idx p = 0; p < i % 4; ++p) ids.push_back((101 * i + 53 * p) % documents);
    offsets.push_back(idx(ids.size()));
    asked[std::size_t(i)] = i % 5;
  }
  for (idx j = 0; j < documents; ++j) label[std::size_t(j)] = j % 11;
  auto const part = [](auto const& list, idx first, idx n) { return std::span(list).subspan(std::size_t(first), std::size_t(n)); };
  std::vector<idx> some_offsets;  // of the CSR lists of a block of queries
  auto const listed = [&](idx first, idx n) {
    some_offsets.clear();
    for (idx i = first; i <= first + n; ++i) some_offsets.push_back(offsets[std::size_t(i)] - offsets[std::size_t(first)]);
    return roles::listed(some_offsets, part(ids, offsets[std::size_t(first)], some_offsets.back()));
  };
  auto const all = as_view(corpus);

  mine_all_ways<S>(
      comm, v, "plain", q, corpus, {.negatives = 5}, [](auto x) { return pool::bank(x); }, [&](idx, idx) { return pool::bank(all); },
      similarity::cosine{});
  mine_all_ways<S>(
      comm, v, "more than a block holds", q, corpus, {.negatives = 200, .executor = threads(2)}, [](auto x) { return pool::bank(x); },
      [&](idx, idx) { return pool::bank(all); }, similarity::dot{});
  mine_all_ways<S>(
      comm, v, "everything", q, corpus, {.negatives = 5000}, [](auto x) { return pool::bank(x); },
      [&](idx, idx) { return pool::bank(all); }, similarity::neg_sq_l2{});
  if constexpr (sizeof(S) == 4) {  // what filters and shortages send does not depend on S
    mine_all_ways<S>(
        comm, v, "margin", q, corpus, {.negatives = 4, .sampling = sampling::uniform{}, .seed = 9},
        [&](auto x) { return pool::bank(x, roles::target(target), bias::relative_margin{0.05}); },
        [&](idx first, idx n) { return pool::bank(all, roles::target(part(target, first, n)), bias::relative_margin{0.05}); },
        similarity::cosine{});
    mine_all_ways<S>(
        comm, v, "each positive's margin", q, corpus, {.negatives = 4, .range_min = 2, .range_max = 60},
        [&](auto x) {
          return pool::bank(x, roles::listed(offsets, ids), bias::absolute_margin{.margin = 0.1, .positive = reference::each});
        },
        [&](idx first, idx n) {
          return pool::bank(all, listed(first, n), bias::absolute_margin{.margin = 0.1, .positive = reference::each});
        },
        similarity::cosine{});
    mine_all_ways<S>(
        comm, v, "ids, deep", q, corpus, {.negatives = 30, .range_max = whole_corpus, .seed = 3},
        [&](auto x) { return pool::bank(x, roles::listed(offsets, ids), bias::same_id(asked, label), bias::max_score{S(0.4)}); },
        [&](idx first, idx n) {
          return pool::bank(all, listed(first, n), bias::same_id(part(asked, first, n), label), bias::max_score{S(0.4)});
        },
        similarity::neg_l2{});
    for (auto const shortage : {mining::shortage::fill_random, mining::shortage::fill_deeper, mining::shortage::repeat})
      mine_all_ways<S>(
          comm, v, "short", q, corpus,
          {.negatives = 6, .range_max = 12, .stage = range_stage::before_filter, .shortage = shortage, .seed = 5, .executor = threads(2)},
          [&](auto x) { return pool::bank(x, roles::target(target), bias::max_score{S(0.3)}); },
          [&](idx first, idx n) { return pool::bank(all, roles::target(part(target, first, n)), bias::max_score{S(0.3)}); },
          similarity::cosine{});
    q(3, 2) = corpus(50, 1) = corpus(300, 0) = quiet_nan<S>();
    mine_all_ways<S>(
        comm, v, "rows that are no numbers", q, corpus, {.negatives = 7, .include_positives = true, .bad_rows = bad_rows::skip},
        [&](auto x) { return pool::bank(x, roles::target(target)); },
        [&](idx first, idx n) { return pool::bank(all, roles::target(part(target, first, n))); }, similarity::cosine{});
  }
}

/// Filters by score over the whole corpus, on executor threads: what they count of all blocks, and roles that make candidates absent.
template <class S, class C>
void check_whole_corpus(C& comm, verdict& v) {
  idx const n = 140, dim = 6;
  matrix<S> const x = drawn<S>(n, dim, 11);
  auto const all = as_view(x);
  std::vector<idx> label, none(std::size_t(n), -1), own;
  for (idx i = 0; i < n; ++i) label.push_back(i % 41), own.push_back(i);
  auto const part = [](auto const& list, idx first, idx count) { return std::span(list).subspan(std::size_t(first), std::size_t(count)); };
  mine_options const o{.negatives = 3, .range_max = whole_corpus, .executor = threads(3)};
  mine_all_ways<S>(
      comm, v, "whole corpus, by_label", x, x, o,
      [&](auto block) { return pool::bank(block, roles::by_label(label), bias::relative_margin{0.1}); },
      [&](idx first, idx count) {
        return pool::bank(all, roles::by_label(part(label, first, count), label).except(part(own, first, count)),
                          bias::relative_margin{0.1});
      },
      similarity::cosine{});
  bias::max_score const highest{0.6};
  bias::bounds const band{.lower = -0.5, .upper = 0.3};
  mine_all_ways<S>(
      comm, v, "whole corpus, negatives_except_self", x, x, o,
      [&](auto block) { return pool::bank(block, roles::negatives_except_self{}, highest, band); },
      [&](idx first, idx count) {
        return pool::bank(all, roles::by_label(part(none, first, count), label).except(part(own, first, count)), highest, band);
      },
      similarity::dot{});
  // Few different candidates: windows end among ties of several blocks, and go on there.
  std::vector<idx> group, other;
  matrix<S> copies = x;
  for (idx i = 0; i < n; ++i) group.push_back(i % 5), other.push_back(3 * i % 5), copies.row(i) = x.row(i % 5);
  for (auto const* unwanted : {&group, &other})
    for (double const upper : {0.3, 1e9})
      mine_all_ways<S>(
          comm, v, "whole corpus, ties", copies, copies, {.negatives = 9, .range_max = whole_corpus, .executor = threads(3)},
          [&](auto block) { return pool::bank(block, roles::all_negative{}, bias::max_score{upper}, bias::same_id(*unwanted, group)); },
          [&](idx first, idx count) {
            return pool::bank(as_view(copies), roles::all_negative{}, bias::max_score{upper},
                              bias::same_id(part(*unwanted, first, count), group));
          },
          similarity::cosine{});
  // More rows than columns: most rows have no column of their own.
  idx const few = 12;
  std::vector<idx> const offsets(std::size_t(n) + 1, 0), ids;
  for (idx i = few; i < n; ++i) own[std::size_t(i)] = -1;
  matrix<S> const corpus = x.topRows(few);
  mine_all_ways<S>(
      comm, v, "whole corpus, same rows, few of them", x, corpus, o,
      [&](auto block) { return pool::bank(block, roles::listed(offsets, ids, true), highest); },
      [&](idx first, idx count) {
        return pool::bank(as_view(corpus), roles::by_label(part(none, first, count), part(label, 0, few)).except(part(own, first, count)),
                          highest);
      },
      similarity::dot{});
}

/// A loss in one process and over the ranks, in both ways unless a ring cannot have it.
template <class S, class T, class L, class Sim, class Reduce, class C, class PoolOf>
void loss_all_ways(C& comm, verdict& v, std::string const& name, matrix<T> const& q, matrix<T> const& k,
                   objective<L, Sim, Reduce> const& one, L loss, Sim similarity, Reduce reduce, PoolOf const& pool_of,
                   bool in_ring = true) {
  auto const want = one.value_and_grad(q, pool_of(as_view(k), idx(0), idx(0), q.rows()));
  for (int kind = 0; kind < cuts; ++kind)
    for (auto const way : {bridge::candidate_exchange::gathered, bridge::candidate_exchange::in_ring}) {
      if (way == bridge::candidate_exchange::in_ring && !in_ring) continue;
      auto const parts = cut(q.rows(), comm.size(), kind);
      idx const first = before(parts, comm.rank()), n = parts[std::size_t(comm.rank())];
      bridge::objective_over_ranks const f(comm, loss, similarity, reduce, {.tile = {16, 32}}, way);
      auto const got = f.value_and_grad(as_view(q).middle(first, n), as_view(k).middle(first, n),
                                        [&](auto x, idx candidate, idx anchor) { return pool_of(x, candidate, anchor, n); });
      std::string const at = name + (way == bridge::candidate_exchange::gathered ? ", gathered" : ", ring") + ", cut " +
                             std::to_string(kind) + ", rank " + std::to_string(comm.rank()) + " of " + std::to_string(comm.size()) + ": ";
      double const tolerance = sizeof(S) == 4 ? 2e-6 : 1e-13;
      auto const near = [&](double a, double b, double size) { return std::abs(a - b) <= tolerance * (size + std::abs(b)); };
      v.check(near(double(got.value), double(want.value), 1),
              at + "value " + std::to_string(got.value) + " for " + std::to_string(want.value));
      v.check(near(got.scale, want.scale, 1) && near(got.shift, want.shift, 1), at + "scale or shift");
      auto const met = [&](matrix<S> const& a, matrix<S> const& whole, char const* what) {
        v.check(a.rows() == n && a.cols() == whole.cols(), at + what + ": shape");
        double const largest = whole.size() > 0 ? double(whole.cwiseAbs().maxCoeff()) : 0;
        for (idx i = 0; i < a.rows(); ++i)
          for (idx j = 0; j < a.cols(); ++j)
            if (!near(double(a(i, j)), double(whole(first + i, j)), 4 * largest))
              return v.check(false, at + what + ": " + std::to_string(a(i, j)) + " for " + std::to_string(whole(first + i, j)));
      };
      met(got.anchors, want.anchors, "anchors"), met(got.pools[0], want.pools[0], "candidates");
      for (idx i = 0; i < n; ++i) {
        auto const own = std::size_t(i), there = std::size_t(first + i);
        v.check(near(double(got.rows[own]), double(want.rows[there]), 1) && got.used[own] == want.used[there] &&
                    got.kept[own] == want.kept[there] && got.positives[own] == want.positives[there],
                at + "row " + std::to_string(i));
      }
    }
}

template <class S, class C>
void check_losses(C& comm, verdict& v) {
  idx const n = 45, dim = 9;
  matrix<S> const q = drawn<S>(n, dim, 3), k = drawn<S>(n, dim, 4);
  auto const one = [&](auto loss, auto similarity, auto reduce, std::string const& name, auto const& pool_of, bool ring = true) {
    loss_all_ways<S>(comm, v, name, q, k, objective(loss, similarity, reduce), loss, similarity, reduce, pool_of, ring);
  };
  auto const diagonal = [](auto x, idx candidate, idx anchor, idx) {
    return pool::in_batch(x, bridge::shifted_diagonal{anchor - candidate});
  };
  one(loss::info_nce{.temperature = 0.05}, similarity::cosine{}, reduce::mean{}, "info_nce", diagonal);
  one(loss::info_nce{.temperature = 0.005}, similarity::dot{}, reduce::sum{}, "info_nce, cold", diagonal);
  one(loss::decoupled{.temperature = 0.2}, similarity::cosine{}, reduce::all_rows_mean{}, "decoupled", diagonal);
  one(loss::siglip{}, similarity::cosine{}, reduce::mean{}, "siglip", diagonal);
  if constexpr (sizeof(S) == 8) {  // one tolerance is enough for the others
    one(loss::triplet{.margin = 0.3}, similarity::neg_l2{}, reduce::nonzero_mean{}, "triplet", diagonal, false);
    one(loss::multi_similarity{}, similarity::cosine{}, reduce::mean{}, "multi_similarity", diagonal);
    one(loss::hard_contrastive{.alpha = 0.5}, similarity::cosine{}, reduce::mean{}, "hard_contrastive", diagonal, false);

    std::vector<int> label;
    for (idx i = 0; i < n; ++i) label.push_back(int(i * i % 7));
    label[8] = 99;
    auto const labels = [&](idx first, idx count) { return std::span<int const>(label).subspan(std::size_t(first), std::size_t(count)); };
    auto const by_label = [&](auto x, idx candidate, idx anchor, idx rows) {
      return pool::in_batch(x, roles::by_label(labels(anchor, rows), labels(candidate, x.rows())));
    };
    for (auto const several :
         {loss::multi_positive::out, loss::multi_positive::in, loss::multi_positive::sum, loss::multi_positive::per_positive})
      one(loss::info_nce{.temperature = 0.1, .positives = several}, similarity::cosine{}, reduce::mean{}, "info_nce, labels", by_label,
          several != loss::multi_positive::per_positive);
    one(loss::sup_con{}, similarity::cosine{}, reduce::mean{}, "sup_con", by_label);
    auto const filtered = [&](auto x, idx candidate, idx anchor, idx rows) {
      return pool::in_batch(x, bridge::shifted_diagonal{anchor - candidate},
                            bias::same_id(labels(anchor, rows), labels(candidate, x.rows())));
    };
    one(loss::info_nce{.temperature = 0.1}, similarity::cosine{}, reduce::mean{}, "info_nce, ids", filtered);
    auto const margin = [&](auto x, idx candidate, idx anchor, idx) {
      return pool::in_batch(x, bridge::shifted_diagonal{anchor - candidate}, bias::relative_margin{0.1});
    };
    one(loss::info_nce{.temperature = 0.1}, similarity::cosine{}, reduce::mean{}, "info_nce, margin", margin, false);
  }
}

template <class C>
void check_half(C& comm, verdict& v) {
  matrix<Eigen::half> const q = drawn<float>(30, 8, 5).template cast<Eigen::half>(),
                            k = drawn<float>(30, 8, 6).template cast<Eigen::half>();
  loss::info_nce const loss{.temperature = 0.1};
  loss_all_ways<float>(
      comm, v, "half", q, k, objective(loss), loss, similarity::cosine{}, reduce::mean{},
      [](auto x, idx candidate, idx anchor, idx) { return pool::in_batch(x, bridge::shifted_diagonal{anchor - candidate}); });
}

/// Both directions against objective::symmetric.
template <class C>
void check_symmetric(C& comm, verdict& v) {
  idx const n = 26;
  matrix<double> const q = drawn<double>(n, 7, 7), k = drawn<double>(n, 7, 8);
  loss::info_nce const loss{.temperature = 0.07};
  auto const want = objective(loss).symmetric(q, pool::in_batch(k));
  auto const parts = cut(n, comm.size(), 1);
  idx const first = before(parts, comm.rank()), own = parts[std::size_t(comm.rank())];
  for (auto const way : {bridge::candidate_exchange::gathered, bridge::candidate_exchange::in_ring}) {
    bridge::objective_over_ranks const f(comm, loss, similarity::cosine{}, reduce::mean{}, {}, way);
    auto const got = f.symmetric(as_view(q).middle(first, own), as_view(k).middle(first, own));
    v.check(std::abs(got.value - want.value) < 1e-12 && std::abs(got.scale - want.scale) < 1e-12, "symmetric: value or scale");
    if (own == 0) continue;
    v.check((got.anchors - want.anchors.middleRows(first, own)).cwiseAbs().maxCoeff() < 1e-13, "symmetric: anchors");
    v.check((got.pools[0] - want.pools[0].middleRows(first, own)).cwiseAbs().maxCoeff() < 1e-13, "symmetric: candidates");
  }
}

/// In a ring, a rank without candidates counts its anchors, and knows what was kept of the scores.
template <class C>
void check_counts(C& comm, verdict& v) {
  idx const n = 36;
  matrix<double> q = drawn<double>(n, 5, 12), k = drawn<double>(n, 5, 13);
  q.row(0).setZero(), q.row(7).setZero(), k.row(3).setZero(), k.row(n - 1).setZero();
  std::vector<int> label;
  for (idx i = 0; i < n; ++i) label.push_back(int(i % 4));
  auto const labels = [&](idx first, idx count) { return std::span<int const>(label).subspan(std::size_t(first), std::size_t(count)); };
  auto const zeros = [](auto const& m) {
    idx count = 0;
    for (idx i = 0; i < m.rows(); ++i) count += std::all_of(m.row(i), m.row(i) + m.cols(), [](double e) { return e == 0; });
    return count;
  };
  for (int kind = 0; kind < cuts; ++kind) {
    auto const rows = cut(n, comm.size(), 0), columns = cut(n, comm.size(), kind);
    idx const first_anchor = before(rows, comm.rank());
    auto const x = as_view(q).middle(first_anchor, rows[std::size_t(comm.rank())]);
    auto const y = as_view(k).middle(before(columns, comm.rank()), columns[std::size_t(comm.rank())]);
    bridge::objective_over_ranks const f(comm, loss::info_nce{}, similarity::cosine{}, reduce::mean{}, {.budget = 64},
                                         bridge::candidate_exchange::in_ring);
    auto const r = f.value_and_grad(x, y, [&](auto block, idx first, idx anchor) {
      return pool::in_batch(block, roles::by_label(labels(anchor, x.rows()), labels(first, block.rows())));
    });
    std::string const at = "ring, cut " + std::to_string(kind) + ", rank " + std::to_string(comm.rank()) + ": ";
    v.check(r.zero_rows == zeros(x) + zeros(y), at + "zero_rows " + std::to_string(r.zero_rows));
    v.check(r.chosen == plan::tiled, at + "what was kept of the scores");
  }
}

/// What one rank does wrong is refused on all.
template <class C>
void check_refusals(C& comm, verdict& v) {
  int const ranks = comm.size(), guilty = ranks - 1;
  bool const me = comm.rank() == guilty;
  auto const refused = [&](char const* what, auto const& call, std::vector<std::string> const& words) {
    std::string text;
    try {
      call();
    } catch (foil::error const& e) {
      text = e.what();
    }
    for (std::string const& w : words)
      v.check(text.find(w) != std::string::npos, std::string(what) + ": '" + w + "' is missing in: " + text);
  };
  std::string const who = "rank " + std::to_string(guilty) + " of " + std::to_string(ranks);
  matrix<float> q = drawn<float>(6, 4, 1), block = drawn<float>(20, 4, unsigned(10 + comm.rank())), bad = block;
  bad(7, 1) = quiet_nan<float>();
  std::vector<idx> const target{0, 1, 2, 3, 4, 5}, beyond{0, 1, 2, 3, 4, 20 * ranks};
  auto const pool = pool::bank(block, roles::target(target));
  refused("a NaN", [&] { bridge::mine_candidate_shards(comm, q, pool::bank(me ? bad : block)); },
          {who, "mine_candidate_shards", "candidates", "row " + std::to_string(20 * guilty + 7)});
  candidate_blocks<float> const blocks(as_view(block), similarity::cosine::kind, 6);
  refused("a pool that is not of the blocks",
          [&] { bridge::mine_candidate_shards(comm, q, pool::bank(as_view(block).middle(0, me ? 19 : 20)), blocks); },
          {who, "mine_candidate_shards", "rows of the blocks"});
  refused("blocks for another similarity",
          [&] { bridge::mine_candidate_shards<similarity::dot>(comm, q, pool::bank(blocks.all()), blocks); },
          {"mine_candidate_shards", "another similarity"});
  refused("a role beyond the corpus", [&] { bridge::mine_candidate_shards(comm, q, pool::bank(block, roles::target(beyond))); },
          {"roles::target", "row 5"});
  refused("an option", [&] { bridge::mine_candidate_shards(comm, q, pool, {.negatives = me ? -1 : 3}); }, {who, "negatives"});
  refused("a margin without positives",
          [&] { bridge::mine_candidate_shards(comm, q, pool::bank(block, roles::all_negative{}, bias::relative_margin{0.1})); },
          {"relative_margin", "no row has one"});
  refused("no candidates", [&] { bridge::mine_candidate_shards(comm, q, pool::bank(as_view(block).middle(0, 0))); },
          {"no rank has a candidate"});
  refused("a NaN among the candidates of queries", [&] { bridge::mine_query_shards(comm, q, pool::bank(bad)); },
          {"mine_query_shards: candidates", "row 7"});
  if (ranks > 1) {
    std::string const differ = "those of rank " + std::to_string(guilty) + " differ";
    refused("other seeds", [&] { bridge::mine_candidate_shards(comm, q, pool, {.seed = me ? 1u : 0u}); }, {"anchors and options", differ});
    matrix<float> const mine = me ? matrix<float>(q * 2) : q;
    refused("other anchors", [&] { bridge::mine_candidate_shards(comm, mine, pool); }, {"anchors and options", differ});
    std::vector<idx> const others{0, 1, 2, 3, 4, me ? 9 : 5};
    refused("other positives", [&] { bridge::mine_candidate_shards(comm, q, pool::bank(block, roles::target(others))); },
            {"positives", differ});
    refused("another option for queries", [&] { bridge::mine_query_shards(comm, q, pool, {.negatives = me ? 4 : 3}); },
            {"pool and options", differ});
  }
  refused("a row that is no number",
          [&] {
            bridge::objective_over_ranks const f(comm, loss::info_nce{});
            f.value_and_grad(me ? bad : block, block);
          },
          {who, "row 7"});
  refused("in a ring",
          [&] {
            bridge::objective_over_ranks const f(comm, loss::info_nce{}, similarity::cosine{}, reduce::mean{}, {},
                                                 bridge::candidate_exchange::in_ring);
            f.value_and_grad(block, me ? bad : block);
          },
          {"row 7"});
  refused("a temperature",
          [&] { bridge::objective_over_ranks(comm, loss::info_nce{.temperature = me ? -1.0 : 1.0}).value_and_grad(block, block); },
          {who, "temperature"});
  refused("a margin in a ring",
          [&] {
            bridge::objective_over_ranks const f(comm, loss::info_nce{}, similarity::cosine{}, reduce::mean{}, {},
                                                 bridge::candidate_exchange::in_ring);
            f.value_and_grad(block, block, [](auto x, idx c, idx a) {
              return pool::in_batch(x, bridge::shifted_diagonal{a - c}, bias::absolute_margin{});
            });
          },
          {"compares with positives", "gathered"});
  matrix<float> const far = matrix<float>::Constant(1, 4, 1.2e12f), opposite = -far;  // each rank's loss is 1.1e38
  for (auto const way : {bridge::candidate_exchange::gathered, bridge::candidate_exchange::in_ring}) {
    if (ranks < 4) break;
    refused("a loss that float does not hold",
            [&] {
              bridge::objective_over_ranks const f(comm, loss::alignment{3}, similarity::neg_l2{}, reduce::sum{}, {}, way);
              f.value_and_grad(far, opposite);
            },
            {"objective_over_ranks", "the loss, inf, is more than float holds"});
  }
  refused("positives one by one in a ring",
          [&] {
            bridge::objective_over_ranks const f(comm, loss::info_nce{.positives = loss::multi_positive::per_positive},
                                                 similarity::cosine{}, reduce::mean{}, {}, bridge::candidate_exchange::in_ring);
            f.value_and_grad(block, block);
          },
          {"one by one", "gathered"});
  refused("what is no std::exception",
          [&] {
            bridge::on_every_rank(comm, [&] {
              if (me) throw 7;
              return 0;
            });
          },
          {who, "no std::exception"});
  // All goes on after refusals.
  auto const after = bridge::mine_candidate_shards(comm, q, pool, {.negatives = 2});
  v.check(after.rows == 6, "after refusals");
}

/// A progress that stops the job on one rank stops it on all, after the same rows.
template <class C>
void check_progress(C& comm, verdict& v) {
  matrix<float> const q = drawn<float>(9000, 3, 1), block = drawn<float>(10, 3, unsigned(2 + comm.rank()));
  idx calls = 0;
  auto watch = [&](idx, idx, char const*) { return ++calls < 2 || comm.rank() + 1 < comm.size(); };
  mine_options o{.negatives = 2};
  o.progress = foil::progress(watch, 0);
  auto const part = bridge::mine_candidate_shards(comm, q, pool::bank(block), o);
  v.check(part.cancelled && part.finished == 8192 && calls == 2, "progress: finished " + std::to_string(part.finished) + " rows");
}

}  // namespace over_ranks
