// SPDX-License-Identifier: BSD-3-Clause
// The margin loss: positives closer than a learned boundary, negatives farther, both by a margin.
#pragma once

#include <tuple>

#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/loss/triplet.hpp"
#include "foil/stat/active_sum.hpp"
#include "foil/stat/count.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   over triplets (a, p, n): relu(d_ap - beta + alpha) + relu(beta - d_an + alpha), summed, divided by the number of both
///   kinds of terms above zero;  d = zero_distance - score
/// A pair counts once for each triplet that it is in: row sums times the row's number of the other side, no list of
/// triplets. beta is learnable: d value / d beta is the outcome's `shift`. Wu et al. 2017, arXiv 1706.07567.
/// zero_distance: the score of two equal points, 0 for neg_l2. foil::margin_loss adds the price nu * beta.
struct margin_loss {
  static constexpr char const* name = "margin_loss";
  double beta = 1.2, alpha = 0.2, zero_distance = 0;  ///< numbers, distances; boundary, half width of the margin, see above
  static void options(auto list) {
    list("beta", &margin_loss::beta, range::either_sign), list("alpha", &margin_loss::alpha, range::either_sign);
    list("zero_distance", &margin_loss::zero_distance, range::either_sign);
  }

  double scale() const { return 1; }
  auto stats() const {
    return std::tuple{stat::active_sum<over::positives, hinge>{.k = -1, .c = zero_distance - beta + alpha},
                      stat::active_sum<over::negatives, hinge>{.k = 1, .c = beta - zero_distance + alpha}, stat::count<over::positives>{},
                      stat::count<over::negatives>{}};
  }
  template <Scalar S>
  row_loss<S, 6> row(S near, S near_active, S far, S far_active, S positives, S negatives) const {
    return {near * negatives + far * positives, {negatives, 0, positives, 0, 0, 0}, near_active * negatives + far_active * positives};
  }
};

}}  // namespace foil::loss
