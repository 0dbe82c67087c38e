// The margin loss: positives closer than a learned boundary, negatives farther, both by a margin.
#pragma once

#include <vector>

#include "foil/loss/label_field.hpp"

namespace foil::inline FOIL_ABI::loss {

///   over triplets (a, p, n): relu(d_ap - beta + alpha) + relu(beta - d_an + alpha), summed, divided by the number of both
///   kinds of terms above zero;  + nu * beta;  d = zero_distance - score
/// A pair counts once for each triplet that it is in. beta is learnable: d value / d beta goes to *beta_gradient if given.
/// Wu et al. 2017, arXiv 1706.07567. Runs on objective with pool::self. O(B^2): pairs are weighted, triplets not listed.
struct margin_loss {
  id_list labels;
  double beta = 1.2, alpha = 0.2, nu = 0, zero_distance = 0;
  double* beta_gradient = nullptr;

  double scale() const { return 1; }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    require_labelled(u, labels, "margin_loss");
    std::vector<double> same_label(std::size_t(u.rows()));
    each_pair(labels, [&](idx i, idx, bool same) { same_label[std::size_t(i)] += same; });
    auto const excess = [&](idx i, idx j, bool same) {
      double const d = zero_distance - double(u(i, j));
      return (same ? d - beta : beta - d) + alpha;
    };
    auto const triplets = [&](idx i, bool same) {  // that hold the pair (i, j)
      double const positives = same_label[std::size_t(i)];
      return same ? double(u.rows() - 1) - positives : positives;
    };
    active_mean all;
    double balance = 0;  // active negatives minus active positives
    each_pair(labels, [&](idx i, idx j, bool same) {
      double const x = excess(i, j, same), times = triplets(i, same);
      all.add(x, times);
      if (x > 0) balance += same ? -times : times;
    });
    double const share = all.share();
    each_pair(labels, [&](idx i, idx j, bool same) {
      if (excess(i, j, same) > 0) slopes[i * u.cols() + j] = S((same ? -share : share) * triplets(i, same));
    });
    if (beta_gradient) *beta_gradient = balance * share + nu;
    return S(all.value() + nu * beta);
  }
};

}  // namespace foil::inline FOIL_ABI::loss
