// SPDX-License-Identifier: BSD-3-Clause
// Histogram loss: how likely a negative pair is closer than a positive one, by two soft histograms.
#pragma once

#include <vector>

#include "foil/core/option.hpp"
#include "foil/listwise/list_loss.hpp"
#include "foil/listwise/soft_bins.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   sum over bins r of n_r (p_0 + ... + p_r),   p, n: soft histograms of the positive and of the negative pairs' scores, each of sum 1
/// Bins are triangles around -1, -1 + 2 / bins, ..., 1; scores are cosines. Targets: above 0 positive, 0 negative, below 0 not in the
/// list. Without a pair of either kind 0. O(L + bins); the time goes to the two bins around each score, twice. Ustinova
/// and Lempitsky 2016, arXiv 1611.00822. A batch's pairs: foil::histogram.
struct histogram {
  static constexpr char const* name = "histogram";
  idx bins = 100;  ///< in 1 .. 1000000; pieces that -1 .. 1 is cut into
  static void options(auto list) { list("bins", &histogram::bins, range::whole{1, 1000000}); }

  list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    std::vector<double> h[2] = {std::vector<double>(std::size_t(bins) + 1), std::vector<double>(std::size_t(bins) + 1)};
    double pairs[2] = {0, 0}, value = 0;
    for (double t : y) pairs[t > 0] += t >= 0;
    auto const each = [&](auto f) {
      for (std::size_t j = 0; j < s.size(); ++j)
        if (y[j] >= 0) each_soft_bin((s[j] + 1) * double(bins) / 2, bins + 1, [&](auto... of_bin) { f(j, y[j] > 0, of_bin...); });
    };
    if (!(pairs[0] > 0 && pairs[1] > 0)) return {0, 1};
    each([&](std::size_t, bool kind, std::size_t b, double height, double) { h[kind][b] += height / pairs[kind]; });
    for (std::size_t b = 0; b < h[1].size(); ++b) value += h[0][b] * (h[1][b] += b > 0 ? h[1][b - 1] : 0);
    for (std::size_t b = h[0].size() - 1; b-- > 0;) h[0][b] += h[0][b + 1];  // now each is the slope by the other's bins
    each([&](std::size_t j, bool kind, std::size_t b, double, double rise) {
      slope[j] += h[!kind][b] * rise * double(bins) / 2 / pairs[kind];
    });
    return {value, 1};
  }
};

}}  // namespace foil::loss
