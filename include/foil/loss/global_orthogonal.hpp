// SPDX-License-Identifier: BSD-3-Clause
// Global orthogonal regulariser: rows that are no pairs should be as far apart as random ones.
#pragma once

#include <algorithm>
#include <span>
#include <tuple>

#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/count.hpp"
#include "foil/stat/sum_of.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean_weight M_1^2 + second_moment_weight relu(M_2 - floor),   M_1, M_2: means of s and of s^2 over all negative pairs
/// floor: M_2 of random directions, 1 / dim. Couples all rows; no pair: 0. On cosines: pool::self(x), or foil::global_orthogonal.
/// Zhang et al. 2017, arXiv 1708.06320.
struct global_orthogonal {
  static constexpr char const* name = "global_orthogonal";
  double mean_weight = 1, second_moment_weight = 1;  ///< numbers; weights of the two terms
  double floor = 0;                                  ///< a number; second moment that costs nothing
  static void options(auto list) {
    list("mean_weight", &global_orthogonal::mean_weight, range::either_sign), list("floor", &global_orthogonal::floor, range::either_sign);
    list("second_moment_weight", &global_orthogonal::second_moment_weight, range::either_sign);
  }

  double scale() const { return 1; }
  auto stats() const {
    return std::tuple{stat::sum_of<over::negatives, stat::moment>{.f = {1}}, stat::sum_of<over::negatives, stat::moment>{.f = {2}},
                      stat::count<>{}};
  }
  template <Scalar S>
  S batch(std::span<std::array<S, 3>> rows, std::span<std::array<S, 3>> partial, S& scale_out) const {
    double first = 0, second = 0, pairs = 0;
    for (auto const& r : rows) first += double(r[0]), second += double(r[1]), pairs += double(r[2]);
    double const each = 1 / (std::max)(pairs, 1.0), above = second * each - floor;
    for (auto& p : partial) p = {S(2 * mean_weight * first * each * each), above > 0 ? S(second_moment_weight * each) : S(0), 0};
    scale_out = 0;
    return S(mean_weight * first * each * first * each + second_moment_weight * (std::max)(above, 0.0));
  }
};

}}  // namespace foil::loss
