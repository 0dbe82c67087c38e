// SPDX-License-Identifier: BSD-3-Clause
// The mean of all rows' softmax, what losses that balance clusters look at; in logarithms, so that no class vanishes.
#pragma once

#include <algorithm>
#include <limits>

#include "foil/listwise/cross_entropy.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// The logarithm of the mean of the rows' softmax, class by class.
struct mean_prediction {
  std::vector<std::vector<double>> log_p;  ///< [rows] log softmax of each
  std::vector<double> log_mean;            ///< [classes]

  template <class T>
  mean_prediction(view<T> x, double scale) {
    std::vector<double> row(std::size_t(x.cols())), top(row.size(), std::numeric_limits<double>::lowest());
    for (idx i = 0; i < x.rows(); ++i) {
      for (std::size_t c = 0; c < row.size(); ++c) row[c] = double(x(i, idx(c)));
      log_p.push_back(log_softmax(row, scale));
      for (std::size_t c = 0; c < row.size(); ++c) top[c] = (std::max)(top[c], log_p.back()[c]);
    }
    log_mean.assign(row.size(), 0);
    for (auto const& p : log_p)
      for (std::size_t c = 0; c < row.size(); ++c) log_mean[c] += exp_of(p[c] - top[c]);
    for (std::size_t c = 0; c < row.size(); ++c) log_mean[c] = top[c] + std::log(log_mean[c] / double(x.rows()));
  }
  static double exp_of(double x) { return std::exp((std::max)(x, -745.2)); }
  /// out_k = scale / rows * p_ik (g_k - sum_c p_ic g_c): row i's slopes, given g = d value / d mean of each class times that mean.
  void slope(std::size_t i, std::span<double const> g, double scale, std::span<double> out) const {
    double all = 0;
    for (std::size_t c = 0; c < g.size(); ++c) all += out[c] = g[c] * exp_of(log_p[i][c] - log_mean[c]);
    for (std::size_t c = 0; c < g.size(); ++c) out[c] = (out[c] - exp_of(log_p[i][c]) * all) * scale / double(log_p.size());
  }
};

}}  // namespace foil::loss
