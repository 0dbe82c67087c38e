// The contrastive loss over pairs: same label closer than one margin, other labels farther than another.
#pragma once

#include "foil/loss/label_field.hpp"

namespace foil::inline FOIL_ABI::loss {

///   mean relu(d_ij - pos_margin) over same-label pairs + mean relu(neg_margin - d_ij) over the others, each mean over the
///   terms above zero;  d = zero_distance - score
/// zero_distance: the score of two equal points, 0 for neg_l2, 1 for the cosine. Hadsell et al. 2006 in the linear form.
/// Runs on objective with pool::self (roles are not consulted). O(B^2).
struct contrastive_pair {
  id_list labels;
  double pos_margin = 0, neg_margin = 1, zero_distance = 0;

  double scale() const { return 1; }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    require_labelled(u, labels, "contrastive_pair");
    auto const excess = [&](idx i, idx j, bool same) {
      double const d = zero_distance - double(u(i, j));
      return same ? d - pos_margin : neg_margin - d;
    };
    active_mean near, far;
    each_pair(labels, [&](idx i, idx j, bool same) { (same ? near : far).add(excess(i, j, same)); });
    each_pair(labels, [&](idx i, idx j, bool same) {
      if (excess(i, j, same) > 0) slopes[i * u.cols() + j] = S(same ? -near.share() : far.share());
    });
    return S(near.value() + far.value());
  }
};

}  // namespace foil::inline FOIL_ABI::loss
