// SPDX-License-Identifier: BSD-3-Clause
// Precision: how much of what was found is relevant; at a fixed rank, or at as many ranks as there are relevant documents.
#pragma once

#include "foil/core/option.hpp"
#include "foil/metric/judged_ranking.hpp"

namespace foil::metrics { inline namespace FOIL_ABI {

/// Relevant documents on ranks 1 .. k over k, also where fewer than k documents were found; in [0, 1].
struct precision {
  static constexpr char const* name = "precision";
  idx k = 10;  ///< >= 1; ranks looked at
  static void options(auto list) { list("k", &precision::k, range::at_least(1)); }

  double operator()(judged_ranking const& r) const { return double(r.found(k)) / double(k); }
};

/// Precision at rank R, the number of relevant documents; there it equals recall. In [0, 1].
struct r_precision {
  static constexpr char const* name = "r_precision";
  double operator()(judged_ranking const& r) const {
    idx const all = r.relevant();
    return all > 0 ? double(r.found(all)) / double(all) : 0;
  }
};

}}  // namespace foil::metrics
