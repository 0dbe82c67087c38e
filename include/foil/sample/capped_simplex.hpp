// SPDX-License-Identifier: BSD-3-Clause
// The nearest point of the capped simplex: a soft choice of so many items, none more than fully.
#pragma once

#include "foil/core/canonical_order.hpp"
#include "foil/core/option.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// The x in [0, cap]^n with sum `total` that is nearest to a: x_i = clip(a_i - mu, 0, cap) with one mu for all; at cap 1 a
/// soft selection of the `total` largest. total >= n cap gives cap everywhere, total 0 gives zeros. Exact, without bisection:
/// mu is solved for between two of the 2 n points where an x_i reaches a bound. The Jacobian at x, of the m items with
/// 0 < x_i < cap, is the identity minus 1 / m among them, and 0 elsewhere. After 2403.07362. Refuses numbers that are not
/// finite or beyond 1e150 in size, and a negative cap or total. O(n log n).
inline std::vector<double> capped_simplex(real_span a, double total, double cap = 1) {
  constexpr range::real any_size{-1e150, 1e150}, bound{0, 1e150};
  check_option("capped_simplex", "total", total, bound), check_option("capped_simplex", "cap", cap, bound);
  std::size_t const n = std::size_t(a.size());
  for (idx i = 0; i < a.size(); ++i)
    require(any_size.contains(a[i]), "capped_simplex: argument a must hold numbers within 1e150 in size, element ", i, " is ", a[i]);
  std::vector<double> x(n, cap);
  if (total >= double(n) * cap) return x;
  struct entry {
    double at;    // descending mu: here one more item leaves 0 ...
    bool leaves;  // ... or reaches the cap
    double lost;  // what rounding took from the way between the two: all of the cap where a is huge
  };
  std::vector<entry> points;
  double most_lost = 0;
  auto const mu_from = [&](double pivot) {  // mu - pivot
    points.clear();
    for (idx i = 0; i < a.size(); ++i) {
      double const at = a[i] - pivot, lost = cap - (at - (at - cap));
      points.push_back({at, true, 0}), points.push_back({at - cap, false, lost});
      most_lost = (std::max)(most_lost, std::abs(lost));
    }
    std::sort(points.begin(), points.end(), [](entry p, entry q) { return p.at > q.at || (p.at == q.at && p.leaves && !q.leaves); });
    double mu = points.front().at, sum = 0, free = 0;  // the sum of all x at mu; items strictly between the bounds just below it
    for (entry const& p : points) {
      double const grown = sum + free * (mu - p.at);
      if (free > 0 && grown >= total) break;
      sum = grown + p.lost, mu = p.at, free += p.leaves ? 1 : -1;
      if (p.lost > 1e-12 * cap && sum >= total) return mu;
    }
    return free > 0 ? mu - (total - sum) / free : mu;
  };
  double pivot = 0, mu = mu_from(pivot);
  if (most_lost > 1e-12 * cap) pivot = mu, mu = mu_from(pivot);  // differences to a number nearby are exact
  for (std::size_t i = 0; i < n; ++i) x[i] = std::clamp(a[idx(i)] - pivot - mu, 0.0, cap);
  return x;
}

}}  // namespace foil::mining
