// SPDX-License-Identifier: BSD-3-Clause
// The contrast ratio of PCL-SR: an image's distance to sharp ones over its distance to blurred ones.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "foil/core/option.hpp"
#include "foil/recipe/unit_gradient.hpp"
#include "foil/similarity/wide_rows.hpp"

namespace foil { inline namespace FOIL_ABI {

enum class feature_distance {
  l1,     ///< mean of |x - y| over rows and columns
  cosine  ///< mean of 1 - cosine over rows; a row of length 0 has cosine 0 and gradient 0
};

/// Options of `contrast_ratio`.
struct contrast_ratio_options {
  static constexpr char const* name = "contrast_ratio";
  feature_distance distance = feature_distance::l1;  ///< between features
  double eps = 3e-7;                                 ///< >= 0; added to the denominator
  static void options(auto list) {
    list("distance", &contrast_ratio_options::distance, feature_distance::cosine);
    list("eps", &contrast_ratio_options::eps, range::not_negative);
  }
};

/// Features of one layer, [B, dim], [P * B, dim], [Q * B, dim], image set after image set; P, Q >= 1. Views.
template <Storage T>
struct contrast_layer {
  view<T> sr, positives, negatives;  ///< of the images that are trained; of the sharp ones; of the blurred ones
};

/// What `contrast_ratio` returns.
template <Scalar S>
struct contrast_ratio_outcome {
  S value = 0;                           ///< the ratio
  double attraction = 0, repulsion = 0;  ///< u and v
  std::vector<matrix<S>> sr;             ///< d value / d sr, layer by layer
};

///   u / (v + eps),   u: mean distance to the positives, v: to the negatives, each summed over layers
/// Gradients for sr alone. One number for the batch. Where negatives come close to sr only eps bounds it; refused where v + eps is
/// 0. Wu et al. 2021, arXiv 2111.13924. O((P + Q) B dim), double inside; the time goes to one sum of all differences in order.
template <Storage T>
auto contrast_ratio(std::span<contrast_layer<T> const> layers, contrast_ratio_options const& o = {}) {
  using S = arithmetic<T>;
  check_options(o);
  contrast_ratio_outcome<S> r;
  std::vector<matrix<double_for<S>>> pull, push;
  auto const towards = [&](view<T> x, view<T> y, char const* argument, matrix<double_for<S>>& g) {
    idx const n = x.rows(), d = x.cols(), sets = n > 0 ? y.rows() / n : 0;
    require(n > 0 && d > 0 && sets >= 1 && y.rows() == sets * n && y.cols() == d, "contrast_ratio: sr is [", n, ", ", d,
            "], expected whole sets of as many rows and columns as ", argument, ", got [", y.rows(), ", ", y.cols(), "]");
    require_finite(x, "contrast_ratio", "sr"), require_finite(y, "contrast_ratio", argument);
    double const each = 1 / double(y.rows());
    double sum = 0;
    g = matrix<double_for<S>>::Zero(n, d);
    if (o.distance == feature_distance::cosine) {
      matrix<double_for<S>> const a = mining::unit_rows(x, "contrast_ratio", "sr"), b = mining::unit_rows(y, "contrast_ratio", argument);
      for (idx k = 0; k < y.rows(); ++k) sum += each * (1 - a.row(k % n).dot(b.row(k))), g.row(k % n) -= each * b.row(k);
      g = engine::gradient_of_given_rows<double>(x, a, g, "contrast_ratio");
      return sum;
    }
    double const share = each / double(d);
    for (idx k = 0; k < y.rows(); ++k) {
      T const *own = x.row(k % n), *other = y.row(k);
      double* const slope = g.data() + k % n * d;
      for (idx j = 0; j < d; ++j) {
        double const off = double(own[j]) - double(other[j]);
        sum += std::abs(off) * share, slope[j] += share * double(int(off > 0) - int(off < 0));
      }
    }
    return sum;
  };
  for (auto const& l : layers) {
    r.attraction += towards(l.sr, l.positives, "positives", pull.emplace_back());
    r.repulsion += towards(l.sr, l.negatives, "negatives", push.emplace_back());
  }
  double const below = r.repulsion + o.eps;
  require(!layers.empty() && below > 0, "contrast_ratio: needs a layer, and negatives that differ from sr where eps is 0");
  r.value = S(r.attraction / below);
  for (std::size_t k = 0; k < pull.size(); ++k) {
    r.sr.emplace_back((pull[k] / below - push[k] * (r.attraction / below / below)).template cast<S>());
    require_finite(as_view(r.sr.back()), "contrast_ratio", "the gradient");
  }
  require(finite_bits(r.value), "contrast_ratio: the ratio is beyond what the scalar holds; raise eps");
  return r;
}
/// One layer.
template <class X, class P, class N>
auto contrast_ratio(X const& sr, P const& positives, N const& negatives, contrast_ratio_options const& o = {}) {
  using T = storage_of<X>;
  contrast_layer<T> const layer{as_view(sr), as_view(positives), as_view(negatives)};
  return contrast_ratio(std::span<contrast_layer<T> const>(&layer, 1), o);
}

}}  // namespace foil
