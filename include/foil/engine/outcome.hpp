// SPDX-License-Identifier: BSD-3-Clause
// What value_and_grad returns.
#pragma once

#include <utility>
#include <vector>

#include "foil/engine/execution.hpp"
#include "foil/engine/pool_gradient.hpp"

namespace foil { inline namespace FOIL_ABI {

/// The value, every gradient and the counts. Matrices of what was not asked for are empty.
template <Scalar S>
struct outcome {
  S value = 0;        ///< the reduced loss
  matrix<S> anchors;  ///< d value / d anchors
  /// d value / d candidates (d / d scores for given pools), in pool order; matrices, and of listed pools the named rows with their ids.
  std::vector<pool_gradient<S>> pools;
  std::vector<matrix<S>> own_anchors;  ///< d value / d the anchors of pool::between, in pool order
  std::vector<matrix<S>> weights;      ///< d value / d linear weights (bias::weights), for pools asked by weight_gradient(pool)
  std::vector<S> rows;                 ///< loss of each row times its share in the reduction, 0 where unused or where the loss couples rows
  std::vector<unsigned char> used;     ///< 1 where the row counted
  std::vector<idx> kept;               ///< live negatives of each row after the biases
  std::vector<idx> positives;          ///< positives of each row

  double scale = 0;                                 ///< d value / d scale, the factor on similarities
  double shift = 0;                                 ///< d value / d a constant added to every scaled score
  double scale_used = 1;                            ///< the scale itself
  idx rows_used = 0;                                ///< rows that counted
  idx without_positive = 0, without_negatives = 0;  ///< rows that had none (after the biases)
  idx clamped = 0;                                  ///< rows whose loss was floored or clamped
  /// Rows of length 0 among anchors and candidates, under a unit-length similarity; of listed pools among the named rows.
  idx zero_rows = 0;
  idx bad_rows = 0;                ///< rows with a NaN or an infinity, treated as absent (bad_rows::skip); counted as zero_rows are
  plan chosen = plan::row_panels;  ///< what was kept of the scores

  /// Forgets everything but the memory of its matrices and lists, for the next call to use.
  void clear() {
    outcome empty;
    empty.anchors.swap(anchors), empty.pools.swap(pools), empty.own_anchors.swap(own_anchors), empty.weights.swap(weights);
    empty.rows.swap(rows), empty.used.swap(used), empty.kept.swap(kept), empty.positives.swap(positives);
    *this = std::move(empty);
  }
  /// d value / d temperature, for losses whose scale is 1 / temperature.
  double temperature() const { return -scale * scale_used * scale_used; }
  /// d value / d log(scale), the learnable logit scale of CLIP and SigLIP.
  double log_scale() const { return scale * scale_used; }
};

}}  // namespace foil
