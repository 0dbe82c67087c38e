// SPDX-License-Identifier: BSD-3-Clause
// Ranked list: the pairs on the wrong side of a boundary, weighted by how far, positives and negatives apart.
#pragma once

#include <cmath>
#include <limits>
#include <tuple>

#include "foil/core/log_of_normal.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/log_sum_exp_of.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// log of e^{t x}, or of x e^{t x} (Times), where the violation x = sign s + shift is above 0; log_zero elsewhere, where a slope,
/// which e^{log_zero} = 0 multiplies, need only be finite. Without branches: loops over it become vectors.
template <bool Times>
struct violation_term {
  double sign = 1, shift = 0, t = 0;  ///< numbers of the formula above
  template <Scalar S>
  S operator()(S s) const {
    S const x = violation(s), term = S(t) * x + (x > least<S> ? S(0) : log_zero<S>);
    if constexpr (Times) return term + log_of_normal(x);
    return term;
  }
  template <Scalar S>
  S slope(S s) const {
    if constexpr (Times) return S(sign) * (S(t) + S(1) / (std::abs(violation(s)) + least<S>));  // finite at any x
    return S(sign) * S(t);
  }

 private:
  template <Scalar S>
  static constexpr S least = std::numeric_limits<S>::min();
  template <Scalar S>
  S violation(S s) const {
    return S(sign) * s + S(shift);
  }
};

template <over Who, bool Times>
using violations = stat::log_sum_exp_of<Who, violation_term<Times>>;

///   L_i = (1 - negative_share) mean_P(d - alpha + margin) + negative_share mean_N(alpha - d),   d = -score, as of similarity::neg_l2,
///   each a mean over the pairs whose violation x, the number in brackets, is above 0, with weights e^{t x} over their sum + floor
/// t is pos_sharpness, neg_sharpness. The gradient passes through the weights. A row without a violation is worth 0 and stays in the
/// mean. Over a labelled batch: pool::self(z, roles::by_label(labels)). Beside the products the time goes to the terms of four sums, one
/// after the other. Wang et al. 2019, arXiv 1903.03238.
struct ranked_list {
  static constexpr char const* name = "ranked_list";
  double alpha = 1.2, margin = 0.4;              ///< numbers, distances: negatives belong beyond alpha, positives within alpha - margin
  double pos_sharpness = 0, neg_sharpness = 10;  ///< in [0, 1000]; how much more a larger violation weighs
  double negative_share = 0.5, floor = 0;        ///< in [0, 1], weight of the negatives' mean; in [0, 1e15], see above
  static void options(auto list) {
    list("alpha", &ranked_list::alpha, range::either_sign), list("margin", &ranked_list::margin, range::either_sign);
    list("pos_sharpness", &ranked_list::pos_sharpness, range::real{0, 1e3}), list("floor", &ranked_list::floor, range::not_negative);
    list("neg_sharpness", &ranked_list::neg_sharpness, range::real{0, 1e3}),
        list("negative_share", &ranked_list::negative_share, range::share);
  }

  double scale() const { return 1; }
  auto stats() const {
    violations<over::positives, false> const pull{{-1, margin - alpha, pos_sharpness}, when_empty::neutral};
    violations<over::positives, true> const pulled{{-1, margin - alpha, pos_sharpness}, when_empty::neutral};
    violations<over::negatives, false> const push{{1, alpha, neg_sharpness}};
    violations<over::negatives, true> const pushed{{1, alpha, neg_sharpness}};
    return std::tuple{pulled, pull, pushed, push};
  }
  template <Scalar S>
  row_loss<S, 4> row(S pulled, S pull, S pushed, S push) const {
    S const least = floor > 0 ? S(std::log(floor)) : log_zero<S>;
    auto const mean = [&](S sum, S weights) { return sum > log_zero_limit<S> ? std::exp(sum - log_add(weights, least)) : S(0); };
    S const p = S(1 - negative_share) * mean(pulled, pull), n = S(negative_share) * mean(pushed, push);
    return {p + n, {p, -p * sigmoid(pull - least), n, -n * sigmoid(push - least)}};
  }
};

}}  // namespace foil::loss
