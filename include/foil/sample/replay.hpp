// SPDX-License-Identifier: BSD-3-Clause
// Replaying the samples that still teach something (selective sample replay, VL-Rethinker).
#pragma once

#include "foil/core/option.hpp"
#include "foil/sample/draw.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Options of `replay_probabilities`.
struct replay_options {
  static constexpr char const* name = "replay_probabilities";
  double alpha = 1;  ///< >= 0; 0 is uniform
  double floor = 0;  ///< >= 0; added to each |A|, so that samples without signal are replayed as well (1e-4 in the paper's buffer)
  bool effective_only = false;  ///< whether items of advantage 0 are left out
  static void options(auto list) {
    list("alpha", &replay_options::alpha, range::not_negative), list("floor", &replay_options::floor, range::not_negative);
  }
};

/// p_j = (|A_j| + floor)^alpha / sum over all j. With `effective_only` items whose advantage is 0 have probability 0, whatever floor
/// and alpha are (selective sample replay as published), and so has everything where no advantage is left; without it the law is uniform
/// where |A| + floor is 0 for all. What is not a finite number has probability 0. Advantages of any normal size. Wang et al. 2025,
/// arXiv 2504.08837. O(n). Draw with weighted_draw(probabilities)(draws, stream).
inline std::vector<double> replay_probabilities(real_span advantages, replay_options const& o = {}) {
  check_options(o);
  auto const takes_part = [&](idx j) { return finite_bits(advantages[j]) && !(o.effective_only && advantages[j] == 0); };
  double largest = 0, sum = 0;
  for (idx j = 0; j < advantages.size(); ++j)
    if (takes_part(j)) largest = (std::max)(largest, std::abs(advantages[j]) / 2 + o.floor / 2);
  std::vector<double> p(std::size_t(advantages.size()), 0.0);
  for (idx j = 0; j < advantages.size(); ++j)
    if (takes_part(j))
      sum += p[std::size_t(j)] = largest > 0 ? std::pow((std::abs(advantages[j]) / 2 + o.floor / 2) / largest, o.alpha) : 1;
  for (double& x : p) x = sum > 0 ? x / sum : 0;
  return p;
}

}}  // namespace foil::mining
