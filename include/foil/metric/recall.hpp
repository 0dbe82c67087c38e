// SPDX-License-Identifier: BSD-3-Clause
// Recall: how much of what is relevant was found.
#pragma once

#include "foil/core/option.hpp"
#include "foil/metric/judged_ranking.hpp"

namespace foil::metrics { inline namespace FOIL_ABI {

/// Relevant documents on ranks 1 .. k over all R relevant ones; in [0, 1]. With more than k relevant documents it cannot reach 1.
struct recall {
  static constexpr char const* name = "recall";
  idx k = 10;  ///< >= 1; ranks looked at
  static void options(auto list) { list("k", &recall::k, range::at_least(1)); }

  double operator()(judged_ranking const& r) const {
    idx const all = r.relevant();
    return all > 0 ? double(r.found(k)) / double(all) : 0;
  }
};

}}  // namespace foil::metrics
