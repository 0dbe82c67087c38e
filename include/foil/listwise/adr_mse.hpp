// SPDX-License-Identifier: BSD-3-Clause
// ADR-MSE: squared errors of smooth ranks, those at the top weighing more.
#pragma once

#include <cmath>

#include "foil/core/option.hpp"
#include "foil/listwise/list_loss.hpp"
#include "foil/listwise/sigmoids.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean over all items i of all lists of (r_i - pi_i)^2 / log2(1 + r_i),   pi_i = 1 + sum_{j != i} sigmoid((s_j - s_i) / temperature)
/// r_i: the rank of item i by targets, larger first; equal targets share the mean of their ranks. Targets: any numbers. O(L^2);
/// the time goes to an exponential for each two items, in either order.
/// Schlatt et al. 2024, arXiv 2405.07920.
struct adr_mse {
  static constexpr char const* name = "adr_mse";
  double temperature = 1;  ///< > 0; divisor of score differences
  static void options(auto list) { list("temperature", &adr_mse::temperature, range::temperature); }

  list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    double value = 0;
    sigmoids above;
    for (std::size_t i = 0; i < s.size(); ++i) {
      above.take(s, s[i], temperature);
      idx halves = 1;  // the item itself adds 0.5 to either rank
      for (double t : y) halves += t > y[i] ? 2 : t == y[i];
      double const rank = 0.5 * double(halves);
      double smooth = 0.5;
      for (double sigmoid : above.up) smooth += sigmoid;
      double const off = smooth - rank, weight = 1 / std::log2(1 + rank);
      value += weight * off * off;
      std::vector<double>& g = above.up;
      for (std::size_t j = 0; j < s.size(); ++j) g[j] = 2 * weight * off * above.up[j] * above.down[j] / temperature;
      g[i] = 0;  // the item's rank does not move against itself
      double own = slope[i];
      for (std::size_t j = 0; j < s.size(); ++j) slope[j] += g[j];
      for (double x : g) own -= x;
      slope[i] = own;
    }
    return {value, double(s.size())};
  }
};

}}  // namespace foil::loss
