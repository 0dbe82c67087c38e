// SPDX-License-Identifier: BSD-3-Clause
// CoSENT: pairs with higher labels should have higher scores.
#pragma once

#include "foil/core/option.hpp"
#include "foil/core/score_order.hpp"
#include "foil/core/sorted_places.hpp"
#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   log(1 + sum over (i, j) with y_i < y_j of e^{(s_i - s_j) / temperature});   targets y: any numbers
/// Equal labels make no pair. O(L log L): sums over the labels above and below, in logarithms; the time goes to five exponentials
/// and three logarithms an item. Su 2022 (kexue.fm/archives/8847).
struct cosent {
  static constexpr char const* name = "cosent";
  double temperature = 0.05;  ///< > 0; divisor of scores
  static void options(auto list) { list("temperature", &cosent::temperature, range::temperature); }

  list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    std::size_t const n = s.size();
    auto const order = places_by(n, [&](std::size_t i) { return order_key(-y[i]); });
    // log of the sum of e^{sign s / temperature} over the labels before each one's, in the order of `at`
    std::vector<double> above(n), below(n);
    auto const gather = [&](std::vector<double>& to, double sign, auto at) {
      double sum = (std::numeric_limits<double>::lowest)();  // log_zero is above scores below -1e30
      for (std::size_t k = 0, from = 0; k < n; ++k) {
        for (; y[at(from)] != y[at(k)]; ++from) sum = log_add(sum, sign * s[at(from)] / temperature);
        to[at(k)] = sum;
      }
    };
    gather(below, 1, [&](std::size_t k) { return order[k]; });
    gather(above, -1, [&](std::size_t k) { return order[n - 1 - k]; });
    double total = 0;
    for (std::size_t i = 0; i < n; ++i) total = log_add(total, s[i] / temperature + above[i]);
    for (std::size_t i = 0; i < n; ++i) {
      double const u = s[i] / temperature;
      slope[i] = (std::exp(u + above[i] - total) - std::exp(below[i] - u - total)) / temperature;
    }
    return {total, 1};
  }
};

}}  // namespace foil::loss
