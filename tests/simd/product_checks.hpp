// SPDX-License-Identifier: BSD-3-Clause
// What the tests of matrix products share: the error of a product, and a product in parts.
#pragma once

#include <utility>

#include "everywhere.hpp"

/// Largest error of the product in `out`, m rows of n numbers, `ld` apart, against sum_p x(i, p) y(p, j) in double, in units of the sum of
/// magnitudes; `before`, what was there, counts where the product `adds`. Numbers between rows must be untouched.
template <Scalar S, class X, class Y>
double product_error(std::vector<S> const& out, std::vector<S> const& before, bool adds, idx m, idx n, idx k, idx ld, X const& x,
                     Y const& y) {
  double worst = 0;
  for (idx i = 0; i < m; ++i)
    for (idx j = 0; j < ld; ++j) {
      auto const at = std::size_t(i * ld + j);
      if (j >= n) {
        if (out[at] != before[at]) return 1e9;
        continue;
      }
      double sum = adds ? double(before[at]) : 0, size = std::abs(sum) + 1e-30;
      for (idx p = 0; p < k; ++p) {
        double const term = double(x(i, p)) * double(y(p, j));
        sum += term, size += std::abs(term);
      }
      worst = (std::max)(worst, std::abs(double(out[at]) - sum) / size);
    }
  return worst;
}

/// run(i0, i1, j0, j1, p0, p1) for the parts of an m x n x k product cut at i, j and p, in the order of p.
template <class F>
void in_parts(idx m, idx n, idx k, idx i, idx j, idx p, F const& run) {
  using ends = std::pair<idx, idx>;
  for (auto const& [p0, p1] : {ends{0, p}, ends{p, k}})
    for (auto const& [i0, i1] : {ends{0, i}, ends{i, m}})
      for (auto const& [j0, j1] : {ends{0, j}, ends{j, n}})
        if (p0 != p1) run(i0, i1, j0, j1, p0, p1);
}

template <Scalar S>
bool same_bits(std::vector<S> const& x, std::vector<S> const& y) {
  return std::memcmp(x.data(), y.data(), x.size() * sizeof(S)) == 0;
}
