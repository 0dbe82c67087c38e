// SPDX-License-Identifier: BSD-3-Clause
// A user's positives, resampled by their loss so that noisy ones are drawn less often (PLD).
#pragma once

#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What `resample_positives` returns, a number for each positive.
struct resampled_positives {
  std::vector<double> losses;         ///< softplus(negative - positive)
  std::vector<double> probabilities;  ///< softmax(-loss / temperature)
};

/// positive_scores: a user's pool (five of the user's own positives in the paper), negative_score: of one
/// shared uniform negative. It resamples positives, not negatives. An empty pool gives nothing. Zhang et al.
/// 2025, arXiv 2502.00348. O(pool). Draw one with weighted_draw(probabilities)(u).
inline resampled_positives resample_positives(real_span positive_scores, double negative_score, double temperature = 0.1) {
  inverse_temperature(temperature, "resample_positives");
  require(finite_bits(negative_score), "resample_positives: argument negative_score must be a finite number");
  resampled_positives r;
  std::vector<double> logits;
  for (idx j = 0; j < positive_scores.size(); ++j) {
    require(finite_bits(positive_scores[j]), "resample_positives: argument positive_scores must be finite, element ", j, " is not");
    r.losses.push_back(softplus(negative_score - positive_scores[j]));
    logits.push_back(-r.losses.back());
  }
  if (!logits.empty()) r.probabilities = softmax_weights(logits, temperature);
  return r;
}

}}  // namespace foil::mining
