// SPDX-License-Identifier: BSD-3-Clause
// Counts, losses and totals of the columns, in a loss of both directions.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/numeric.hpp"
#include "foil/engine/pass_state.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class column_totals {
 public:
  column_totals(pass_state<S>& s, row_program<S>& p, double share)
      : program(p), s_(s), share_(share), had_negatives_(std::size_t(s.p.pools[0]->columns), 0) {
    p.reset(s.p.pools[0]->columns);
  }

  row_program<S>& program;  ///< its slots are the columns
  S factor = 1;             ///< on slopes of columns

  void note_negatives(idx c, bool some) { had_negatives_[std::size_t(c)] |= some; }

  /// Joins the rows' totals with those of all columns, in column order: `share` of both.
  void add_up(total const& rows) {
    double sum = 0, weight = 0, scale = 0;
    idx const columns = idx(had_negatives_.size());
    for (idx c = 0; c < columns; ++c) {
      if (s_.p.pools[0]->candidates->is_bad(c)) continue;  // absent, as an anchor that is not a number
      row_numbers const r = program.finish(c, c, had_negatives_[std::size_t(c)], 1);
      require(r.status != verdict::refused || lost_negatives(c), s_.p.function, ": column ", c, " has no negatives among the ", s_.p.rows,
              " anchors; this loss needs at least one in every column");
      s_.totals.require_representable(r.value, "column", c);
      if (r.status == verdict::used) sum += r.value, weight += r.weight, scale += r.scale, total_slope_ += program.total_slope(c);
    }
    total const t = program.reduce(sum, weight, columns);
    s_.out.scale = share_ * (s_.out.scale + scale * t.factor);
    s_.out.value = S(share_ * (rows.value + t.value));
    s_.factor = S(share_ * rows.factor), factor = S(share_ * t.factor);
    // A row's slopes hold its columns' too, and only all of them together have a sum that is known: one score for all rows.
    auto const& used = s_.out.used;
    auto const first = std::find(used.begin(), used.end(), 1);
    if (first != used.end()) s_.slopes.set_all_origins(s_.slopes.origin(first - used.begin()));
  }
  /// The sum of d column / d u over all pairs, where the program knows it.
  double total_slope() const { return double(factor) * total_slope_; }

 private:
  /// Whether filters alone left the column without a negative.
  bool lost_negatives(idx c) const {
    for (idx i = 0; i < s_.p.rows; ++i)
      if (s_.p.pools[0]->is_negative(i, c)) return true;
    return false;
  }

  pass_state<S>& s_;
  double share_, total_slope_ = 0;
  std::vector<unsigned char> had_negatives_;
};

}}  // namespace foil::engine
