// SPDX-License-Identifier: BSD-3-Clause
// From slopes of scaled scores to slopes of the products under them, and to the sums that gradients of scale and shift take.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "foil/engine/gradients.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Everywhere n is the pool, i the row and [j, j + count) the columns of the pool.
template <Scalar S>
class score_slopes {
 public:
  score_slopes(problem<S> const& p, grid<S> const& g, gradients<S>& to)
      : p_(p),
        grid_(g),
        gradients_(to),
        origin_(std::size_t(p.rows), S(0)),
        sum_(std::size_t(p.rows), 0),
        score_sum_(std::size_t(p.rows), 0) {}

  /// A score of the row, about which sums are taken so that large scores do not cancel.
  S origin(idx i) const { return origin_[std::size_t(i)]; }
  void set_origin(idx i, S score) { origin_[std::size_t(i)] = score; }
  void set_all_origins(S score) { std::fill(origin_.begin(), origin_.end(), score); }

  /// sum_j slope_j of a row, and sum_j slope_j (score_j - origin).
  double sum(idx i) const { return sum_[std::size_t(i)]; }
  double score_sum(idx i) const { return score_sum_[std::size_t(i)]; }
  void add(idx i, double sum, double score_sum) { sum_[std::size_t(i)] += sum, score_sum_[std::size_t(i)] += score_sum; }

  /// Slopes g of a slice take the place of its scores s, as slopes of products; g is left all zeros.
  void replace(std::size_t n, idx i, idx j, S* s, S* g, idx count) {
    S score[quantum];
    if (p_.pools[n]->has_link) std::copy_n(s, count, score);
    simd::slope_sums const sums = simd::scale_and_clear(g, s, p_.scale, s, count, origin(i));
    add(i, sums.sum_g, sums.sum_g_s);
    to_products(n, i, j, score, s, count), add_row_sum(n, i, j, s, count);
  }
  /// Slopes s of scores become those of products. Distances that were scored one by one, all of them in private pools, keep
  /// the slopes of scores: they go to the gradients one by one.
  void to_products(std::size_t n, idx i, idx j, S const* score, S* s, idx count) const {
    pool_access<S> const& pool = *p_.pools[n];
    if (!pool.has_link || (!pool.shared() && pool.measures_distance())) return;
    near_pairs const& near = grid_.near(n);
    if (!near.some(i, j, j + count)) return pool.link_slope(score, s, count);
    S unlinked[quantum];
    std::copy_n(s, count, unlinked);
    pool.link_slope(score, s, count);
    near.each(i, j, j + count, [&](idx c) { s[c - j] = unlinked[c - j]; });
  }
  /// Of shared distances the slopes of a row's products add up; of pairs that were scored one by one there is no product.
  void add_row_sum(std::size_t n, idx i, idx j, S* s, idx count) {
    pool_access<S> const& pool = *p_.pools[n];
    if (!pool.shared() || !pool.measures_distance()) return;
    S single[quantum], *next = single;
    near_pairs const& near = grid_.near(n);
    near.each(i, j, j + count, [&](idx c) { *next++ = std::exchange(s[c - j], S(0)); });
    gradients_.add_row_sum(pool, i, simd::sum(s, count));
    next = single;
    near.each(i, j, j + count, [&](idx c) { s[c - j] = *next++; });
  }

 private:
  problem<S> const& p_;
  grid<S> const& grid_;
  gradients<S>& gradients_;
  std::vector<S> origin_;
  std::vector<double> sum_, score_sum_;
};

}}  // namespace foil::engine
