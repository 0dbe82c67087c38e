// SPDX-License-Identifier: BSD-3-Clause
// Asymmetric loss: many labels per item, most of them negative; easy negatives weigh less, the easiest are dropped.
#pragma once

#include <algorithm>

#include "foil/core/option.hpp"
#include "foil/listwise/binary_cross_entropy.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   -f (y log max(p, eps) + (1 - y) log max(q, eps)),   p = sigmoid(s), q = min(1 - p + clip, 1),
///   f = (1 - p y - q (1 - y))^(gamma_pos y + gamma_neg (1 - y)), a constant for the gradient
/// summed over a list's items; targets y in 0 .. 1. A negative with p < clip is worth 0 and has slope 0. As published the
/// lists are summed too: list_options{list_reduction::sum}. Ridnik et al. 2021, arXiv 2009.14119.
struct asymmetric {
  static constexpr char const* name = "asymmetric";
  double gamma_neg = 4, gamma_pos = 1;  ///< >= 0; exponents of f on negatives and on positives
  double clip = 0.05;                   ///< in [0, 1]; probability below which a negative is dropped
  double eps = 1e-8;                    ///< in [0, 1]; least argument of the logarithms
  static void options(auto list) {
    list("gamma_neg", &asymmetric::gamma_neg, range::not_negative), list("gamma_pos", &asymmetric::gamma_pos, range::not_negative);
    list("clip", &asymmetric::clip, range::share), list("eps", &asymmetric::eps, range::share);
  }

  list_row row(std::span<double const> s, std::span<double const> targets, std::span<double> slope) const {
    require_shares(targets, name);
    list_row r;
    for (std::size_t j = 0; j < s.size(); ++j) {
      logistic<double> const at(s[j]);
      double const y = targets[j], p = at.sigmoid(), not_p = at.complement(), q = not_p + clip;
      double const f = std::pow(y * not_p + (1 - y) * (std::max)(p - clip, 0.0), gamma_pos * y + gamma_neg * (1 - y));
      if (y > 0)
        r.value -= f * y * (p < eps ? std::log(eps) : -((std::max)(-s[j], 0.0) + at.tail())), slope[j] -= p < eps ? 0 : f * y * not_p;
      if (y < 1 && p > clip) {
        r.value -= f * (1 - y) * (q < eps ? std::log(eps) : clip > 0 ? std::log((std::min)(q, 1.0)) : -at.softplus());
        slope[j] += q < eps ? 0 : f * (1 - y) * (clip > 0 ? p * not_p / q : p);
      }
    }
    return r;
  }
};

}}  // namespace foil::loss
