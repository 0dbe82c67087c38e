// SPDX-License-Identifier: BSD-3-Clause
// Synthetic hard negatives: mixes of hard negatives with each other and with the query (MoCHi).
#pragma once

#include "foil/core/canonical_order.hpp"
#include "foil/core/option.hpp"
#include "foil/core/random.hpp"
#include "foil/simd/canonical.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `mochi`, `draw_mixes` and `mix_batch`.
struct mochi_options {
  static constexpr char const* name = "mochi";
  idx hardest = 1024;     ///< >= 1; N: parents come from these (all of the bank where it holds fewer)
  idx between = 512;      ///< in 0 .. 2^30; s: mixes of two negatives
  idx with_query = 256;   ///< in 0 .. 2^30; s': mixes of a negative with the query
  bool distinct = false;  ///< parents of a pair must differ (where there are two)

  static void options(auto list) {
    list("hardest", &mochi_options::hardest, range::at_least(1));
    list("between", &mochi_options::between, range::whole{0, idx(1) << 30});
    list("with_query", &mochi_options::with_query, range::whole{0, idx(1) << 30});
  }
};

/// Which hard negatives are mixed, and with which; parents are ranks among the hardest.
struct mix_plan {
  std::vector<idx> first, second;  ///< h = unit(alpha z_first + (1 - alpha) z_second)
  std::vector<double> alpha;       ///< in (0, 1)
  std::vector<idx> single;         ///< h = unit(beta q + (1 - beta) z_single)
  std::vector<double> beta;        ///< in (0, 1/2): the negative dominates
};

/// Pairs of parents and their weights for one query, from `draw` alone. parents: how many there are, >= 1. Draws are independent: i = j may
/// happen unless `distinct`. O(s + s').
inline mix_plan draw_mixes(idx parents, random_stream draw, mochi_options const& o = {}) {
  check_options("draw_mixes", o);
  require(parents >= 1, "draw_mixes: argument parents must be at least 1, got ", parents);
  mix_plan p;
  for (idx t = 0; t < o.between; ++t) {
    idx const i = draw.below(parents);
    bool const other = o.distinct && parents > 1;
    idx j = draw.below(parents - other);
    if (other && j >= i) ++j;
    p.first.push_back(i), p.second.push_back(j), p.alpha.push_back(draw.uniform());
  }
  for (idx t = 0; t < o.with_query; ++t) p.single.push_back(draw.below(parents)), p.beta.push_back(draw.uniform() / 2);
  return p;
}

/// out = unit(w a + (1 - w) b); what cancels up to rounding (an antipodal midpoint) gives the zero vector,
/// whose similarity is 0 with everything, never NaN. O(d).
template <Scalar S>
void mix_rows(double w, S const* a, S const* b, idx dim, S* out) {
  double norm = 0, size = 0;
  for (idx k = 0; k < dim; ++k) {
    double const x = w * double(a[k]), y = (1 - w) * double(b[k]);
    norm += (x + y) * (x + y), size += x * x + y * y;
  }
  double const factor = norm > 1e-30 * size ? 1 / std::sqrt(norm) : 0;
  for (idx k = 0; k < dim; ++k) out[k] = S((w * double(a[k]) + (1 - w) * double(b[k])) * factor);
}

/// q . unit(w a + (1 - w) b) from the dot products of q, a and b alone: O(1), for when only the logit is
/// wanted.
inline double mixed_similarity(double w, double q_a, double q_b, double a_a, double a_b, double b_b) {
  double const v = 1 - w, size = w * w * a_a + v * v * b_b, norm = size + 2 * w * v * a_b;
  return norm > 1e-15 * size ? (w * q_a + v * q_b) / std::sqrt(norm) : 0;
}

/// What `mochi` returns.
template <Scalar S>
struct mochi_negatives {
  std::vector<idx> hard;  ///< the hardest of the bank, hardest first
  matrix<S> between;      ///< [s, d] mixes of two negatives, of unit length; constants: no gradient flows through them
  matrix<S> with_query;   ///< [s', d] mixes with the query, as these
  std::vector<double> between_similarity, with_query_similarity;  ///< of each mix to the query
};

/// The hardest of the bank [K, d] for one query [1, d] (a row: as_view(q).middle(i, 1)); both of unit length.
/// O(K d).
template <Scalar S>
std::vector<idx> hardest_of(view<S> query, view<S> bank, idx hardest, char const* where = "hardest_of") {
  require(hardest >= 0, where, ": argument hardest must not be negative, got ", hardest);
  require(query.rows() == 1 && query.cols() == bank.cols(), where, ": the query must be one row of dim ", bank.cols(), ", got ",
          query.rows(), " of dim ", query.cols());
  std::vector<double> scores;
  scores.reserve(std::size_t(bank.rows()));
  for (idx j = 0; j < bank.rows(); ++j) scores.push_back(simd::canonical_dot(query.row(0), bank.row(j), bank.cols()));
  return canonical_order(scores, hardest);
}

/// Kalantidis et al. 2020, arXiv 2010.01028. O(K d + (s + s') d); with a plan given nothing is random.
template <Scalar S>
mochi_negatives<S> mochi(view<S> query, view<S> bank, idx hardest, mix_plan const& plan) {
  require_finite(query, "mochi", "query"), require_finite(bank, "mochi", "bank");
  mochi_negatives<S> r;
  r.hard = hardest_of(query, bank, hardest, "mochi");
  require(plan.first.size() == plan.second.size() && plan.first.size() == plan.alpha.size() && plan.single.size() == plan.beta.size(),
          "mochi: the lists of a plan must be of one length for each kind of mix");
  auto const n = idx(plan.first.size()), m = idx(plan.single.size()), d = bank.cols();
  for (auto const* list : {&plan.first, &plan.second, &plan.single})
    for (idx rank : *list)
      require(rank >= 0 && rank < idx(r.hard.size()), "mochi: parent ", rank, " of the plan is outside 0 .. ", idx(r.hard.size()) - 1);
  auto const parent = [&](idx rank) { return bank.row(r.hard[std::size_t(rank)]); };
  r.between.resize(n, d), r.with_query.resize(m, d);
  for (idx t = 0; t < n; ++t) {
    auto const u = std::size_t(t);
    mix_rows(plan.alpha[u], parent(plan.first[u]), parent(plan.second[u]), d, r.between.data() + t * d);
    r.between_similarity.push_back(simd::canonical_dot(query.row(0), r.between.data() + t * d, d));
  }
  for (idx t = 0; t < m; ++t) {
    auto const u = std::size_t(t);
    mix_rows(plan.beta[u], query.row(0), parent(plan.single[u]), d, r.with_query.data() + t * d);
    r.with_query_similarity.push_back(simd::canonical_dot(query.row(0), r.with_query.data() + t * d, d));
  }
  return r;
}

/// The same with a drawn plan; key the stream by the row: random_stream(seed, purpose::mix, epoch, row). An
/// empty bank gives no negatives.
template <Scalar S>
mochi_negatives<S> mochi(view<S> query, view<S> bank, random_stream draw, mochi_options const& o = {}) {
  check_options(o);
  idx const parents = (std::min)(o.hardest, bank.rows());
  return mochi(query, bank, o.hardest, parents > 0 ? draw_mixes(parents, draw, o) : mix_plan{});
}

}}  // namespace foil::mining
