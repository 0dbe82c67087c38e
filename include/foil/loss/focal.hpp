// SPDX-License-Identifier: BSD-3-Clause
// Sigmoid focal loss: pairs that are decided already weigh less.
#pragma once

#include <algorithm>
#include <span>
#include <tuple>

#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/count.hpp"
#include "foil/stat/sum_of.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   [ alpha sum_P f(-z) + (1 - alpha) sum_N f(z) ] / max(number of positives, 1),   f(z) = sigmoid(z)^gamma softplus(z)
/// z = similarity / temperature + bias, sums over all pairs of the batch; the factor is differentiated. gamma 0, alpha 0.5: half of
/// the binary cross entropy. Gradient of the bias: outcome.shift. Couples all rows. Beside the products the time goes to
/// two exponentials and a logarithm a pair and pass. Lin et al. 2017, arXiv 1708.02002.
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
    return std::tuple{stat::sum_of<over::positives, stat::focal_hinge>{.k = -1, .c = -bias, .f = {gamma}},
                      stat::sum_of<over::negatives, stat::focal_hinge>{.k = 1, .c = bias, .f = {gamma}}, stat::count<over::positives>{}};
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
