// SPDX-License-Identifier: BSD-3-Clause
// ADORE: pair logistic over a retrieved list, weighted by what swapping two ranks would change.
#pragma once

#include "foil/core/option.hpp"
#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean over pairs (i relevant, j not) of |r_i - r_j| softplus(-sigma (s_i - s_j)),   r_j = 1 / (1 + j)
/// j: place in retrieval order, from 0; r is 0 from place `metric_cut` on (0: no cut). Targets: relevance, above 0 or not.
/// A list without both kinds leaves the mean over lists; the paper appends a relevant item at its end. Zhan et al. 2021,
/// arXiv 2104.08051. O(relevant * irrelevant); the time goes to an exponential and a logarithm a pair.
struct adore {
  static constexpr char const* name = "adore";
  double sigma = 1;    ///< > 0; factor on differences of scores
  idx metric_cut = 0;  ///< >= 0; places of the ranking that count; 0: all
  static void options(auto list) {
    list("sigma", &adore::sigma, range::positive);
    list("metric_cut", &adore::metric_cut, range::at_least(0));
  }

  list_row row(std::span<double const> s, std::span<double const> relevance, std::span<double> slope) const {
    double relevant = 0, sum = 0;
    for (double r : relevance) relevant += r > 0;
    double const pairs = relevant * (double(s.size()) - relevant);
    if (pairs == 0) return {0, 0};
    auto const reciprocal = [&](std::size_t j) { return metric_cut == 0 || idx(j) < metric_cut ? 1 / double(j + 1) : 0.0; };
    for (std::size_t i = 0; i < s.size(); ++i)
      for (std::size_t j = 0; j < s.size() && relevance[i] > 0; ++j) {
        if (relevance[j] > 0) continue;
        double const w = std::abs(reciprocal(i) - reciprocal(j)) / pairs, x = -sigma * (s[i] - s[j]);
        if (w == 0) continue;  // neither counts
        logistic<double> const at(x);
        double const d = w * sigma * at.sigmoid();
        sum += w * at.softplus();
        slope[i] -= d, slope[j] += d;
      }
    return {sum, 1};
  }
};

}}  // namespace foil::loss
