// SPDX-License-Identifier: BSD-3-Clause
// A kernel ridge regression head: how well a small set of features and targets teaches a large one, and how its targets should move.
#pragma once

#include <Eigen/Cholesky>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// Options of `krr`.
struct krr_options {
  static constexpr char const* name = "krr";
  double ridge = 1e-6;  ///< >= 0; times the trace of the small set's kernel is what its diagonal gets (no gradient through it)
  bool bias = true;     ///< a 1 is appended to every feature
  static void options(auto list) { list("ridge", &krr_options::ridge, range::not_negative); }
};

/// What `krr` returns.
struct krr_result {
  double value = 0;           ///< mean square of prediction - target over all numbers of the large set
  matrix<double> prediction;  ///< [m, c]
  matrix<double> gradient;    ///< [n, c] of `value` for the targets of the small set
};

/// prediction = K_rs (K_ss + lambda I)^-1 y_s with the linear kernel of features [n, d] (small, synthetic) and [m, d] (large,
/// real), targets [n, c] and [m, c]; lambda = ridge x trace K_ss, which also carries duplicated rows. gradient =
/// (K_ss + lambda I)^-1 K_sr 2 (prediction - target) / (m c). All in double: the condition number is about 1 / ridge. After Lee
/// et al., self-supervised dataset distillation. Refuses shapes that do not fit, empty sets, what is not finite, and a kernel
/// that the ridge leaves singular. O(n^3 + n m (d + c)) time; the time goes to products in double
/// and to a factorisation that is not blocked.
template <class Fs, class Ys, class Fr, class Yr>
krr_result krr(Fs const& features, Ys const& targets, Fr const& real_features, Yr const& real_targets, krr_options const& o = {}) {
  check_options(o);
  auto const fs = as_view(features);
  auto const ys = as_view(targets);
  auto const fr = as_view(real_features);
  auto const yr = as_view(real_targets);
  require(fs.rows() >= 1 && fr.rows() >= 1 && ys.cols() >= 1, "krr: both sets need rows and targets numbers, got ", fs.rows(), " and ",
          fr.rows(), " rows of ", ys.cols(), " targets");
  require(fs.cols() == fr.cols(), "krr: features must have one dim, got ", fs.cols(), " and ", fr.cols());
  require(ys.rows() == fs.rows() && yr.rows() == fr.rows() && ys.cols() == yr.cols(), "krr: targets must be [", fs.rows(), ", c] and [",
          fr.rows(), ", c], got [", ys.rows(), ", ", ys.cols(), "] and [", yr.rows(), ", ", yr.cols(), "]");
  require_finite(fs, "krr", "features"), require_finite(ys, "krr", "targets");
  require_finite(fr, "krr", "real_features"), require_finite(yr, "krr", "real_targets");
  using numbers = matrix<double_for<typename decltype(fs)::Scalar>>;
  auto const widened = [](auto v, bool one) {
    numbers x = numbers::Ones(v.rows(), v.cols() + one);
    for (idx i = 0; i < v.rows(); ++i)
      for (idx j = 0; j < v.cols(); ++j) x(i, j) = double(v(i, j));
    return x;
  };
  numbers const s = widened(fs, o.bias), r = widened(fr, o.bias), y = widened(ys, false), t = widened(yr, false);
  numbers k = s * s.transpose();
  double const lambda = o.ridge * k.trace();
  require(finite_bits(lambda) && finite_bits(k.squaredNorm()), "krr: the products of features are beyond what a double holds");
  k.diagonal().array() += lambda;
  Eigen::LDLT<numbers> const solver(k);
  auto const pivots = solver.vectorD();
  require(solver.info() == Eigen::Success && pivots.minCoeff() > 1e-14 * pivots.maxCoeff(),
          "krr: the kernel of the small set is singular at ridge ", o.ridge);
  krr_result out;
  numbers const cross = r * s.transpose(), dual = solver.solve(y);
  out.prediction = cross * dual;
  numbers const off = out.prediction - t;
  out.value = off.squaredNorm() / double(off.size());
  out.gradient = solver.solve(cross.transpose() * (off * (2 / double(off.size()))));
  require(finite_bits(out.value) && finite_bits(out.gradient.squaredNorm()), "krr: the result is beyond what a double holds");
  return out;
}

}}  // namespace foil::loss
