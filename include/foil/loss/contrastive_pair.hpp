// SPDX-License-Identifier: BSD-3-Clause
// The contrastive loss over pairs: positives closer than one margin, negatives farther than another.
#pragma once

#include <span>
#include <tuple>

#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/loss/triplet.hpp"
#include "foil/stat/active_sum.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   mean relu(d - pos_margin) over positive pairs + mean relu(neg_margin - d) over negative pairs, each mean over the
///   terms above zero (0 if there is none);  d = zero_distance - score
/// zero_distance: the score of two equal points, 0 for neg_l2, 1 for the cosine. Hadsell et al. 2006 in the linear form.
/// Over a labelled batch: pool::self(z, roles::by_label(labels)). Couples all rows.
struct contrastive_pair {
  static constexpr char const* name = "contrastive_pair";
  double pos_margin = 0, neg_margin = 1, zero_distance = 0;  ///< numbers, distances; see above
  static void options(auto list) {
    list("pos_margin", &contrastive_pair::pos_margin, range::either_sign),
        list("neg_margin", &contrastive_pair::neg_margin, range::either_sign);
    list("zero_distance", &contrastive_pair::zero_distance, range::either_sign);
  }

  double scale() const { return 1; }
  auto stats() const {
    return std::tuple{stat::active_sum<over::positives, hinge>{.k = -1, .c = zero_distance - pos_margin},
                      stat::active_sum<over::negatives, hinge>{.k = 1, .c = neg_margin - zero_distance}};
  }
  template <Scalar S>
  S batch(std::span<std::array<S, 4>> rows, std::span<std::array<S, 4>> partial, S& scale_out) const {
    double sum[2] = {0, 0}, active[2] = {0, 0};
    for (auto const& r : rows)
      for (std::size_t side : {0u, 1u}) sum[side] += double(r[2 * side]), active[side] += double(r[2 * side + 1]);
    auto const share = [&](std::size_t side) { return active[side] > 0 ? 1 / active[side] : 0; };
    for (auto& p : partial) p = {S(share(0)), 0, S(share(1)), 0};
    scale_out = 0;
    return S(sum[0] * share(0) + sum[1] * share(1));
  }
};

}}  // namespace foil::loss
