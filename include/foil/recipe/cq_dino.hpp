// SPDX-License-Identifier: BSD-3-Clause
// CQ-DINO's classifier: objects of an image against category queries.
#pragma once

#include <cmath>
#include <vector>

#include "foil/engine/objective.hpp"
#include "foil/loss/focal.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/roles/masks.hpp"
#include "foil/similarity/dot.hpp"

namespace foil { inline namespace FOIL_ABI {

/// loss::focal of z = <object_i, category_j> / sqrt(dim) + bias; the option `temperature` multiplies sqrt(dim). objects [B, dim],
/// categories [C, dim], target [B, C] of 0 and 1. The bias is learnable and starts at -log(99), a share of 1 in 100. Result: anchors
/// d/dobjects, pools[0] d/dcategories, shift d/dbias. Cost: the products; scores are streamed; the time goes to focal's
/// terms. Sun et al. 2025, arXiv 2503.18430.
template <class Q, class K, class T>
auto cq_dino(Q const& objects, K const& categories, T const& target, loss::focal options = {.bias = -std::log(99.0)}, execution how = {}) {
  check_options("cq_dino", options);
  auto const y = as_view(target);
  require(y.rows() == objects.rows() && y.cols() == categories.rows(), "cq_dino: ", objects.rows(), " objects and ", categories.rows(),
          " categories, but the target is [", y.rows(), ", ", y.cols(), "]");
  std::vector<unsigned char> positive, negative;
  for (idx i = 0; i < y.rows(); ++i)
    for (idx j = 0; j < y.cols(); ++j) {
      require(y(i, j) == 0 || y(i, j) == 1, "cq_dino: a target must be 0 or 1, got ", double(y(i, j)), " at row ", i, ", column ", j);
      positive.push_back(y(i, j) == 1), negative.push_back(y(i, j) == 0);
    }
  if (objects.cols() > 0) options.temperature *= std::sqrt(double(objects.cols()));
  return objective(options, similarity::dot{}, reduce::mean{}, how)
      .named("cq_dino")
      .value_and_grad(objects, pool::in_batch(categories, roles::masks(positive, negative, categories.rows())));
}

}}  // namespace foil
