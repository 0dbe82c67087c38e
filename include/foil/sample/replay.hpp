// SPDX-License-Identifier: BSD-3-Clause
// Replaying the samples that still teach something (selective sample replay, VL-Rethinker).
#pragma once

#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

struct replay_weights {
  std::vector<idx> effective;         ///< items whose advantage is not 0
  std::vector<double> probabilities;  ///< |A|^alpha / sum over them, 0 for the rest
};

/// alpha 0 is uniform over the effective ones. Nothing effective: empty and zeros. What is not a finite
/// number is not effective. Wang et al. 2025, arXiv 2504.08837. O(n). Draw with
/// weighted_draw(probabilities)(draws, stream).
inline replay_weights selective_replay(real_span advantages, double alpha = 1) {
  check_option("selective_replay", "alpha", alpha, range::not_negative);
  replay_weights r;
  double largest = 0, sum = 0;
  for (idx j = 0; j < advantages.size(); ++j) {
    if (!finite_bits(advantages[j]) || advantages[j] == 0) continue;
    r.effective.push_back(j);
    largest = (std::max)(largest, std::abs(advantages[j]));
  }
  r.probabilities.assign(std::size_t(advantages.size()), 0.0);
  for (idx j : r.effective) sum += r.probabilities[std::size_t(j)] = std::pow(std::abs(advantages[j]) / largest, alpha);
  for (idx j : r.effective) r.probabilities[std::size_t(j)] /= sum;
  return r;
}

}}  // namespace foil::mining
