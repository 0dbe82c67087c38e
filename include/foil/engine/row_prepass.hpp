// SPDX-License-Identifier: BSD-3-Clause
// What must be known of a row before its pairs are looked at: its positives' scores, and where its hardest negatives end.
#pragma once

#include <limits>

#include "foil/engine/grid.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class row_prepass {
 public:
  struct positive_score {
    idx column;  ///< across all pools
    S score;     ///< unscaled
  };

  row_prepass(problem<S> const& p, grid<S>& g) : p_(p), grid_(g) {
    learns_ = p.one_by_one || std::any_of(p.pools.begin(), p.pools.end(), [](auto const* pool) { return pool->needs_positive; });
    ranks_ = p.selection.fraction < 1;
    labels_ = ranks_ || p.selection.at_least > double(log_zero_limit<S>);
    auto const rows = std::size_t(p.rows);
    if (learns_ || labels_) facts_.assign(rows, {.threshold = S(std::clamp(p.selection.at_least, double(log_zero<S>), 1e30))});
    if (p.one_by_one) positives_.assign(rows, {});
  }

  bool learns() const { return learns_; }
  bool ranks() const { return ranks_; }
  bool selects_negatives() const { return labels_; }
  row_facts<S> facts(idx i) const { return facts_.empty() ? row_facts<S>{} : facts_[std::size_t(i)]; }
  /// The positives of row i, for losses that take them one by one.
  std::vector<positive_score> const& positives(idx i) const { return positives_[std::size_t(i)]; }

  /// Finds the positives of rows r and the range of their similarities.
  void learn(workspace<S>& d, range r) {
    grid_.slices(d, r, true, [&](std::size_t n, idx i, idx j, idx count, S const* s) {
      p_.pools[n]->label_positives(i, j, count, d.labels);
      auto& fact = facts_[std::size_t(i)];
      for (idx c : d.labels.positives) {
        S const x = s[c];
        if (!fact.has_positive) fact = {true, x, x, fact.threshold};
        fact.lowest = (std::min)(fact.lowest, x), fact.highest = (std::max)(fact.highest, x);
        if (p_.one_by_one) positives_[std::size_t(i)].push_back({grid_.first_column(n) + j + c, x});
      }
    });
  }

  /// For losses that look at the hardest negatives: finds the score that a row's negatives must reach, for a few rows at a time.
  void rank(workspace<S>& d, range r, bool fresh) {
    if (fresh && !grid_.tiled()) grid_.slices(d, r, true, [](auto&&...) {});  // in large tiles
    idx const all = round_up(grid_.columns(), simd::word);
    d.keys.resize(std::size_t(ranked_rows * all)), d.spare_keys.resize(std::size_t(all));
    for (idx i0 = r.from; i0 < r.to; i0 += ranked_rows) {
      range const some{i0, (std::min)(i0 + ranked_rows, r.to)};
      std::fill(d.keys.begin(), d.keys.end(), simd::no_key<S>);
      grid_.slices(d, some, fresh && grid_.tiled(), [&](std::size_t n, idx i, idx j, idx count, S const* s) {
        p_.pools[n]->label(i, j, count, s, facts(i), d.labels);
        S const* const bias = d.labels.bias.data();
        simd::key<S>* const to = d.keys.data() + (i - i0) * all + grid_.first_column(n) + j;
        for (idx c = 0; c < count; ++c) to[c] = bias[c] > log_zero_limit<S> ? simd::key_of(s[c]) : simd::no_key<S>;
      });
      for (idx i = some.from; i < some.to; ++i)
        find_threshold(d.keys.data() + (i - i0) * all, all, d.spare_keys.data(), facts_[std::size_t(i)].threshold);
    }
  }

 private:
  /// The score of the last negative of the hardest share; ties with it reach it, too.
  void find_threshold(simd::key<S>* keys, idx all, simd::key<S>* spare, S& threshold) const {
    idx const n = simd::put_between(keys, all, simd::no_key<S>, (std::numeric_limits<simd::key<S>>::max)(), keys);
    if (n == 0) return;
    std::fill(keys + n, keys + round_up(n, simd::word), simd::no_key<S>);
    idx const k = (std::max)(idx(1), ceil_of_share(p_.selection.fraction, n));
    auto const kth = simd::kth_key(keys, n, k, 0, spare);
    threshold = simd::value_of<S>(kth.above == k ? simd::key<S>(kth.threshold + 1) : kth.threshold);
  }

  problem<S> const& p_;
  grid<S>& grid_;
  bool learns_ = false, ranks_ = false, labels_ = false;
  std::vector<row_facts<S>> facts_;
  std::vector<std::vector<positive_score>> positives_;
};

}}  // namespace foil::engine
