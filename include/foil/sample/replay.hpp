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

struct replay_options {
  static constexpr char const* name = "replay_probabilities";
  double alpha = 1;  ///< >= 0; 0 is uniform
  double floor = 0;  ///< >= 0; added to each |A|, so that samples without signal are replayed as well (1e-4 in the paper's buffer)
  static void options(auto list) {
    list("alpha", &replay_options::alpha, range::not_negative), list("floor", &replay_options::floor, range::not_negative);
  }
};

/// p_j = (|A_j| + floor)^alpha / sum over all j; uniform where all of that is 0, as it is when nobody has an advantage and the
/// floor is 0. What is not a finite number has probability 0. The same paper. O(n).
inline std::vector<double> replay_probabilities(real_span advantages, replay_options const& o = {}) {
  check_options(o);
  double largest = 0, sum = 0;
  for (idx j = 0; j < advantages.size(); ++j)
    if (finite_bits(advantages[j])) largest = (std::max)(largest, std::abs(advantages[j]) / 2 + o.floor / 2);
  std::vector<double> p(std::size_t(advantages.size()), 0.0);
  for (idx j = 0; j < advantages.size(); ++j)
    if (finite_bits(advantages[j]))
      sum += p[std::size_t(j)] = largest > 0 ? std::pow((std::abs(advantages[j]) / 2 + o.floor / 2) / largest, o.alpha) : 1;
  for (double& x : p) x = sum > 0 ? x / sum : 0;
  return p;
}

}}  // namespace foil::mining
