// SPDX-License-Identifier: BSD-3-Clause
// The interface between losses and the engine: a loss is seen through it, called once per slice.
#pragma once

#include <span>

#include "foil/core/row_loss.hpp"
#include "foil/stat/statistic.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

enum class verdict : unsigned char { used, skipped, refused };

/// What a row comes to once its statistics are complete.
struct row_numbers {
  double value = 0, weight = 0, scale = 0;  ///< as of row_loss
  bool clamped = false;
  verdict status = verdict::skipped;
};

/// The interface of losses with one statistic that leaves its slopes, up to a factor, in place of the scores (stat/statistic.hpp,
/// in_place_result), whose other statistics look at positives alone.
template <Scalar S>
struct in_place_program {
  virtual ~in_place_program() = default;
  /// As row_program::add; the numbers that are left go to out, which may be the scores.
  virtual in_place_result<S> add(idx slot, slice<S> const& x, S const* score, S scale, S* out) = 0;
  /// The same numbers once more, without adding the slice to the states again.
  virtual in_place_result<S> add_again(idx slot, slice<S> const& x, S const* score, S scale, S* out) const = 0;
  /// What the numbers left of a slice are to be multiplied by.
  virtual S factor(idx slot, S reference, S factor) const = 0;
  /// out_p += factor * d row / d u_p for the positives p.
  virtual void slope_positives(idx slot, slice<S> const& x, S factor, S* out) const = 0;
};

/// The interface of those whose numbers are exponentials, exp(factor * (score - reference)): their sums over rows serve the columns.
template <Scalar S>
struct shared_exp_program {
  virtual ~shared_exp_program() = default;
  /// That factor, where scores are multiplied by `scale`.
  virtual S exponent_factor(S scale) const = 0;
  /// Adds pairs of which only the sum is known.
  virtual void add_sum(idx slot, S reference, S factor, S sum) = 0;
};

/// Slots are rows, or a row's positives one by one where the loss asks for that.
template <Scalar S>
struct row_program {
  in_place_program<S>* in_place = nullptr;      ///< null for other losses
  shared_exp_program<S>* shared_exp = nullptr;  ///< the same; only beside in_place
  bool batched = false;                         ///< the formula couples rows: all statistics must be complete first
  bool has_total_slopes = false;                ///< total_slope() is known
  virtual ~row_program() = default;
  virtual void reset(idx slots) = 0;
  virtual void add(idx slot, slice<S> const& x) = 0;
  /// Formula of one slot; `had_negatives` before biases, `share` of the slot in its row.
  virtual row_numbers finish(idx slot, idx row, bool had_negatives, double share) = 0;
  /// Instead of the sum of rows, for batched losses: the used slots in order.
  virtual total batch(std::span<idx const> used, double& scale) = 0;
  virtual total reduce(double sum, double weight, idx rows) const = 0;
  /// A score of the slot's row, unscaled: slopes and scores are added up around it.
  virtual S origin(idx) const { return 0; }
  /// The sum of d row / d u_j over all of the row's pairs, where `has_total_slopes`.
  virtual double total_slope(idx) const { return 0; }
  /// out_j += factor * d row / d u_j
  virtual void slope(idx slot, slice<S> const& x, S factor, S* out) const = 0;
  /// out_j += factor * d row / d w_j
  virtual void weight_slope(idx slot, slice<S> const& x, S factor, S* out) const = 0;
};

}}  // namespace foil::engine
