// SPDX-License-Identifier: BSD-3-Clause
// Reciprocal rank; its mean over queries is MRR.
#pragma once

#include "foil/core/option.hpp"
#include "foil/metric/judged_ranking.hpp"

namespace foil::metrics { inline namespace FOIL_ABI {

/// 1 / rank of the first relevant document, 0 where none stands on ranks 1 .. k; in [0, 1].
struct mrr {
  static constexpr char const* name = "mrr";
  idx k = every_rank;  ///< >= 1; ranks looked at
  static void options(auto list) { list("k", &mrr::k, range::at_least(1)); }

  double operator()(judged_ranking const& r) const {
    double best = 0;
    r.each_relevant(k, [&](idx rank, idx number) { best = number == 1 ? 1 / double(rank) : best; });
    return best;
  }
};

}}  // namespace foil::metrics
