// SPDX-License-Identifier: BSD-3-Clause
// ListMLE: the likelihood of the right order, one place after the other.
#pragma once

#include "foil/core/option.hpp"
#include "foil/core/score_order.hpp"
#include "foil/core/sorted_places.hpp"
#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   -sum over places i of w_i (s_i - log sum_{k >= i} e^{s_k}),   mean over lists
/// Targets: labels, the best first; equal ones keep their columns' order. Without targets the columns are the order. w_i is 1, or
/// with `position_aware` 2^(L - i) - 1 over its sum (i from 1): mistakes at the top count most. A list of one item is worth 0.
/// Xia et al. 2008 (ICML); p-ListMLE: Lan et al. 2014 (UAI). O(L log L); the time goes to three
/// exponentials and two logarithms an item.
struct list_mle {
  static constexpr char const* name = "list_mle";
  static constexpr bool needs_targets = false;
  bool position_aware = false;  ///< weights that fall with the place

  list_row row(std::span<double const> s, std::span<double const> y, std::span<double> slope) const {
    std::size_t const n = s.size();
    auto const order = places_by(n, [&](std::size_t i) { return y.empty() ? 0 : order_key(y[i]); });
    std::vector<double> weight(n, 1), rest(n);
    if (position_aware && n > 1) {
      double all = 0;
      for (std::size_t i = 0; i < n; ++i) all += weight[i] = std::exp2(-double(i)) - std::exp2(-double(n - 1));
      for (double& w : weight) w /= all;
    }
    double const nothing = (std::numeric_limits<double>::lowest)();  // log_zero is above scores below -1e30
    double sum = nothing, before = nothing, value = 0;
    for (std::size_t i = n; i-- > 0;) rest[i] = sum = log_add(sum, s[order[i]]);
    for (std::size_t i = 0; i < n; ++i) {  // before: log of the sum of w_k / (sum from k on) over the places k up to i
      double const at = s[order[i]];
      if (weight[i] > 0) before = log_add(before, (position_aware ? std::log(weight[i]) : 0) - rest[i]);
      value -= weight[i] * (at - rest[i]), slope[order[i]] = std::exp(at + before) - weight[i];
    }
    return {value, 1};
  }
};

}}  // namespace foil::loss
