// SPDX-License-Identifier: BSD-3-Clause
// Intra-pair variance: pairs of one kind should not fall behind their kind's mean.
#pragma once

#include <algorithm>

#include "foil/core/option.hpp"
#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean over positive pairs of relu((1 - pos_eps) m_P - s)^2 + mean over negative ones of relu(s - (1 + neg_eps) m_N)^2,
///   m the mean score of either kind; the gradient passes through it
/// Targets: above 0 positive, 0 negative, below 0 not in the list. A kind without a pair is worth 0. O(L); the time goes to three
/// divisions a pair. Yu and Tao 2019 (ICCV). A batch's pairs: foil::intra_pair_variance.
struct intra_pair_variance {
  static constexpr char const* name = "intra_pair_variance";
  double pos_eps = 0.01, neg_eps = 0.01;  ///< numbers; what part of the mean a pair may be off; for negative scores turn their signs
  static void options(auto list) {
    list("pos_eps", &intra_pair_variance::pos_eps, range::either_sign), list("neg_eps", &intra_pair_variance::neg_eps, range::either_sign);
  }

  list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    double value = 0;
    for (double sign : {-1.0, 1.0}) {
      double const of_mean = sign < 0 ? 1 - pos_eps : 1 + neg_eps;
      double pairs = 0, mean = 0, through = 0;
      auto const each = [&](auto f) {
        for (std::size_t j = 0; j < s.size(); ++j)
          if (sign < 0 ? y[j] > 0 : y[j] == 0) f(j);
      };
      each([&](std::size_t j) { ++pairs, mean += s[j]; });
      double const bound = of_mean * mean / pairs;
      each([&](std::size_t j) {
        double const off = (std::max)(sign * (s[j] - bound), 0.0);
        value += off * off / pairs, slope[j] = 2 * sign * off / pairs, through += of_mean * slope[j] / pairs;
      });
      each([&](std::size_t j) { slope[j] -= through; });
    }
    return {value, 1};
  }
};

}}  // namespace foil::loss
