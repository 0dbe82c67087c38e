// SPDX-License-Identifier: BSD-3-Clause
// A pool behind the engine's interface: its roles, its biases and the similarity.
#pragma once

#include <algorithm>
#include <tuple>

#include "foil/engine/pool_access.hpp"
#include "foil/simd/row.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Makes a pool of candidates with a similarity accessible to the engine.
template <Scalar S, class P, Similarity Sim>
struct pool_access_of final : pool_access<S> {
  P const& pool;
  Sim similarity;

  pool_access_of(P const& p, Sim s) : pool(p), similarity(s) {
    this->kind = p.kind, this->columns = p.columns, this->is_self = p.is_self, this->ids = p.ids;
    this->trains = p.trains, this->monotone = is_monotone<Sim>;
    this->has_link = p.kind != pool::layout::given && (Sim::kind.distance || !plain);
    this->may_tie = this->has_link && !only_scales<S>(similarity);
    std::apply([&]<class... B>(B const&...) { this->needs_positive = (needs_positive<B> || ...); }, p.biases);
  }

  void label(idx row, idx first, idx n, S const* score, row_facts<S> const& facts, pair_labels<S>& out) const override {
    label_by<true>(row, first, n, score, facts, out);
  }
  void label_unweighted(idx row, idx first, idx n, S const* score, row_facts<S> const& facts, pair_labels<S>& out) const override {
    constexpr bool has_any = []<class... B>(std::tuple<B...> const*) {
      return (has_linear_weights<B> || ...);
    }(static_cast<std::remove_cvref_t<decltype(P::biases)> const*>(nullptr));
    label_by<!has_any>(row, first, n, score, facts, out);  // without linear weights both share one instantiation
    if (std::apply([](auto const&... b) { return (weighs_linearly(b) || ...); }, pool.biases))
      out.positive_bias.resize(out.positives.size(), S(0));
    else
      out.positive_bias.clear();
  }
  bool negatives_alone(idx row, idx first, idx n) const override {
    if constexpr (P::biases_count == 0 && requires { pool.relation.negatives_alone(row, first, n); })
      return !some_absent(row) && pool.relation.negatives_alone(row, first, n);
    return false;
  }
  void label_positives(idx row, idx first, idx n, pair_labels<S>& out) const override {
    out.positives.clear(), out.positive_bias.clear();
    if constexpr (requires { pool.relation.negatives_alone(row, first, n); })
      if (pool.relation.negatives_alone(row, first, n)) return;
    pool.relation.label(row, first, n, out.bias.data(), out.positives);
    if (out.positives.empty()) return;
    if (some_absent(row)) remove_absent(row, first, n, out);
    std::apply([&](auto const&... b) { (weigh_positives(b, row, first, out), ...); }, pool.biases);
  }
  bool is_negative(idx row, idx column) const override {
    pair_labels<S> out;
    pool.relation.label(row, column, 1, out.bias.data(), out.positives);
    if (some_absent(row)) remove_absent(row, column, 1, out);
    return out.bias[0] > log_zero_limit<S>;
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
  void link_slope(S const* score, S* g, idx n) const override {
    if constexpr (Sim::kind.distance)  // the squared distance is a.a + c.c - 2 a.c
      for (idx j = 0; j < n; ++j) g[j] *= S(-2) * similarity.link_slope(score[j]);
    else if constexpr (!plain)
      for (idx j = 0; j < n; ++j) g[j] *= similarity.link_slope(score[j]);
  }

 private:
  static constexpr bool plain = requires { requires Sim::identity; };

  template <bool Weighted>
  void label_by(idx row, idx first, idx n, S const* score, row_facts<S> const& facts, pair_labels<S>& out) const {
    out.positives.clear(), out.positive_bias.clear();
    S* const bias = out.bias.data();
    pool.relation.label(row, first, n, bias, out.positives);
    if (some_absent(row)) remove_absent(row, first, n, out);
    out.had_negatives = std::any_of(bias, bias + n, [](S b) { return b > log_zero_limit<S>; });
    if constexpr (P::biases_count > 0) {
      bias_row<S> r{row, first, n, score, nullptr, facts.has_positive, facts.lowest, facts.highest, this->caller};
      auto const act = [&]<class B>(B const& b) {
        if constexpr (Weighted || !has_linear_weights<B>) weigh(b, r, out);
      };
      std::apply([&](auto const&... b) { (act(b), ...); }, pool.biases);
    }
    if (facts.threshold > log_zero_limit<S>) simd::drop_below(bias, score, facts.threshold, n);
  }
  /// Of a bias: linear weights, on positives too.
  template <class B>
  static bool weighs_linearly([[maybe_unused]] B const& b) {
    if constexpr (has_linear_weights<B>) return b.weighs_positives();
    return false;
  }

  [[gnu::cold, gnu::noinline]] void refuse_pair(idx i, S const* a, idx id, S const* c) const {
    idx const dim = this->candidates->dim;
    require(false, this->caller, ": anchor row ", i, " of length ", S(length_of(a, dim)), " and candidate row ",
            this->candidates->row_number(id), " of length ", S(length_of(c, dim)), " have a similarity that ", scalar_name<S>,
            " cannot hold; scale the embeddings");
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
