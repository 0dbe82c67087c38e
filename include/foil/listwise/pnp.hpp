// SPDX-License-Identifier: BSD-3-Clause
// PNP: a cost that depends on the number of negatives ranked before each positive.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "foil/core/option.hpp"
#include "foil/listwise/list_loss.hpp"
#include "foil/listwise/sigmoids.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// The price of x negatives in front of a positive.
enum class pnp_price {
  original,            ///< x
  increasing,          ///< (1 + x) log(1 + x): PNP-Iu
  increasing_to_b,     ///< (b x - log(1 + b x)) / b^2: PNP-Ib
  decreasing,          ///< log(1 + x): PNP-Ds
  decreasing_to_alpha  ///< 1 - (1 + x)^-alpha: PNP-Dq
};

///   mean over relevant j of price(x_j),   x_j = sum over the others k of sigmoid((s_k - s_j) / temperature)
/// Targets: above 0 relevant, 0 not, below 0 not in the list. A list without a relevant item does not count. O(relevant L). Li et al.
/// 2021, arXiv 2102.04640. A labelled batch: foil::pnp.
struct pnp {
  static constexpr char const* name = "pnp";
  double temperature = 0.01;              ///< > 0; divisor of score differences
  pnp_price price = pnp_price::original;  ///< of the negatives in front
  double alpha = 1, b = 2;                ///< > 0; of the two prices that have them
  static void options(auto list) {
    list("temperature", &pnp::temperature, range::temperature), list("price", &pnp::price, pnp_price::decreasing_to_alpha);
    list("alpha", &pnp::alpha, range::positive), list("b", &pnp::b, range::positive);
  }

  list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    double const relevant = double(std::count_if(y.begin(), y.end(), [](double t) { return t > 0; }));
    double value = 0;
    sigmoids before;
    std::vector<double> negative;
    for (std::size_t k = 0; k < s.size(); ++k)
      if (y[k] == 0) negative.push_back(s[k]);
    std::vector<double> rises(negative.size());
    for (std::size_t j = 0; j < s.size(); ++j) {
      if (!(y[j] > 0)) continue;
      before.take(negative, s[j], temperature);
      auto const [paid, rise] = priced(std::accumulate(before.up.begin(), before.up.end(), 0.0));
      value += paid / relevant;
      double const by = rise / relevant / temperature;
      for (std::size_t k = 0; k < negative.size(); ++k) {
        double const g = by * before.up[k] * before.down[k];
        rises[k] += g, slope[j] -= g;
      }
    }
    for (std::size_t k = 0, n = 0; k < s.size(); ++k)
      if (y[k] == 0) slope[k] += rises[n++];
    return {value, relevant > 0 ? 1.0 : 0.0};
  }
  /// The price of x negatives and its slope.
  std::pair<double, double> priced(double x) const {
    if (price == pnp_price::increasing) return {(1 + x) * std::log1p(x), 1 + std::log1p(x)};
    if (price == pnp_price::increasing_to_b) {
      double const y = b * x;  // near 0 the difference below would cancel
      double const half = y < 1e-3 ? x * x * (0.5 - y * (1. / 3 - y * (0.25 - y / 5))) : (y - std::log1p(y)) / b / b;
      return {half, x / (1 + y)};
    }
    if (price == pnp_price::decreasing) return {std::log1p(x), 1 / (1 + x)};
    if (price == pnp_price::decreasing_to_alpha) return {-std::expm1(-alpha * std::log1p(x)), alpha * std::pow(1 + x, -alpha - 1)};
    return {x, 1};
  }
};

}}  // namespace foil::loss
