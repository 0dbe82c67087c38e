// SPDX-License-Identifier: BSD-3-Clause
// Budgets of iterative deepening: token limits that grow by a factor until the last one.
#pragma once

#include <vector>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// min(last, ceil(first growth^i)) for i = 0, 1, ..., without repeats, up to `last` itself. Restarting at each of them costs
/// at most last (1 + growth / (growth - 1)) tokens and one more a round; without the 1 if `last` is one of the powers.
/// arXiv 2502.05449. Refuses first or last below 1, and a growth outside [1.000001, 1e15]. O(result + ln(last / first) / ln growth);
/// of a slow growth the time goes to powers that give no new budget.
inline std::vector<idx> geometric_budgets(idx first, double growth, idx last) {
  require(first >= 1 && last >= 1, "geometric_budgets: first and last must be at least 1, got ", first, " and ", last);
  check_option("geometric_budgets", "growth", growth, range::real{1.000001, 1e15});
  std::vector<idx> budgets;
  for (double b = double(first);; b *= growth) {
    // Powers that are whole numbers may come out a little above them.
    double const up = std::ceil(b - 1e-9);
    idx const budget = up < double(last) ? idx(up) : last;
    if (budgets.empty() || budget > budgets.back()) budgets.push_back(budget);
    if (budget == last) return budgets;
  }
}

}}  // namespace foil::score
