// SPDX-License-Identifier: BSD-3-Clause
// Sampling-free detection: all background is kept; the classifier's loss is scaled to the size of the regressor's.
#pragma once

#include "foil/core/option.hpp"
#include "foil/listwise/binary_cross_entropy.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// What a classifier should start from.
struct class_prior {
  double prior = 0;  ///< share of one class among all anchors, as counted
  double bias = 0;   ///< -log((1 - prior) / prior): the logit of that share
};
/// foreground, background: anchors counted on the data, >= 1 and >= 0; classes >= 1. Refuses a share of 1.
inline class_prior sampling_free_prior(idx foreground, idx background, idx classes) {
  check_option("sampling_free_prior", "foreground", foreground, range::at_least(1));
  check_option("sampling_free_prior", "background", background, range::at_least(0));
  check_option("sampling_free_prior", "classes", classes, range::at_least(1));
  double const p = double(foreground) / (double(foreground) + double(background)) / double(classes);
  require(p < 1, "sampling_free_prior: no background and one class leave no logit");
  return {p, std::log(p) - std::log1p(-p)};
}

/// What `sampling_free` returns.
template <Scalar S>
struct sampling_free_outcome {
  S value = 0;        ///< scale * regression
  double weight = 0;  ///< w, the factor that the classifier's loss took; scale not included
  matrix<S> logits;   ///< d value / d logits
};

///   scale * w * L,   w = regression / L, a constant for the gradient
/// L: `classifier` summed over logits [anchors, C] and targets of 0 and 1, over the number of positives. The value is
/// scale * regression whatever the logits; only the gradient tells more. Without a positive both losses count as 0. Refused: L = 0
/// with positives, a regression loss below 0, shapes that differ, targets that are neither 0 nor 1, what is not finite. O(anchors C).
/// cross_entropy{} makes it the second stage's softmax. Chen et al. 2019, arXiv 1909.04868.
template <class X, class T, ListLoss L = binary_cross_entropy>
auto sampling_free(X const& logits, T const& targets, double regression, double scale = 1, L const& classifier = {}) {
  using S = typename X::Scalar;
  static_assert(Scalar<S>, "foil: sampling_free takes logits as float or as double");
  check_option("sampling_free", "regression", regression, range::not_negative);
  check_option("sampling_free", "scale", scale, range::either_sign);
  check_options(classifier);
  auto const z = as_view(logits);
  auto const y = as_view(targets);
  require(z.rows() == y.rows() && z.cols() == y.cols(), "sampling_free: logits are [", z.rows(), ", ", z.cols(), "], targets [", y.rows(),
          ", ", y.cols(), "]");
  require_finite(z, "sampling_free", "logits");
  double positives = 0;
  matrix<double> wide(z.rows(), z.cols());  // a loss near 0 that is scaled up must not have been rounded to a float before
  for (idx i = 0; i < y.rows(); ++i)
    for (idx j = 0; j < y.cols(); ++j) {
      require(y(i, j) == 0 || y(i, j) == 1, "sampling_free: a target must be 0 or 1, got ", double(y(i, j)), " at row ", i, ", column ", j);
      positives += double(y(i, j)), wide(i, j) = double(z(i, j));
    }
  sampling_free_outcome<S> r{.logits = matrix<S>::Zero(z.rows(), z.cols())};
  if (!(positives > 0)) return r;
  auto const c = value_and_grad_lists(classifier, wide, targets, {list_reduction::sum});
  require(c.value > 0, "sampling_free: the classifier's loss is 0, it cannot be scaled to the regressor's");
  r.weight = regression / (c.value / positives), r.value = S(scale * regression);
  require(finite_bits(r.weight), "sampling_free: the classifier's loss, ", c.value, ", is too small to be scaled to the regressor's");
  for (idx k = 0; k < r.logits.size(); ++k) r.logits.data()[k] = S(scale * regression * (c.scores.data()[k] / c.value));
  require_finite(as_view(r.logits), "sampling_free", "the gradient");
  return r;
}

}}  // namespace foil::loss
