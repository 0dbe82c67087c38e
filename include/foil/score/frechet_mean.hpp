// SPDX-License-Identifier: BSD-3-Clause
// Predictions on a metric space of classes: the class nearest, in the mean, to all that may be true (Loki).
#pragma once

#include <cmath>

#include "foil/core/option.hpp"
#include "foil/score/best_of_n.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// What `frechet_mean` returns.
struct frechet_result {
  matrix<double> cost;    ///< [B, classes] sum_k p_k d(k, y)^power
  std::vector<idx> pick;  ///< [B] class of the lowest cost, ties to the lower index; -1 if there are no classes
};

/// argmin_y sum_k p_k d(k, y)^power of probabilities [B, K] over the K observed classes and distances [K, classes] from them to
/// all classes, seen or not: a class that was never observed can be predicted. Where all classes are equally far from each
/// other that is the argmax. Weights other than probabilities are taken, but logits are not: a constant added to a row would
/// change its pick. Roberts et al. 2023, Loki. Refuses shapes that do not fit, numbers that are not finite, distances below 0.
/// O(B K classes).
template <class P, class D>
frechet_result frechet_mean(P const& probabilities, D const& distances, double power = 2) {
  auto const p = as_view(probabilities);
  auto const d = as_view(distances);
  check_option("frechet_mean", "power", power, range::positive);
  require(p.cols() == d.rows(), "frechet_mean: ", p.cols(), " probabilities a row need as many rows of distances, got ", d.rows());
  require_finite(p, "frechet_mean", "probabilities"), require_finite(d, "frechet_mean", "distances");
  matrix<double> far(d.rows(), d.cols());
  for (idx k = 0; k < d.rows(); ++k)
    for (idx y = 0; y < d.cols(); ++y) {
      require(!(double(d(k, y)) < 0), "frechet_mean: the distance of class ", k, " to class ", y, " is ", double(d(k, y)));
      far(k, y) = std::pow(double(d(k, y)), power);
    }
  frechet_result r;
  r.cost.setZero(p.rows(), d.cols());
  for (idx b = 0; b < p.rows(); ++b) {
    for (idx k = 0; k < p.cols(); ++k)
      for (idx y = 0; y < d.cols(); ++y) r.cost(b, y) += double(p(b, k)) * far(k, y);
    idx pick = d.cols() > 0 ? 0 : -1;
    for (idx y = 0; y < d.cols(); ++y) {
      require(finite_bits(r.cost(b, y)), "frechet_mean: the costs of row ", b, " are beyond what a double holds");
      if (r.cost(b, y) < r.cost(b, pick)) pick = y;
    }
    r.pick.push_back(pick);
  }
  return r;
}

/// The class to observe next: of those that are not covered (one byte a class, 0 = not) the one farthest from its nearest
/// covered class, ties to the lower index; without a covered class the first, and -1 when all are. distances [classes,
/// classes]. O(classes^2).
template <class D>
idx farthest_class(D const& distances, std::span<unsigned char const> covered) {
  auto const d = as_view(distances);
  idx const n = d.rows();
  require(d.cols() == n && idx(covered.size()) == n, "farthest_class: distances must be square, with one byte of covered a class, got [", n,
          ", ", d.cols(), "] and ", idx(covered.size()));
  require_finite(d, "farthest_class", "distances");
  idx pick = -1;
  double farthest = -1;
  for (idx y = 0; y < n; ++y) {
    if (covered[std::size_t(y)]) continue;
    double nearest = (std::numeric_limits<double>::max)();
    for (idx k = 0; k < n; ++k)
      if (covered[std::size_t(k)]) nearest = (std::min)(nearest, double(d(k, y)));
    if (pick < 0 || nearest > farthest) pick = y, farthest = nearest;
  }
  return pick;
}

}}  // namespace foil::score
