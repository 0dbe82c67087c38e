// SPDX-License-Identifier: BSD-3-Clause
// VICReg: two views agree, every column varies, no two columns say the same.
#pragma once

#include <cmath>

#include "foil/core/option.hpp"
#include "foil/engine/execution.hpp"
#include "foil/recipe/column_moments.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Options of `vicreg`.
struct vicreg_options {
  static constexpr char const* name = "vicreg";
  double invariance = 25, variance = 25, covariance = 1;  ///< numbers; weights of the three terms
  double eps = 1e-4;                                      ///< > 0; added to variances before their roots
  static void options(auto list) {
    list("invariance", &vicreg_options::invariance, range::either_sign), list("variance", &vicreg_options::variance, range::either_sign);
    list("covariance", &vicreg_options::covariance, range::either_sign), list("eps", &vicreg_options::eps, range::positive);
  }
};

/// What `vicreg` returns.
template <Scalar S>
struct vicreg_outcome {
  S value = 0, invariance = 0, variance = 0, covariance = 0;  ///< the weighted sum; its terms before their weights
  matrix<S> z1, z2;                                           ///< d value / d each view
};

///   invariance mean (z1 - z2)^2 + variance/2 sum over views of mean_k relu(1 - sqrt(Var_k + eps))
///   + covariance sum over views of 1/dim sum_{k != l} Cov_kl^2,   variances and covariances of columns over B - 1
/// z1, z2 [B, dim], B >= 2. Not a function of scores: one product of columns a view, on the executor's threads, and one back.
/// Memory: the views, dim x dim. Bardes et al. 2022, arXiv 2105.04906.
template <class A, class B>
auto vicreg(A const& z1, B const& z2, vicreg_options const& o = {}, execution how = {}) {
  auto const a = as_view(z1);
  auto const b = as_view(z2);
  using S = arithmetic<typename decltype(a)::Scalar>;
  check_options(o), check_options("vicreg", how), engine::check_views("vicreg", a, b);
  idx const n = a.rows(), dim = a.cols();
  double invariance = 0, variance = 0, covariance = 0;
  auto const side = [&](auto const& own, auto const& other) {
    engine::centred_columns<S> const c(own);
    matrix<S> slope = engine::column_products(c.x, c.x, how.executor), g(n, dim);
    double const unbiased = double(n - 1), per_column = o.covariance / double(dim);
    for (idx k = 0; k < dim; ++k) {
      double const root = std::sqrt(c.variance[std::size_t(k)] * double(n) / unbiased + o.eps);
      variance += root < 1 ? 0.5 * (1 - root) / double(dim) : 0;
      for (idx l = 0; l < dim; ++l) {
        double const cov = double(slope(k, l)) / unbiased;
        if (k != l) covariance += cov * cov / double(dim);
        slope(k, l) = S(k == l ? (root < 1 ? -o.variance * 0.5 / double(dim) / root / unbiased : 0) : 4 * per_column * cov / unbiased);
      }
    }
    for (idx i = 0; i < n; ++i)
      for (idx k = 0; k < dim; ++k) {
        double const off = double(own(i, k)) - double(other(i, k));
        invariance += 0.5 * off * off / double(n * dim), g(i, k) = S(2 * o.invariance * off / double(n * dim));
      }
    engine::add_times(c.x, slope, g, how.executor);
    return g;
  };
  vicreg_outcome<S> r;
  r.z1 = side(a, b), r.z2 = side(b, a);
  r.invariance = S(invariance), r.variance = S(variance), r.covariance = S(covariance);
  r.value = S(o.invariance * invariance + o.variance * variance + o.covariance * covariance);
  require(finite_bits(r.value) && finite_bits(r.covariance) && finite_bits(r.invariance), "vicreg: the loss is beyond what a ",
          scalar_name<S>, " holds; scale the views");
  require_finite(as_view(r.z1), "vicreg", "the gradient"), require_finite(as_view(r.z2), "vicreg", "the gradient");
  return r;
}

}}  // namespace foil
