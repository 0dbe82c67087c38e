// SPDX-License-Identifier: BSD-3-Clause
// Rows of a loss that needs one exponential a pair for value and gradient together: the forward pass leaves its slopes, up to a
// factor of the row, in place of the scores (stat/statistic.hpp, in_place_result).
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "foil/engine/general_rows.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class in_place_rows final : public row_pass<S> {
 public:
  in_place_rows(pass_state<S>& s, in_place_program<S>& program) : s_(s), program_(program), general_(s) {
    if (s.field.tiled()) return;
    for (pool_access<S> const* pool : s.p.pools) results_.emplace_back(std::size_t(s.field.panel_rows() * slices_in(*pool)));
  }

  void forward(workspace<S>& d, block<S> const& tile) override {
    tile.each_slice([&](idx i, idx j, idx count, S* s) {
      s_.label_and_count(d, tile.n, i, j, count, s);
      one_slot(i) ? void(add(d, tile.n, i, j, count, s)) : general_.add(d, tile.n, i, j, count, s);
    });
  }
  void backward(workspace<S>& d, block<S> const& tile) override {
    tile.each_slice(
        [&](idx i, idx j, idx count, S* s) { one_slot(i) ? slope(d, tile, i, j, count, s) : general_.slope(d, tile.n, i, j, count, s); });
  }

  /// A labelled slice of a row with one slot goes to the statistics, and its slopes, but for a factor, take the place of its
  /// scores. Those of the positives stay where they are.
  in_place_result<S> add(workspace<S>& d, std::size_t n, idx i, idx j, idx count, S* s) {
    in_place_result<S> const r = overwrite(d, n, i, j, count, s, false);
    if (!s_.field.tiled()) result(n, i, j) = r;
    return r;
  }
  /// What add() returned for a slice; computed again where the plan keeps nothing.
  in_place_result<S> forward_result(workspace<S>& d, block<S> const& tile, idx i, idx j, idx count) {
    if (tile.scored) {
      s_.p.pools[tile.n]->label_positives(i, j, count, d.labels);
      return result(tile.n, i, j);
    }
    s_.slices.label(d, tile.n, i, j, count, tile.at(i, j));
    return overwrite(d, tile.n, i, j, count, tile.at(i, j), true);
  }
  /// Scores of the positives: out of the slice, to `own` and to the statistics.
  void take_positives(workspace<S>& d, S* s, S* own) const {
    for (idx p : d.labels.positives) *own = std::exchange(s[p], S(0)), s_.slices.save_positive(d, p, *own), ++own;
  }

 private:
  bool one_slot(idx i) const { return !s_.p.one_by_one || s_.prepass.positives(i).size() == 1; }
  static idx slices_in(pool_access<S> const& pool) { return (pool.columns + quantum - 1) / quantum; }
  in_place_result<S>& result(std::size_t n, idx i, idx j) {
    return results_[n][std::size_t((i - s_.field.base()) * slices_in(*s_.p.pools[n]) + j / quantum)];
  }
  /// `again`: the statistics' states stay as they are.
  in_place_result<S> overwrite(workspace<S>& d, std::size_t n, idx i, idx j, idx count, S* s, bool again) {
    S score[quantum], own[quantum];
    S* next = own;
    for (idx p : d.labels.positives) *next++ = s[p], s_.slices.save_positive(d, p, s[p]);
    if (s_.p.pools[n]->has_link) std::copy_n(s, count, score);
    slice<S> const x = s_.slices.in_place(d, n, i, j, count);
    idx const slot = s_.slots.first(i);
    in_place_result<S> const r = again ? program_.add_again(slot, x, s, s_.p.scale, s) : program_.add(slot, x, s, s_.p.scale, s);
    s_.slopes.to_products(n, i, j, score, s, count);
    next = own;
    for (idx p : d.labels.positives) s[p] = *next++;
    return r;
  }
  void slope(workspace<S>& d, block<S> const& tile, idx i, idx j, idx count, S* s) {
    in_place_result<S> const r = forward_result(d, tile, i, j, count);
    idx const slot = s_.slots.first(i);
    double const origin = double(s_.slopes.origin(i));
    S const factor = program_.factor(slot, r.reference, s_.factor);
    s_.slopes.add(i, double(factor) * r.sum_g, double(factor) * (r.sum_g_s + (double(r.origin) - origin) * r.sum_g));
    std::vector<idx> const& positives = d.labels.positives;
    S own[quantum], slope[quantum];
    take_positives(d, s, own);
    simd::scale(s, factor * s_.p.scale, count);
    if (!positives.empty()) {
      program_.slope_positives(slot, s_.slices.in_place(d, tile.n, i, j, count), s_.factor, d.g.data());
      for (std::size_t k = 0; k < positives.size(); ++k) {
        S const g = std::exchange(d.g[std::size_t(positives[k])], S(0));
        s_.slopes.add(i, double(g), double(g) * (double(own[k]) - origin));
        slope[k] = s_.p.scale * g;
      }
      for (std::size_t k = 0; k < positives.size(); ++k) {
        s_.slopes.to_products(tile.n, i, j + positives[k], own + k, slope + k, 1);
        s[positives[k]] = slope[k];
      }
    }
    s_.slopes.add_row_sum(tile.n, i, j, s, count);
  }

  pass_state<S>& s_;
  in_place_program<S>& program_;
  general_rows<S> general_;                               ///< of rows that have several slots
  std::vector<std::vector<in_place_result<S>>> results_;  ///< of a panel whose scores are kept, per pool and slice
};

}}  // namespace foil::engine
