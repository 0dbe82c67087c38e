// SPDX-License-Identifier: BSD-3-Clause
// CACR: contrastive attraction and repulsion, the farther positive and the closer negative weighing more.
#pragma once

#include <tuple>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/softmax_mean.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   L_i = alpha sum_P w d - beta sum_N w d,   d = -score;  w = softmax(t_pos d) over the positives, softmax(-t_neg d) over
///   the negatives. Zheng et al. 2023, arXiv 2105.03746, with similarity::neg_sq_l2; foil::cacr does all views.
/// t = 0 weighs evenly. The gradient passes through w unless `stop_gradient_weight`. A row without either side loses
/// that part. Not bounded below: normalise the rows.
struct cacr {
  static constexpr char const* name = "cacr";
  double alpha = 1, beta = 1, t_pos = 1, t_neg = 0.9;  ///< numbers; factors of attraction and repulsion, sharpness of their weights
  bool stop_gradient_weight = false;                   ///< true: the weights w are constants for the gradient
  static void options(auto list) {
    list("alpha", &cacr::alpha, range::either_sign), list("beta", &cacr::beta, range::either_sign);
    list("t_pos", &cacr::t_pos, range::either_sign), list("t_neg", &cacr::t_neg, range::either_sign);
  }

  double scale() const { return 1; }
  auto stats() const {
    return std::tuple{stat::softmax_mean<over::positives>{.t = -t_pos, .stop = stop_gradient_weight},
                      stat::softmax_mean<over::negatives>{.t = t_neg, .stop = stop_gradient_weight}};
  }
  template <Scalar S>
  row_loss<S, 2> row(S near, S far) const {
    return {S(beta) * far - S(alpha) * near, {S(-alpha), S(beta)}};
  }
};

}}  // namespace foil::loss
