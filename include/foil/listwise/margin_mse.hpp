// SPDX-License-Identifier: BSD-3-Clause
// MarginMSE: the student's margins follow the teacher's.
#pragma once

#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean over j >= 1 of ((s_0 - s_j) - (t_0 - t_j))^2;  column 0 is the positive, targets are the teacher's scores
/// Hofstaetter et al. 2020, arXiv 2010.02666. A constant added to a teacher's row changes nothing.
struct margin_mse {
  static constexpr char const* name = "margin_mse";

  list_row row(std::span<double const> s, std::span<double const> t, std::span<double> slope) const {
    double const first = s[0], aim = t[0];
    double value = 0, own = 0;
    for (std::size_t j = 1; j < s.size(); ++j) {
      double const off = (first - s[j]) - (aim - t[j]);
      value += off * off;
      own += 2 * off, slope[j] -= 2 * off;
    }
    slope[0] = own;
    return {value, double(s.size() - 1)};
  }
};

}}  // namespace foil::loss
