// SPDX-License-Identifier: BSD-3-Clause
// Average precision made smooth: ranks by sigmoids of score differences, or by a histogram of distances.
#pragma once

#include <algorithm>

#include "foil/core/option.hpp"
#include "foil/listwise/list_loss.hpp"
#include "foil/listwise/sigmoids.hpp"
#include "foil/listwise/soft_bins.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   1 - mean over relevant j of R_j / A_j,   R_j = 1 + sum_{relevant k != j} sigmoid((s_k - s_j) / temperature), A_j over all k
/// Targets: above 0 relevant, 0 not, below 0 not in the list. A list without a relevant item does not count. As temperature falls
/// it tends to 1 - average precision. O(relevant L); the time goes to an exponential for each relevant and other item. Brown
/// et al. 2020, arXiv 2007.12163.
struct smooth_ap {
  static constexpr char const* name = "smooth_ap";
  double temperature = 0.01;  ///< > 0; divisor of score differences
  static void options(auto list) { list("temperature", &smooth_ap::temperature, range::temperature); }

  list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    double const relevant = double(std::count_if(y.begin(), y.end(), [](double t) { return t > 0; }));
    list_row r{relevant > 0 ? 1.0 : 0.0, relevant > 0 ? 1.0 : 0.0};
    sigmoids above;
    for (std::size_t j = 0; j < s.size(); ++j) {
      if (!(y[j] > 0)) continue;
      above.take(s, s[j], temperature);
      above.up[j] = 0;
      for (std::size_t k = 0; k < s.size(); ++k) above.up[k] = y[k] >= 0 ? above.up[k] : 0.0;
      double among = 1, all = 1;
      for (std::size_t k = 0; k < s.size(); ++k) all += above.up[k], among += y[k] > 0 ? above.up[k] : 0.0;
      r.value -= among / all / relevant;
      std::vector<double>& g = above.up;  // 0 of the item itself, and of those not in the list
      for (std::size_t k = 0; k < s.size(); ++k)
        g[k] = (among / all - (y[k] > 0 ? 1.0 : 0.0)) / all / relevant * above.up[k] * above.down[k] / temperature;
      for (std::size_t k = 0; k < s.size(); ++k) slope[k] += g[k];
      double own = slope[j];
      for (double x : g) own -= x;
      slope[j] = own;
    }
    return r;
  }
};

///   1 - 1/R sum over bins b of h_b H_b / (H_b + N_b),   h: soft histogram of the relevant items' distances, H, N: running sums of h
///   and of the others' histogram, R relevant items, distance = -score
/// Bins are triangles around 0, reach / bins, ..., reach. Targets as of smooth_ap. For unit rows: normalized<neg_sq_l2>, whose
/// distances reach 4. O(L + bins); the time goes to the two bins around each item, twice. Cakir et al. 2019 (CVPR).
struct fast_ap {
  static constexpr char const* name = "fast_ap";
  idx bins = 10;     ///< in 1 .. 1000000; pieces that 0 .. reach is cut into
  double reach = 4;  ///< > 0; the largest distance
  static void options(auto list) {
    list("bins", &fast_ap::bins, range::whole{1, 1000000}), list("reach", &fast_ap::reach, range::positive);
  }

  list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    std::size_t const edges = std::size_t(bins) + 1;
    double const width = reach / double(bins);
    std::vector<double> h(edges), others(edges), own(edges), both(edges);  // own, both: slopes of either histogram's bins
    double relevant = 0;
    auto const each_edge = [&](auto f) {  // f(item, edge, height, d height / d score) of the two edges around each distance
      for (std::size_t j = 0; j < s.size(); ++j)
        if (y[j] >= 0)
          each_soft_bin(-s[j] / width, bins + 1, [&](std::size_t b, double height, double rise) { f(j, b, height, -rise / width); });
    };
    for (double t : y) relevant += t > 0;
    if (!(relevant > 0)) return {0, 0};
    each_edge([&](std::size_t j, std::size_t b, double height, double) { (y[j] > 0 ? h : others)[b] += height; });
    double mine = 0, all = 0, value = 1;
    for (std::size_t b = 0; b < edges; ++b) {
      mine += h[b], all += h[b] + others[b];
      if (!(h[b] > 0)) continue;
      value -= h[b] * mine / all / relevant;
      own[b] = h[b] / all / relevant, both[b] = h[b] * mine / all / all / relevant, h[b] = mine / all / relevant;
    }
    double later_own = 0, later_both = 0;
    for (std::size_t b = edges; b-- > 0;) {
      later_own += own[b], later_both += both[b];
      own[b] = later_both - later_own - h[b], both[b] = later_both;  // d value / d bin of the relevant, of the others
    }
    each_edge([&](std::size_t j, std::size_t b, double, double rise) { slope[j] += rise * (y[j] > 0 ? own : both)[b]; });
    return {value, 1};
  }
};

}}  // namespace foil::loss
