// SPDX-License-Identifier: BSD-3-Clause
// The interface between losses and the engine: a loss is seen through it, called once per slice.
#pragma once

#include <span>

#include "foil/core/row_loss.hpp"
#include "foil/stat/statistic.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

enum class verdict : unsigned char { used, skipped, refused };

/// A row's numbers after its statistics are complete.
struct row_numbers {
  double value = 0, weight = 0, scale = 0;
  bool clamped = false;
  verdict status = verdict::skipped;
};

/// Slots are rows, or a row's positives one by one where the loss asks for that.
template <Scalar S>
struct row_program {
  bool batched = false;     ///< the formula couples rows: all statistics must be complete first
  bool in_place = false;    ///< one statistic leaves its slopes in place of the scores, the others look at positives alone
  bool shares_exp = false;  ///< what it leaves in place are exponentials, whose sums over rows serve the columns
  bool lifts = false;       ///< lift() is known
  virtual ~row_program() = default;
  virtual void reset(idx slots) = 0;
  virtual void add(idx slot, slice<S> const& x) = 0;
  /// As add, where `in_place`: the kept slopes go to out, which may be the scores. `again`: the states stay as they are.
  virtual in_place_result<S> add_in_place(idx, slice<S> const&, S const*, S, S*, bool) { return {}; }
  /// Where `shares_exp`: the factor in exp(factor * (score - reference)), the kept numbers, and adding a slice of which only their
  /// sum is known.
  virtual S in_place_scale(S) const { return 1; }
  virtual void add_in_place_sum(idx, S, S, S) {}
  /// What the kept numbers of a slice are to be multiplied by.
  virtual S in_place_factor(idx, S, S) const { return 0; }
  /// out_p += factor * d row / d u_p for the positives p.
  virtual void slope_positives(idx, slice<S> const&, S, S*) const {}
  /// Formula of one slot; `had_negatives` before biases, `share` of the slot in its row.
  virtual row_numbers finish(idx slot, idx row, bool had_negatives, double share) = 0;
  /// Instead of the sum of rows, for batched losses: the used slots in order.
  virtual total batch(std::span<idx const> used, double& scale) = 0;
  virtual total reduce(double sum, double weight, idx rows) const = 0;
  /// A score of the slot's row, unscaled: slopes and scores are added up around it.
  virtual S origin(idx) const { return 0; }
  /// The sum of d row / d u_j over all of the row's pairs, where `lifts`.
  virtual double lift(idx) const { return 0; }
  /// out_j += factor * d row / d u_j
  virtual void slope(idx slot, slice<S> const& x, S factor, S* out) const = 0;
  /// out_j += factor * d row / d w_j
  virtual void weight_slope(idx slot, slice<S> const& x, S factor, S* out) const = 0;
};

}}  // namespace foil::engine
