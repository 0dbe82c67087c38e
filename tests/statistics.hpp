// SPDX-License-Identifier: BSD-3-Clause
// Tests of frequencies with fixed seeds: chi-square for disjoint outcomes, one z a piece for inclusion.
#pragma once

#include <cmath>
#include <vector>

#include "foil/core/types.hpp"

namespace statistics {

using foil::idx;

/// Pearson's statistic as a standard normal number (Wilson and Hilferty); cells expecting fewer than ten are
/// merged. A cell that cannot occur but did makes it huge.
inline double chi_square(std::vector<idx> const& counts, std::vector<double> const& probability) {
  double total = 0, sum = 0, rare = 0, rare_seen = 0;
  for (idx c : counts) total += double(c);
  int cells = 0;
  auto const cell = [&](double seen, double expected) {
    if (expected > 0)
      sum += (seen - expected) * (seen - expected) / expected, ++cells;
    else if (seen > 0)
      sum += 1e9;
  };
  for (std::size_t i = 0; i < counts.size(); ++i) {
    double const expected = total * probability[i];
    if (expected >= 10 || expected == 0)
      cell(double(counts[i]), expected);
    else
      rare += expected, rare_seen += double(counts[i]);
  }
  cell(rare_seen, rare);
  double const k = cells - 1;
  return k < 1 ? 0 : (std::cbrt(sum / k) - (1 - 2 / (9 * k))) / std::sqrt(2 / (9 * k));
}
inline constexpr double one_in_a_million = 4.75;

/// The largest |count - N p| in standard deviations.
inline double worst_inclusion(std::vector<idx> const& counts, std::vector<double> const& probability, idx draws) {
  double worst = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    double const p = probability[i], n = double(draws), deviation = std::sqrt(n * p * (1 - p));
    double const off = std::abs(double(counts[i]) - n * p);
    worst = std::max(worst, deviation > 1e-9 ? off / deviation : off * 1e9);
  }
  return worst;
}
inline constexpr double any_of_many = 5.5;

}  // namespace statistics
