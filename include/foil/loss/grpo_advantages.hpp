// Group advantages: rewards centred and scaled within each prompt's group of answers.
#pragma once

#include <cmath>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::inline FOIL_ABI::loss {

struct grpo_options {
  static constexpr char const* name = "grpo_advantages";
  double eps = 1e-4;  ///< >= 0
  int ddof = 1;       ///< the variance divides by n - ddof: 1 as TRL, 0 also in use
  bool scale = true;  ///< false: centred only (Dr. GRPO)
  static void options(auto list) {
    list("eps", &grpo_options::eps, range::not_negative);
    list("ddof", &grpo_options::ddof, range::whole{0, 1});
  }
};

/// [groups, n] -> (reward - mean) / (std + eps) of the row. A NaN reward (no verdict) takes no part and gets 0; infinities
/// are refused. Rows sum to 0; equal rewards and groups of one give 0. Shao et al. 2024, arXiv 2402.03300. O(groups n).
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
  for (idx i = 0; i < x.rows(); ++i) {
    double n = 0, mean = 0, square = 0;
    auto const counts = [&](idx j) { return !nan_bits(x(i, j)); };
    bool equal = true;
    S first{};
    for (idx j = 0; j < x.cols(); ++j)
      if (counts(j)) {
        if (n == 0) first = x(i, j);
        equal = equal && x(i, j) == first;
        ++n, mean += (double(x(i, j)) - mean) / n;
      }
    for (idx j = 0; j < x.cols(); ++j)
      if (counts(j)) square += (double(x(i, j)) - mean) * (double(x(i, j)) - mean);
    double const deviation = n > o.ddof ? std::sqrt(square / (n - o.ddof)) : 0;
    double const scale = o.scale ? deviation + o.eps : 1;
    for (idx j = 0; j < x.cols(); ++j)  // equal rewards say nothing: exactly 0, whatever the mean's rounding
      out(i, j) = counts(j) && !equal ? S((double(x(i, j)) - mean) / scale) : S(0);
  }
  return out;
}

}  // namespace foil::inline FOIL_ABI::loss
