// SPDX-License-Identifier: BSD-3-Clause
// Sigmoid focal loss: pairs that are decided already fade.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/count.hpp"
#include "foil/stat/sum_of.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// sigmoid(x)^gamma softplus(x): what a wrong logit x costs.
struct focal_term {
  double gamma = 2;  ///< >= 0; exponent of the focal factor
  template <Scalar S>
  S operator()(S x) const {
    S const rest = std::log1p(std::exp(-std::abs(x))), plus = (std::max)(x, S(0)) + rest, minus = (std::max)(-x, S(0)) + rest;
    return std::exp(-S(gamma) * minus) * plus;
  }
  template <Scalar S>
  S slope(S x) const {  // softplus and sigmoid of x and -x have one exponential and one logarithm
    S const e = std::exp(-std::abs(x)), rest = std::log1p(e), plus = (std::max)(x, S(0)) + rest, minus = (std::max)(-x, S(0)) + rest;
    S const up = (x >= 0 ? S(1) : e) / (S(1) + e), down = (-x >= 0 ? S(1) : e) / (S(1) + e);
    return std::exp(-S(gamma) * minus) * (up + S(gamma) * down * plus);
  }
};

///   [ alpha sum_P f(-z) + (1 - alpha) sum_N f(z) ] / max(number of positives, 1),   f(z) = sigmoid(z)^gamma softplus(z)
/// z = similarity / temperature + bias, sums over all pairs of the batch; the factor is differentiated. gamma 0, alpha 0.5: half of
/// the binary cross entropy. Gradient of the bias: outcome.shift. Couples all rows. Lin et al. 2017, arXiv 1708.02002.
struct focal {
  static constexpr char const* name = "focal";
  double alpha = 0.25;     ///< in [0, 1]; weight of positives, 1 - alpha that of negatives
  double gamma = 2;        ///< in [0, 1e6]; exponent of the focal factor
  double bias = 0;         ///< a number; added to every logit
  double temperature = 1;  ///< > 0; divisor of similarities
  static void options(auto list) {
    list("alpha", &focal::alpha, range::share), list("gamma", &focal::gamma, range::real{0, 1e6});
    list("bias", &focal::bias, range::either_sign), list("temperature", &focal::temperature, range::temperature);
  }

  double scale() const { return 1 / temperature; }
  auto stats() const {
    return std::tuple{stat::sum_of<over::positives, focal_term>{.k = -1, .c = -bias, .f = {gamma}},
                      stat::sum_of<over::negatives, focal_term>{.k = 1, .c = bias, .f = {gamma}}, stat::count<over::positives>{}};
  }
  template <Scalar S>
  S batch(std::span<std::array<S, 3>> rows, std::span<std::array<S, 3>> partial, S& scale_out) const {
    double sum = 0, positives = 0;
    for (auto const& r : rows) sum += alpha * double(r[0]) + (1 - alpha) * double(r[1]), positives += double(r[2]);
    double const each = 1 / (std::max)(positives, 1.0);
    for (auto& p : partial) p = {S(alpha * each), S((1 - alpha) * each), 0};
    scale_out = 0;
    return S(sum * each);
  }
};

}}  // namespace foil::loss
