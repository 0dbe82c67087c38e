// SPDX-License-Identifier: BSD-3-Clause
// Softmax over classes with a margin on the target: CosFace, ArcFace, SphereFace.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/log_sum_exp.hpp"
#include "foil/stat/mean.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

enum class margin_head {
  none,       ///< c
  cosface,    ///< c - m                    Wang et al. 2018, arXiv 1801.09414
  arcface,    ///< cos(theta + m), c = cos theta       Deng et al. 2019, arXiv 1801.07698
  sphereface  ///< (-1)^k cos(m theta) - 2 k, k = floor(m theta / pi)     Liu et al. 2017, arXiv 1704.08063
};

/// A head of the margin softmax at a cosine c.
template <Scalar S>
struct cosine_with_margin {
  S value, slope;  ///< head(c), d head / dc
};
/// sphereface, by Chebyshev's recurrences for cos(m theta) and sin(m theta) / sin theta, which have no singular end.
template <Scalar S>
cosine_with_margin<S> multiple_angle(S cosine, int m) {
  S const c = std::clamp(cosine, S(-1), S(1));
  S value = c, before = 1, slope = 1, slope_before = 0;
  for (int k = 1; k < m; ++k) {
    before = std::exchange(value, 2 * c * value - before);
    slope_before = std::exchange(slope, 2 * c * slope - slope_before);
  }
  S const turns = std::acos(c) * S(m / 3.141592653589793238);
  int const k = turns > 0 ? (std::min)(int(turns), m - 1) : 0;  // of NaN, too
  S const sign = k % 2 == 0 ? S(1) : S(-1);
  return {sign * value - S(2 * k), sign * S(m) * slope};
}

///   L_i = -scale head(c_iy) + log( e^{scale head(c_iy)} + sum_{j != y} e^{scale c_ij} ),   c = cosine to the class weights
/// scale is 1 / temperature. `monotone_guard`: where theta + m would pass pi, arcface is c - m sin m instead. ArcFace's
/// slope at |c| = 1 is that of its first part. Roles: pool::in_batch(weights, roles::target(labels)).
/// A margin is a cosine, an angle or a factor, as the head says, so the default serves cosface alone (as published): set it together with
/// the head, to 0.5 for arcface, to 4 for sphereface, which refuses the default.
struct margin_softmax {
  static constexpr char const* name = "margin_softmax";
  margin_head head = margin_head::cosface;  ///< how the margin acts on the target's cosine
  double margin = 0.35;                     ///< a number; in [0, pi] for arcface, in 1 .. 64 for sphereface; cosface's
  double temperature = 1.0 / 64;            ///< > 0; divisor of cosines
  bool monotone_guard = true;               ///< of arcface: falls linearly where theta + margin would pass pi
  static void options(auto list) {
    list("head", &margin_softmax::head, margin_head::sphereface);
    list("margin", &margin_softmax::margin, range::either_sign);
    list("temperature", &margin_softmax::temperature, range::temperature);
  }

  double scale() const { return 1 / temperature; }
  void check() const {
    require(head != margin_head::arcface || (margin >= 0 && margin <= 3.1415926535897932),
            "margin_softmax: the margin of arcface is an angle in [0, pi], got ", margin);
    require(head != margin_head::sphereface || (margin >= 1 && margin <= 64 && margin == std::floor(margin)),
            "margin_softmax: the margin of sphereface is one of 1, 2 .. 64, got ", margin);
  }
  auto stats() const { return std::tuple{stat::log_sum_exp<over::negatives>{}, stat::mean<over::positives>{}}; }
  template <Scalar S>
  row_loss<S, 2> row(S others, S target) const {
    S const k = S(scale()), c = target / k;
    auto const [adjusted, slope] = with_margin(c);
    S const x = others - k * adjusted, share = sigmoid(x);
    return {softplus(x), {share, -share * slope}, 1, false, share * (slope * c - adjusted)};
  }

  template <Scalar S>
  cosine_with_margin<S> with_margin(S c) const {
    if (head == margin_head::none) return {c, 1};
    if (head == margin_head::cosface) return {c - S(margin), 1};
    if (head == margin_head::sphereface) return multiple_angle(c, int(margin));
    S const cosine = S(std::cos(margin)), sine = S(std::sin(margin));
    if (monotone_guard && c < -cosine) return {c - S(margin) * sine, 1};
    S const square = (1 - c) * (1 + c);
    if (!(square > 4 * std::numeric_limits<S>::epsilon())) return {c * cosine - sine * std::sqrt((std::max)(square, S(0))), cosine};
    S const root = std::sqrt(square);
    return {c * cosine - root * sine, cosine + c * sine / root};
  }
};

}}  // namespace foil::loss
