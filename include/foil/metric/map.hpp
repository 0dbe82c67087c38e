// SPDX-License-Identifier: BSD-3-Clause
// Average precision; its mean over queries is MAP. At R: Musgrave et al. 2020.
#pragma once

#include "foil/core/option.hpp"
#include "foil/metric/judged_ranking.hpp"

namespace foil::metrics { inline namespace FOIL_ABI {

/// Sum of the precisions at the ranks of relevant documents up to k, over all R relevant documents; in [0, 1].
struct map {
  static constexpr char const* name = "map";
  idx k = every_rank;  ///< >= 1; ranks looked at
  static void options(auto list) { list("k", &map::k, range::at_least(1)); }

  double operator()(judged_ranking const& r) const {
    double sum = 0;
    r.each_relevant(k, [&](idx rank, idx number) { sum += double(number) / double(rank); });
    idx const all = r.relevant();
    return all > 0 ? sum / double(all) : 0;
  }
};

/// The same on ranks 1 .. R, with R the number of relevant documents: 1 only if they stand on exactly these. Musgrave, Belongie and
/// Lim 2020, arXiv 2003.08505.
struct map_at_r {
  static constexpr char const* name = "map_at_r";
  double operator()(judged_ranking const& r) const {
    idx const all = r.relevant();
    return all > 0 ? map{all}(r) : 0;
  }
};

}}  // namespace foil::metrics
