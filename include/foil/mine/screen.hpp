// SPDX-License-Identifier: BSD-3-Clause
// What a pool's roles and filters say about one candidate of one row.
#pragma once

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "foil/engine/pool_access.hpp"
#include "foil/mine/score_bounds.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// The roles have an index with contains(), and each_absent: a candidate is classified without label().
template <class R>
inline constexpr bool looks_up_positives = requires(R const& roles, idx n) {
  std::declval<typename R::positive_index const&>().contains(n, n);
  roles.each_absent(n, static_cast<void (*)(idx)>(nullptr));
};

/// Says of a candidate whether it stays, and why not; called by any worker. Ids are those of the ranking.
template <Scalar S, class P>
class screen {
 public:
  static constexpr std::size_t filters = P::biases_count;
  static constexpr int kept = -1, no_candidate = -2;

  /// `caller`: the function that messages name.
  screen(P const& pool, idx ids, int workers, bool include_positives, char const* caller = "mine")
      : pool_(pool), ids_(ids), include_positives_(include_positives), caller_(caller), labels_(static_cast<std::size_t>(workers)) {
    std::apply([&](auto const&... b) { (note(b), ...); }, pool.biases);
  }

  /// Some filter may drop many of a row's best candidates.
  bool widens() const { return widens_; }
  /// Some filter takes the positives one by one.
  bool one_by_one() const { return one_by_one_; }
  /// A filter that compares with positives; null without one.
  char const* compares() const { return comparing_filter(pool_.biases); }

  /// Which filters drop by score alone.
  static constexpr std::array<bool, filters> by_score() {
    return []<class... B>(std::tuple<B...> const*) {
      return std::array<bool, filters>{(has_ceiling<B, S> || has_floor<B, S>)...};
    }(static_cast<std::remove_cvref_t<decltype(P::biases)> const*>(nullptr));
  }
  /// What they leave of a row's scores.
  score_bounds<S, filters> bounds(idx row, engine::row_facts<S> const& facts) const {
    bias_row<S> const r{row, 0, 0, nullptr, nullptr, facts.has_positive, facts.lowest, facts.highest, caller_};
    score_bounds<S, filters> all;
    std::size_t f = 0;
    std::apply([&](auto const&... b) { (all.add(f++, kept_scores<S>(b, r)), ...); }, pool_.biases);
    return all;
  }
  /// Calls f(id) for the candidates of a row that are neither positive nor negative, where the roles can name them.
  template <class F>
  void absent(idx row, F const& f) const {
    auto const among = [&](idx id) {  // a row's own column may be none: more anchors than columns
      if (id < ids_) f(id);
    };
    if constexpr (requires { pool_.relation.each_absent(row, among); }) pool_.relation.each_absent(row, among);
  }

  /// Once, before positives() and is_positive() are called; O(rows + columns), of listed positives their sorting.
  void index_positives() {
    if constexpr (indexed) index_.emplace(pool_.relation);
  }
  /// Appends the ids of the row's positives, in the caller's order.
  void positives(int w, idx row, std::vector<idx>& out) {
    if constexpr (indexed) {
      index_->each_positive(row, [&](idx c) { out.push_back(c); });
    } else if constexpr (requires { pool_.relation.each_positive(row, [](idx) {}); }) {
      pool_.relation.each_positive(row, [&](idx c) { out.push_back(c); });
    } else {
      engine::pair_labels<S>& labels = labels_[std::size_t(w)];
      for (idx j = 0; j < ids_; j += engine::quantum) {
        labels.positives.clear();
        pool_.relation.label(row, j, (std::min)(engine::quantum, ids_ - j), labels.bias.data(), labels.positives);
        for (idx c : labels.positives) out.push_back(j + c);
      }
    }
  }
  bool is_positive(int w, idx row, idx id) {
    if constexpr (looks_up_positives<roles_type>) return index_->contains(row, id);
    engine::pair_labels<S>& labels = labels_[std::size_t(w)];
    labels.positives.clear();
    pool_.relation.label(row, id, 1, labels.bias.data(), labels.positives);
    return !labels.positives.empty();
  }
  /// 0: a positive; 1 + b: filter b dropped it; kept; no_candidate of this row. Positives that stay are asked of filters by score alone.
  int operator()(int w, idx row, idx id, S score, engine::row_facts<S> const& facts) {
    engine::pair_labels<S>& labels = labels_[std::size_t(w)];
    bool const positive = is_positive(w, row, id);
    if (positive && !include_positives_) return 0;
    if constexpr (looks_up_positives<roles_type>) {
      labels.bias[0] = 0;
      absent(row, [&](idx none) {
        if (none == id) labels.bias[0] = log_zero<S>;
      });
    }
    if (positive) labels.bias[0] = 0;  // roles say log_zero of positives, too
    if (labels.bias[0] < log_zero_limit<S>) return no_candidate;
    bias_row<S> r{row, id, 1, &score, nullptr, facts.has_positive, facts.lowest, facts.highest, caller_};
    int at = 0, by = kept;
    auto ask = [&](auto const& b) {
      using filter = std::remove_cvref_t<decltype(b)>;
      ++at;
      if (by != kept || (positive && !(has_ceiling<filter, S> || has_floor<filter, S>))) return;
      if constexpr (needs_guide<filter>) {
        b.guide_scores(r.row, r.first, 1, labels.guide.data(),
                       [](S const* x, S const* y, idx n) { return S(simd::canonical_dot(x, y, n)); });
        r.guide = labels.guide.data();
      }
      b.weigh(r, labels.bias.data());
      if (labels.bias[0] < log_zero_limit<S>) by = at;
    };
    std::apply([&](auto const&... b) { (ask(b), ...); }, pool_.biases);
    return by;
  }

 private:
  using roles_type = std::remove_cvref_t<decltype(P::relation)>;
  static constexpr bool indexed = requires { typename roles_type::positive_index; };
  template <class R>
  static auto index_of(R const*) {
    if constexpr (indexed)
      return std::optional<typename R::positive_index>{};
    else
      return nullptr;
  }
  template <class B>
  void note([[maybe_unused]] B const& b) {
    widens_ = widens_ || drops_many(b);
    if constexpr (requires { b.positive == reference::each; }) one_by_one_ = one_by_one_ || b.positive == reference::each;
  }

  P const& pool_;
  idx ids_;
  bool include_positives_, widens_ = false, one_by_one_ = false;
  char const* caller_;
  std::vector<engine::pair_labels<S>> labels_;
  decltype(index_of(static_cast<roles_type const*>(nullptr))) index_{};
};

}}  // namespace foil::mining
