// SPDX-License-Identifier: BSD-3-Clause
// One positive against each of the others by a pair logistic: BPR, and STAR's pairs.
#pragma once

#include "foil/listwise/list_loss.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   sum over j >= 1 of w_j softplus(s_j - s_0),   mean over pairs: divided by the sum of w
/// Column 0 is the positive. Targets, if given, are the weights w >= 0 of the pairs (a 0/1 mask; column 0's is not read),
/// else 1. Every pair is a softmax of two, so this is RankNet, not InfoNCE. BPR: Rendle et al. 2009, arXiv 1205.2618;
/// STAR: Zhan et al. 2021, arXiv 2104.08051.
struct bpr {
  static constexpr char const* name = "bpr";
  static constexpr bool needs_targets = false;

  list_row row(std::span<double const> s, std::span<double const> w, std::span<double> slope) const {
    list_row r{0, 0};
    for (std::size_t j = 1; j < s.size(); ++j) {
      double const weight = w.empty() ? 1 : w[j];
      require(weight >= 0, "bpr: weights of pairs must be >= 0, got ", weight, " in column ", idx(j));
      logistic<double> const at(s[j] - s[0]);
      double const d = weight * at.sigmoid();
      r.value += weight * at.softplus(), r.weight += weight;
      slope[j] += d, slope[0] -= d;
    }
    return r;
  }
};

}}  // namespace foil::loss
