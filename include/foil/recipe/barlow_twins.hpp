// SPDX-License-Identifier: BSD-3-Clause
// Barlow Twins: the correlation of two views' columns should be the identity.
#pragma once

#include <cmath>

#include "foil/core/option.hpp"
#include "foil/engine/execution.hpp"
#include "foil/recipe/column_moments.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Options of `barlow_twins`.
struct barlow_twins_options {
  static constexpr char const* name = "barlow_twins";
  double lambda = 5e-3;  ///< a number; weight of the off-diagonal part
  double eps = 1e-5;     ///< > 0; added to variances before their roots
  static void options(auto list) {
    list("lambda", &barlow_twins_options::lambda, range::either_sign), list("eps", &barlow_twins_options::eps, range::positive);
  }
};

/// What `barlow_twins` returns.
template <Scalar S>
struct barlow_twins_outcome {
  S value = 0, invariance = 0, redundancy = 0;  ///< invariance + lambda redundancy; its two parts
  matrix<S> z1, z2;                             ///< d value / d each view
};

///   sum_k (C_kk - 1)^2 + lambda sum_{k != l} C_kl^2,   C_kl = mean over rows of x_k y_l
/// x, y: columns of the views less their means, over sqrt(variance + eps), variances over B. z1, z2 [B, dim], B >= 2. Not a function of
/// scores: one product of columns, on the executor's threads, and two back. Memory: the views, dim x dim; of many rows
/// the time goes to means and divisions of the columns in double. Zbontar et al. 2021, arXiv 2103.03230.
template <class A, class B>
auto barlow_twins(A const& z1, B const& z2, barlow_twins_options const& o = {}, execution how = {}) {
  auto const a = as_view(z1);
  auto const b = as_view(z2);
  using S = arithmetic<typename decltype(a)::Scalar>;
  check_options(o), check_options("barlow_twins", how), engine::check_views("barlow_twins", a, b);
  idx const n = a.rows(), dim = a.cols();
  auto const standardised = [&](auto v) {
    engine::centred_columns<S> c(v);
    for (double& root : c.variance) root = std::sqrt(root + o.eps);
    for (idx i = 0; i < n; ++i)
      for (idx k = 0; k < dim; ++k) c.x(i, k) = S(double(c.x(i, k)) / c.variance[std::size_t(k)]);
    return c;
  };
  auto const x = standardised(a), y = standardised(b);
  matrix<S> slope = engine::column_products(x.x, y.x, how.executor);
  double invariance = 0, redundancy = 0;
  for (idx k = 0; k < dim; ++k)
    for (idx l = 0; l < dim; ++l) {
      double const c = double(slope(k, l)) / double(n) - (k == l);
      (k == l ? invariance : redundancy) += c * c;
      slope(k, l) = S(2 * (k == l ? 1 : o.lambda) * c / double(n));
    }
  // Through the division by the root and the mean: (g - mean g - x mean(g x)) / root, x with eps in its root.
  auto const back = [&](engine::centred_columns<S> const& to, matrix<S> const& from, matrix<S> const& by) {
    matrix<S> g = matrix<S>::Zero(n, dim);
    engine::add_times(from, by, g, how.executor);
    std::vector<double> mean(std::size_t(dim), 0.0), with(mean);
    for (idx i = 0; i < n; ++i)
      for (std::size_t k = 0; k < mean.size(); ++k) {
        double const slope_by = double(g(i, idx(k)));
        mean[k] += slope_by / double(n), with[k] += slope_by * double(to.x(i, idx(k))) / double(n);
      }
    for (idx i = 0; i < n; ++i)
      for (std::size_t k = 0; k < mean.size(); ++k)
        g(i, idx(k)) = S((double(g(i, idx(k))) - mean[k] - double(to.x(i, idx(k))) * with[k]) / to.variance[k]);
    return g;
  };
  barlow_twins_outcome<S> r{S(invariance + o.lambda * redundancy), S(invariance), S(redundancy), {}, {}};
  matrix<S> const turned = slope.transpose();
  r.z1 = back(x, y.x, turned), r.z2 = back(y, x.x, slope);
  require(finite_bits(r.value) && finite_bits(r.redundancy), "barlow_twins: the loss is beyond what a ", scalar_name<S>,
          " holds; scale the views");
  require_finite(as_view(r.z1), "barlow_twins", "the gradient"), require_finite(as_view(r.z2), "barlow_twins", "the gradient");
  return r;
}

}}  // namespace foil
