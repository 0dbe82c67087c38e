// SPDX-License-Identifier: BSD-3-Clause
// Group advantages: rewards centred and scaled within each prompt's group of answers.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// Options of `grpo_advantages`.
struct grpo_options {
  static constexpr char const* name = "grpo_advantages";
  double eps = 1e-4;  ///< >= 0; added to the standard deviation
  int ddof = 1;       ///< 0 or 1; the variance divides by n - ddof: 1 as TRL, 0 also in use
  bool scale = true;  ///< false: centred only (Dr. GRPO)
  static void options(auto list) {
    list("eps", &grpo_options::eps, range::not_negative);
    list("ddof", &grpo_options::ddof, range::whole{0, 1});
  }
};

/// [groups, n] -> (reward - mean) / (std + eps) of the row. A NaN reward (no verdict) takes no part and gets 0; infinities
/// are refused. Rows sum to 0; equal rewards and groups of one give 0. Shao et al. 2024, arXiv 2402.03300. O(groups n); the
/// time goes to the exact scaling of each reward by a power of two.
template <class M>
auto grpo_advantages(M const& rewards, grpo_options const& o = {}) {
  auto const x = as_view(rewards);
  using S = typename decltype(x)::Scalar;
  static_assert(Scalar<S>, "foil: grpo_advantages takes float or double rewards");
  check_options(o);
  for (idx i = 0; i < x.rows(); ++i)
    for (idx j = 0; j < x.cols(); ++j)
      require(finite_bits(x(i, j)) || nan_bits(x(i, j)), "grpo_advantages: the reward at row ", i, ", column ", j, " is infinite");
  matrix<S> out(x.rows(), x.cols());
  std::vector<double> parts(std::size_t(x.cols()));
  for (idx i = 0; i < x.rows(); ++i) {
    auto const counts = [&](idx j) { return !nan_bits(x(i, j)); };
    double n = 0, low = 0, high = 0;
    for (idx j = 0; j < x.cols(); ++j)
      if (counts(j)) {
        double const v = double(x(i, j));
        low = n == 0 ? v : (std::min)(low, v), high = n == 0 ? v : (std::max)(high, v), ++n;
      }
    // In units of the span (its power of two, so nothing is rounded): rewards one rounding apart keep their advantages, and the
    // largest do not overflow. Not by factors: -ffast-math would take them out of the difference again.
    int power = 0;
    if (high > low) power = finite_bits(high - low) ? std::ilogb(high - low) : std::ilogb(std::ldexp(high, -2) - std::ldexp(low, -2)) + 2;
    double const base = std::ldexp(low, -power);
    for (idx j = 0; j < x.cols(); ++j) parts[std::size_t(j)] = std::ldexp(double(x(i, j)), -power) - base;
    auto const part = [&](idx j) { return parts[std::size_t(j)]; };
    double mean = 0, square = 0;
    for (idx j = 0; j < x.cols(); ++j)
      if (counts(j)) mean += part(j) / n;
    for (idx j = 0; j < x.cols(); ++j)
      if (counts(j)) square += (part(j) - mean) * (part(j) - mean);
    double const deviation = n > o.ddof ? std::sqrt(square / (n - o.ddof)) : 0;
    double const scale = deviation + std::ldexp(o.eps, -power);
    for (idx j = 0; j < x.cols(); ++j) {  // equal rewards say nothing: exactly 0
      double const off = counts(j) && high > low ? part(j) - mean : 0;
      out(i, j) = S(o.scale && high > low ? off / scale : std::ldexp(off, power));
      require(finite_bits(out(i, j)), "grpo_advantages: the advantage at row ", i, ", column ", j, " is beyond what a ", scalar_name<S>,
              " holds");
    }
  }
  return out;
}

}}  // namespace foil::loss
