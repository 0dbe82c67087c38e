// SPDX-License-Identifier: BSD-3-Clause
// Alignment and uniformity: what a contrastive loss does to the sphere, taken apart.
#pragma once

#include <cmath>
#include <span>
#include <tuple>

#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/count.hpp"
#include "foil/stat/log_sum_exp.hpp"
#include "foil/stat/mean.hpp"
#include "foil/stat/sum_of.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// distance^alpha of a negative distance; slope 0 at 0.
struct distance_power {
  double alpha = 2;  ///< > 0; exponent of the distance
  template <Scalar S>
  S operator()(S score) const {
    return score < 0 ? std::pow(-score, S(alpha)) : S(0);
  }
  template <Scalar S>
  S slope(S score) const {
    return score < 0 ? -S(alpha) * std::pow(-score, S(alpha - 1)) : S(0);
  }
};

///   L_i = mean over positives of |x_i - y|^alpha;  with similarity::neg_l2 and pool::positives(y)
/// Wang and Isola 2020, arXiv 2005.10242.
struct alignment {
  static constexpr char const* name = "alignment";
  double alpha = 2;  ///< in [1e-15, 100]; exponent of the distance
  static void options(auto list) { list("alpha", &alignment::alpha, range::real{1e-15, 100}); }

  double scale() const { return 1; }
  auto stats() const {
    return std::tuple{stat::sum_of<over::positives, distance_power>{.f = {alpha}, .empty = when_empty::skip},
                      stat::count<over::positives>{}};
  }
  template <Scalar S>
  row_loss<S, 2> row(S sum, S count) const {
    return {sum / count, {1 / count, 0}};
  }
};

/// The mean similarity of positive pairs: sum over all pairs by their number. A measure, with a gradient.
struct tolerance {
  double scale() const { return 1; }
  auto stats() const { return std::tuple{stat::mean<over::positives>{}, stat::count<over::positives>{}}; }
  template <Scalar S>
  row_loss<S, 2> row(S mean, S count) const {
    return {mean * count, {count, 0}, count};
  }
};

///   L = log mean over pairs of e^{-t |x_i - x_j|^2};  with similarity::neg_sq_l2 and pool::self(x)
/// The mean over ordered pairs equals the one over unordered pairs. Couples all rows. <= 0; 0 when all points coincide.
struct uniformity {
  static constexpr char const* name = "uniformity";
  double t = 2;  ///< > 0; factor on squared distances
  static void options(auto list) { list("t", &uniformity::t, range::positive); }

  double scale() const { return t; }
  auto stats() const { return std::tuple{stat::log_sum_exp<over::negatives>{.empty = when_empty::refuse}, stat::count<>{}}; }
  template <Scalar S>
  S batch(std::span<std::array<S, 2>> rows, std::span<std::array<S, 2>> partial, S& scale_out) const {
    double top = -1e300, sum = 0, pairs = 0;
    for (auto const& r : rows) top = (std::max)(top, double(r[0])), pairs += double(r[1]);
    for (auto const& r : rows) sum += std::exp(double(r[0]) - top);
    for (std::size_t i = 0; i < rows.size(); ++i) partial[i] = {S(std::exp(double(rows[i][0]) - top) / sum), 0};
    scale_out = 0;
    return rows.empty() ? S(0) : S(top + std::log(sum / pairs));
  }
};

}}  // namespace foil::loss
