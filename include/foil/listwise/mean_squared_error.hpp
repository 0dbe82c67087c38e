// SPDX-License-Identifier: BSD-3-Clause
// Squared error of scores: similarities that were rated, a teacher's scores.
#pragma once

#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean (s - t)^2 over items;  targets t: any numbers
struct mean_squared_error {
  static constexpr char const* name = "mean_squared_error";

  list_row row(std::span<double const> s, std::span<double const> t, std::span<double> slope) const {
    list_row r{0, double(s.size())};
    for (std::size_t j = 0; j < s.size(); ++j) r.value += (s[j] - t[j]) * (s[j] - t[j]), slope[j] = 2 * (s[j] - t[j]);
    return r;
  }
};

}}  // namespace foil::loss
