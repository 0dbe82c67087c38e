// SPDX-License-Identifier: BSD-3-Clause
// The contrastive loss of labelled pairs with squared terms, over all pairs or over the hard ones.
#pragma once

#include <algorithm>

#include "foil/core/option.hpp"
#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   1/2 mean [ y d^2 + (1 - y) relu(margin - d)^2 ],   d = zero_distance - score;  targets y: 1 for a pair that belongs together, 0
/// for one that does not, or weights in between. zero_distance: the score of two equal points, 1 for the cosine, 0 for neg_l2.
/// Hadsell et al. 2006.
struct squared_contrastive {
  static constexpr char const* name = "squared_contrastive";
  double margin = 0.5, zero_distance = 1;  ///< numbers: distance that other pairs should reach; see above
  static void options(auto list) {
    list("margin", &squared_contrastive::margin, range::either_sign);
    list("zero_distance", &squared_contrastive::zero_distance, range::either_sign);
  }

  list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    list_row r{0, double(s.size())};
    for (std::size_t j = 0; j < s.size(); ++j) {
      double const d = zero_distance - s[j], short_of = (std::max)(margin - d, 0.0);
      r.value += 0.5 * (y[j] * d * d + (1 - y[j]) * short_of * short_of);
      slope[j] = -y[j] * d + (1 - y[j]) * short_of;
    }
    return r;
  }
};

///   sum over pairs y = 1 with d > min_0 of d^2 + sum over pairs y = 0 with d < max_1 of relu(margin - d)^2
/// min_0: the least d of a pair y = 0; max_1: the largest of a pair y = 1 (the mean of the pair's own kind where the other is missing).
/// The choice is constant for the gradient. d as above; pairs with other targets are ignored. A sum, as published. The
/// time goes to two looks at each pair.
struct online_contrastive {
  static constexpr char const* name = "online_contrastive";
  double margin = 0.5, zero_distance = 1;  ///< numbers, as of squared_contrastive
  static void options(auto list) {
    list("margin", &online_contrastive::margin, range::either_sign);
    list("zero_distance", &online_contrastive::zero_distance, range::either_sign);
  }

  list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    double least[2] = {1e300, 1e300}, most[2] = {-1e300, -1e300}, sum[2] = {0, 0}, count[2] = {0, 0};
    for (std::size_t j = 0; j < s.size(); ++j)
      if (y[j] == 0 || y[j] == 1) {
        std::size_t const k = y[j] == 1;
        double const d = zero_distance - s[j];
        least[k] = (std::min)(least[k], d), most[k] = (std::max)(most[k], d), sum[k] += d, ++count[k];
      }
    double const near = count[1] > 0 ? most[1] : sum[0] / count[0], far = count[0] > 0 ? least[0] : sum[1] / count[1];
    list_row r;
    for (std::size_t j = 0; j < s.size(); ++j) {
      double const d = zero_distance - s[j], short_of = (std::max)(margin - d, 0.0);
      if (y[j] == 1 && d > far) r.value += d * d, slope[j] = -2 * d;
      if (y[j] == 0 && d < near) r.value += short_of * short_of, slope[j] = 2 * short_of;
    }
    return r;
  }
};

}}  // namespace foil::loss
