// SPDX-License-Identifier: BSD-3-Clause
// The interface between pools and the engine: a pool is seen through one small interface, called once per slice (hundreds of
// pairs), so the engine is compiled once per scalar and not once per loss x similarity x pools x biases.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/bias_row.hpp"
#include "foil/engine/source.hpp"
#include "foil/pool/candidates.hpp"
#include "foil/simd/row.hpp"
#include "foil/stat/statistic.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Columns of one slice.
inline constexpr idx quantum = slice_columns;

/// What is known of a row before its biases act.
template <Scalar S>
struct row_facts {
  bool has_positive = false;
  S lowest = 0, highest = 0;  ///< unscaled similarities of the extreme positives
  S threshold = log_zero<S>;  ///< negatives that score lower leave after the biases (core/negative_selection.hpp)
};

/// Roles and log weights of one slice of a row.
template <Scalar S>
struct pair_labels {
  std::vector<S> bias = std::vector<S>(std::size_t(quantum)), guide = bias;
  std::vector<idx> positives;
  std::vector<S> positive_bias;  ///< empty: no weights on positives
  bool had_negatives = false;    ///< before any bias dropped some
};

template <Scalar S>
struct pool_access {
  pool::layout kind{};
  idx columns = 0;
  bool trains = false, is_self = false, needs_positive = false, weighs_positives = false;
  bool monotone = true;  ///< closer pairs never score lower (similarity/contract.hpp)
  id_list ids;
  source<S> const* anchors = nullptr;
  source<S> const* candidates = nullptr;  ///< of given pools: the scores
  int own_anchors = -1;                   ///< number of the anchor group, -1 for the call's anchors
  char const* caller = "value_and_grad";

  virtual ~pool_access() = default;
  /// Roles and biases of pairs (row, first .. first + n).
  virtual void label(idx row, idx first, idx n, S const* score, row_facts<S> const& facts, pair_labels<S>& out) const = 0;
  /// Every pair is a negative of weight 1, and nothing else: there is nothing to label. May be false where it is so.
  virtual bool negatives_alone(idx row, idx first, idx n) const = 0;
  /// The positives of `label` alone, with their weights; needs no scores.
  virtual void label_positives(idx row, idx first, idx n, pair_labels<S>& out) const = 0;
  /// Products or squared distances -> similarities, in place.
  virtual void link(S* x, idx n) const = 0;
  /// g_j <- g_j * dscore_j / dproduct_j.
  virtual void link_slope(S const* score, S* g, idx n) const = 0;
  /// The link has a slope of its own; products are not the scores themselves.
  virtual bool bent() const = 0;
  /// The similarity of anchor i and row c of the candidates, both opened, by canonical products: right whatever the rows'
  /// lengths. Refuses one that S cannot hold.
  virtual S score_one(idx i, S const* a, idx id, S const* c) const = 0;
  /// g += t dscore/dx of a distance between x and y.
  virtual void pull_one(S const* x, S const* y, S t, S* g) const = 0;
  /// Products of row i would overflow, or lose all digits to underflow: its pairs are scored one by one.
  bool pairwise(idx i) const {
    source<S> const &a = *anchors, &c = *candidates;
    if (c.kind.unit) return false;
    if (!c.kind.distance) return a.longest > 0 && c.longest > most_square<S> / 2 / a.longest / double(c.dim);
    double const own = double(a.square[std::size_t(i)]), least = least_square<S>;
    return own + c.longest > most_square<S> || (own < least && (own > 0 || c.has_tiny));
  }
  bool measures_distance() const { return kind != pool::layout::given && candidates->kind.distance; }

  bool shared() const { return kind == pool::layout::shared; }
  /// Row of `candidates` behind column j of a private pool, -1 for none.
  idx candidate(idx row, idx j) const { return kind == pool::layout::listed ? ids[row * columns + j] : row * columns + j; }
};

template <Scalar S, class P, Similarity Sim>
struct pool_access_of final : pool_access<S> {
  P const& pool;
  Sim similarity;

  pool_access_of(P const& p, Sim s) : pool(p), similarity(s) {
    this->kind = p.kind, this->columns = p.columns, this->is_self = p.is_self, this->ids = p.ids;
    this->trains = p.trains, this->monotone = is_monotone<Sim>;
    std::apply([&](auto const&... b) { (note(b), ...); }, p.biases);
  }

  void label(idx row, idx first, idx n, S const* score, row_facts<S> const& facts, pair_labels<S>& out) const override {
    out.positives.clear();
    out.positive_bias.clear();
    S* const bias = out.bias.data();
    pool.relation.label(row, first, n, bias, out.positives);
    if (some_absent(row)) remove_absent(row, first, n, out);
    out.had_negatives = std::any_of(bias, bias + n, [](S b) { return b > log_zero_limit<S>; });
    if constexpr (P::biases_count > 0) {
      bias_row<S> r{row, first, n, score, nullptr, facts.has_positive, facts.lowest, facts.highest};
      std::apply([&](auto const&... b) { (weigh(b, r, out), ...); }, pool.biases);
    }
    if (facts.threshold > log_zero_limit<S>) simd::drop_below(bias, score, facts.threshold, n);
  }
  bool negatives_alone(idx row, idx first, idx n) const override {
    if constexpr (P::biases_count == 0 && requires { pool.relation.negatives_alone(row, first, n); })
      return !some_absent(row) && pool.relation.negatives_alone(row, first, n);
    return false;
  }
  void label_positives(idx row, idx first, idx n, pair_labels<S>& out) const override {
    out.positives.clear();
    out.positive_bias.clear();
    if constexpr (requires { pool.relation.negatives_alone(row, first, n); })
      if (pool.relation.negatives_alone(row, first, n)) return;
    pool.relation.label(row, first, n, out.bias.data(), out.positives);
    if (out.positives.empty()) return;
    if (some_absent(row)) remove_absent(row, first, n, out);
    std::apply([&](auto const&... b) { (weigh_positives(b, row, first, out), ...); }, pool.biases);
  }
  void link(S* x, idx n) const override {
    if constexpr (requires { similarity.link_all(x, n); })
      if (n > 8) return similarity.link_all(x, n);  // few are canonical scores, whose bits no flag may change
    if constexpr (Sim::kind.distance || !plain)
      for (idx j = 0; j < n; ++j) x[j] = similarity.link(x[j]);
  }
  S score_one(idx i, S const* a, idx id, S const* c) const override {
    S score = 0;
    if (!score_pair(similarity, a, c, this->candidates->dim, score)) refuse_pair(i, a, id, c);
    return score;
  }
  void pull_one(S const* x, S const* y, S t, S* g) const override {
    if constexpr (Sim::kind.distance) pull_pair(similarity, x, y, this->candidates->dim, t, g);
  }
  bool bent() const override { return this->kind != pool::layout::given && (Sim::kind.distance || !plain); }
  void link_slope(S const* score, S* g, idx n) const override {
    if constexpr (Sim::kind.distance)  // the squared distance is a.a + c.c - 2 a.c
      for (idx j = 0; j < n; ++j) g[j] *= S(-2) * similarity.link_slope(score[j]);
    else if constexpr (!plain)
      for (idx j = 0; j < n; ++j) g[j] *= similarity.link_slope(score[j]);
  }

 private:
  static constexpr bool plain = requires { requires Sim::identity; };

  [[gnu::cold, gnu::noinline]] void refuse_pair(idx i, S const* a, idx id, S const* c) const {
    idx const dim = this->candidates->dim;
    require(false, this->caller, ": anchor row ", i, " of length ", S(length_of(a, dim)), " and candidate row ", id, " of length ",
            S(length_of(c, dim)), " have a similarity that ", scalar_name<S>, " cannot hold; scale the embeddings");
  }
  bool some_absent(idx row) const {
    return this->kind == pool::layout::listed || !this->candidates->bad.empty() || (this->anchors && this->anchors->is_bad(row));
  }
  /// Columns without a candidate, or with one that is not a number, are neither positive nor negative.
  void remove_absent(idx row, idx first, idx n, pair_labels<S>& out) const {
    auto absent = [&](idx j) {
      idx const id = this->shared() || this->kind == pool::layout::given ? first + j : this->candidate(row, first + j);
      bool const bad = this->kind == pool::layout::given ? this->candidates->is_bad(row) : id >= 0 && this->candidates->is_bad(id);
      return id < 0 || bad || (this->anchors && this->anchors->is_bad(row));
    };
    for (idx j = 0; j < n; ++j)
      if (absent(j)) out.bias[std::size_t(j)] = log_zero<S>;
    out.positives.erase(std::remove_if(out.positives.begin(), out.positives.end(), absent), out.positives.end());
  }
  template <class B>
  void note([[maybe_unused]] B const& b) {
    if constexpr (needs_positive<B>) this->needs_positive = true;
    if constexpr (requires { b.weighs_positives(); }) this->weighs_positives = this->weighs_positives || b.weighs_positives();
  }
  template <class B>
  void weigh(B const& b, bias_row<S>& r, pair_labels<S>& out) const {
    if constexpr (needs_guide<B>) {
      b.guide_scores(r.row, r.first, r.size, out.guide.data(), [](S const* x, S const* y, idx n) { return simd::dot(x, y, n); });
      r.guide = out.guide.data();
    }
    b.weigh(r, out.bias.data());
    weigh_positives(b, r.row, r.first, out);
  }
  template <class B>
  void weigh_positives([[maybe_unused]] B const& b, [[maybe_unused]] idx row, [[maybe_unused]] idx first,
                       [[maybe_unused]] pair_labels<S>& out) const {
    if constexpr (requires { b.weighs_positives(); })
      if (b.weighs_positives()) {
        out.positive_bias.resize(out.positives.size(), S(0));
        for (std::size_t p = 0; p < out.positives.size(); ++p) out.positive_bias[p] += b.positive(row, first + out.positives[p]);
      }
  }
};

}}  // namespace foil::engine
