// SPDX-License-Identifier: BSD-3-Clause
// Decoupled contrastive losses: the positive leaves the denominator.
#pragma once

#include <cmath>
#include <span>
#include <tuple>

#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/log_sum_exp.hpp"
#include "foil/stat/mean.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   L_i = -mean_P u + log sum_N e^u
/// Yeh et al. 2022, arXiv 2110.06848. May be negative. A row that never had a negative is refused; one whose negatives
/// were filtered away leaves the mean.
struct decoupled {
  static constexpr char const* name = "decoupled";
  double temperature = 0.1;  ///< > 0; divisor of similarities
  static void options(auto list) { list("temperature", &decoupled::temperature, range::temperature); }

  double scale() const { return 1 / temperature; }
  auto stats() const { return std::tuple{stat::log_sum_exp<over::negatives>{.empty = when_empty::refuse}, stat::mean<over::positives>{}}; }
  template <Scalar S>
  row_loss<S, 2> row(S negatives, S positive) const {
    return {negatives - positive, {1, -1}};
  }
};

///   L_i = -w_i u_i+ + log sum_N e^u,   w_i = 2 - B softmax over the batch of (similarity_i+ / sigma)_i
/// DCLW of the same paper: von Mises-Fisher weights of mean 1, which couple the rows. `stop_gradient_weight` treats w as
/// constants; the authors' code does not.
struct weighted_decoupled {
  static constexpr char const* name = "weighted_decoupled";
  double temperature = 0.1, sigma = 0.5;  ///< > 0; divisor of similarities; width of the weights (a similarity)
  bool stop_gradient_weight = false;      ///< true: the weights w are constants for the gradient
  static void options(auto list) {
    list("temperature", &weighted_decoupled::temperature, range::temperature);
    list("sigma", &weighted_decoupled::sigma, range::temperature);
  }

  double scale() const { return 1 / temperature; }
  auto stats() const { return decoupled{}.stats(); }
  template <Scalar S>
  S batch(std::span<std::array<S, 2>> rows, std::span<std::array<S, 2>> partial, S& scale_out) const {
    double const n = double(rows.size()), k = temperature / sigma;
    double top = -1e300, sum = 0, value = 0, mean = 0, named = 0;
    for (auto const& r : rows) top = (std::max)(top, k * double(r[1]));
    for (auto const& r : rows) sum += std::exp(k * double(r[1]) - top);
    auto share = [&](std::size_t i) { return std::exp(k * double(rows[i][1]) - top) / sum; };
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double const p = share(i), u = double(rows[i][1]);
      value += double(rows[i][0]) - (2 - n * p) * u;
      mean += p * u;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      double const p = share(i), u = double(rows[i][1]);
      double const through = stop_gradient_weight ? 0 : p * (u - mean);  // d / d(k u_i), by way of the weights
      partial[i] = {S(1 / n), S(-(2 - n * p) / n + through * k)};
      named -= through * k * u * temperature;
    }
    scale_out = S(named);
    return rows.empty() ? S(0) : S(value / n);
  }
};

}}  // namespace foil::loss
