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

/// A pool as the engine sees it: how its columns are labelled, weighed and scored.
template <Scalar S>
struct pool_access {
  pool::layout kind{};
  idx columns = 0;
  bool trains = false, is_self = false, needs_positive = false;
  bool in_bf16 = false;  ///< products are of rows and slopes rounded to bfloat16 (execution::products); of shared pools
  bool monotone = true;  ///< closer pairs never score lower (similarity/contract.hpp)
  id_list ids;           ///< of listed pools: rows of `candidates`
  source<S> const* anchors = nullptr;
  source<S> const* candidates = nullptr;  ///< of given pools: the scores
  int own_anchors = -1;                   ///< number of the anchor group, -1 for the call's anchors
  char const* caller = "value_and_grad";

  virtual ~pool_access() = default;
  /// Roles and biases of pairs (row, first .. first + n).
  virtual void label(idx row, idx first, idx n, S const* score, row_facts<S> const& facts, pair_labels<S>& out) const = 0;
  /// The same without the linear weights of bias::weights, for their gradient; log weights of positives only where they weigh positives.
  virtual void label_unweighted(idx row, idx first, idx n, S const* score, row_facts<S> const& facts, pair_labels<S>& out) const = 0;
  /// Every pair is a negative of weight 1, and nothing else: there is nothing to label. May be false where it is so.
  virtual bool negatives_alone(idx row, idx first, idx n) const = 0;
  /// The positives of `label` alone, with their weights; needs no scores.
  virtual void label_positives(idx row, idx first, idx n, pair_labels<S>& out) const = 0;
  /// Whether the pair is a negative by its role, before any bias acts.
  virtual bool is_negative(idx row, idx column) const = 0;
  /// Products or squared distances -> similarities, in place.
  virtual void link(S* x, idx n) const = 0;
  /// g_j <- g_j * dscore_j / dproduct_j.
  virtual void link_slope(S const* score, S* g, idx n) const = 0;
  /// Products are not the scores themselves: the link lies between, with a slope of its own.
  bool has_link = false;
  /// Products farther apart than by rounding may have one score: the link is flat somewhere, or rounds them to one number.
  bool may_tie = false;
  /// The similarity of anchor i and row c of the candidates, both opened, by canonical products: right whatever the rows'
  /// lengths. Refuses one that S cannot hold.
  virtual S score_one(idx i, S const* a, idx id, S const* c) const = 0;
  /// g += t dscore/dx of a distance between x and y.
  virtual void pull_one(S const* x, S const* y, S t, S* g) const = 0;
  /// Products of row i would overflow, or lose all digits to underflow: its pairs are scored one by one.
  bool pairwise(idx i) const {
    source<S> const &a = *anchors, &c = *candidates;
    if (c.kind.unit) return false;
    if (!c.kind.distance) return a.longest > 0 && c.longest > max_square<S> / 2 / a.longest / double(c.dim);
    double const own = double(a.square[std::size_t(i)]), least = min_square<S>;
    return own + c.longest > max_square<S> || (own < least && (own > 0 || c.has_tiny));
  }
  bool measures_distance() const { return kind != pool::layout::given && candidates->kind.distance; }

  bool shared() const { return kind == pool::layout::shared; }
  /// Row of `candidates` behind column j of a private pool, -1 for none.
  idx candidate(idx row, idx j) const { return kind == pool::layout::listed ? ids[row * columns + j] : row * columns + j; }
};

}}  // namespace foil::engine
