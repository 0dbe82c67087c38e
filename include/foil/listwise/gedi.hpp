// SPDX-License-Identifier: BSD-3-Clause
// GEDI's cluster loss: two views of a sample agree on its cluster, and the clusters are used alike.
#pragma once

#include "foil/core/option.hpp"
#include "foil/listwise/mean_prediction.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// What `gedi` returns.
template <Scalar S>
struct gedi_outcome {
  S value = 0, uniformity = 0, invariance = 0;  ///< (uniformity + beta invariance) / 2; its two parts
  matrix<S> z1, z2;                             ///< d value / d each view's logits
};

///   (U + beta I) / 2,   U = -sum_c log mean_i softmax(z1_i)_c,   I = mean_i -sum_c softmax(z2_i)_c log softmax(z1_i)_c
/// z1, z2 [N, C]: logits of two views, divided by their temperature. U >= C log C, equal where the mean prediction is uniform. No
/// stop-gradient: both views are trained. beta >= 0. The clustering part of Sansone and Manhaeve 2025, arXiv 2401.00873. No row: 0.
/// Refuses shapes that differ and what is not finite. O(N C), in double.
template <class X, class Y>
auto gedi(X const& z1, Y const& z2, double beta = 0.05) {
  auto const a = as_view(z1);
  auto const b = as_view(z2);
  using S = typename decltype(a)::Scalar;
  static_assert(Scalar<S>, "foil: gedi takes z1 and z2 as float or as double");
  check_option("gedi", "beta", beta, range::not_negative);
  require(a.rows() == b.rows() && a.cols() == b.cols(), "gedi: z1 is [", a.rows(), ", ", a.cols(), "], z2 [", b.rows(), ", ", b.cols(),
          "]");
  require_finite(a, "gedi", "z1"), require_finite(b, "gedi", "z2");
  std::size_t const n = std::size_t(a.rows()), classes = std::size_t(a.cols());
  gedi_outcome<S> r{0, 0, 0, matrix<S>(a.rows(), a.cols()), matrix<S>(a.rows(), a.cols())};
  if (n * classes == 0) return r;
  mean_prediction const one(a, 1), two(b, 1);
  double uniformity = 0, invariance = 0;
  for (double m : one.log_mean) uniformity -= m;
  std::vector<double> const slope_of_mean(classes, -1);
  std::vector<double> out(classes), target(classes);
  for (std::size_t i = 0; i < n; ++i) {
    double entropy = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      target[c] = mean_prediction::exp_of(two.log_p[i][c]);
      entropy -= weighted_log(target[c], one.log_p[i][c], "gedi");
    }
    invariance += entropy / double(n);
    one.slope(i, slope_of_mean, 1, out);
    double const share = beta / double(n);
    for (std::size_t c = 0; c < classes; ++c) {
      double const p = mean_prediction::exp_of(one.log_p[i][c]), t = target[c], off = t > 0 ? -one.log_p[i][c] - entropy : 0;
      r.z1(idx(i), idx(c)) = S(0.5 * (out[c] + share * (p - t)));
      r.z2(idx(i), idx(c)) = S(0.5 * share * t * off);
    }
  }
  r.uniformity = S(uniformity), r.invariance = S(invariance), r.value = S(0.5 * (uniformity + beta * invariance));
  require(finite_bits(r.uniformity) && finite_bits(r.invariance) && finite_bits(r.value), "gedi: the loss is beyond what a ",
          scalar_name<S>, " holds; the logits are too far apart");
  require_finite(as_view(r.z1), "gedi", "the gradient"), require_finite(as_view(r.z2), "gedi", "the gradient");
  return r;
}

}}  // namespace foil::loss
