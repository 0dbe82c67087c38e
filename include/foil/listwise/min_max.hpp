// SPDX-License-Identifier: BSD-3-Clause
// A list loss of scores that are brought to [0, 1] first, list by list (distillation of late interaction).
#pragma once

#include <vector>

#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// The inner loss of (s - min s) / (max s - min s + eps); targets as they are. The gradient goes through the minimum and the
/// maximum, to the first of equal ones. With soft_label_kl{1, 0, divergence::kl_q_p} that is pylate's Distillation.
template <ListLoss L>
struct min_max {
  static constexpr char const* name = "min_max";
  static constexpr bool needs_targets = !requires { requires !L::needs_targets; };
  L inner{};          ///< of the scaled scores
  double eps = 1e-8;  ///< > 0; a list of equal scores becomes zeros
  static void options(auto list) { list("eps", &min_max::eps, range::positive); }
  void check() const { check_options(inner); }

  list_row row(std::span<double const> s, std::span<double const> targets, std::span<double> slope) const {
    auto const low = std::min_element(s.begin(), s.end()), high = std::max_element(s.begin(), s.end());
    double const range = *high - *low + eps;
    std::vector<double> scaled(s.size());
    for (std::size_t j = 0; j < s.size(); ++j) scaled[j] = (s[j] - *low) / range;
    list_row const r = inner.row(scaled, targets, slope);
    double sum = 0, along = 0;
    for (std::size_t j = 0; j < s.size(); ++j) {
      slope[j] /= range;
      sum += slope[j], along += slope[j] * scaled[j];
    }
    slope[std::size_t(high - s.begin())] -= along;
    slope[std::size_t(low - s.begin())] += along - sum;
    return r;
  }
};
template <class L>
min_max(L) -> min_max<L>;

}}  // namespace foil::loss
