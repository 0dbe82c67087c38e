// SPDX-License-Identifier: BSD-3-Clause
// ADR-MSE: squared errors of smooth ranks, those at the top weighing more.
#pragma once

#include <cmath>

#include "foil/core/option.hpp"
#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean over all items i of all lists of (r_i - pi_i)^2 / log2(1 + r_i),   pi_i = 1 + sum_{j != i} sigmoid((s_j - s_i) / temperature)
/// r_i: the rank of item i by targets, larger first; equal targets share the mean of their ranks. Targets: any numbers. O(L^2);
/// the time goes to two exponentials for each two items.
/// Schlatt et al. 2024, arXiv 2405.07920.
struct adr_mse {
  static constexpr char const* name = "adr_mse";
  double temperature = 1;  ///< > 0; divisor of score differences
  static void options(auto list) { list("temperature", &adr_mse::temperature, range::temperature); }

  list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    double value = 0;
    for (std::size_t i = 0; i < s.size(); ++i) {
      double rank = 0.5, smooth = 0.5;  // the item itself adds 0.5 to either
      for (std::size_t j = 0; j < s.size(); ++j)
        rank += y[j] > y[i] ? 1 : y[j] == y[i] ? 0.5 : 0, smooth += sigmoid((s[j] - s[i]) / temperature);
      double const off = smooth - rank, weight = 1 / std::log2(1 + rank);
      value += weight * off * off;
      for (std::size_t j = 0; j < s.size(); ++j) {
        logistic<double> const at((s[j] - s[i]) / temperature);
        double const g = 2 * weight * off * at.sigmoid() * at.complement() / temperature;
        slope[j] += g, slope[i] -= g;
      }
    }
    return {value, double(s.size())};
  }
};

}}  // namespace foil::loss
