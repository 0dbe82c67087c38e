// SPDX-License-Identifier: BSD-3-Clause
// Hit rate, also called success at k.
#pragma once

#include "foil/core/option.hpp"
#include "foil/metric/judged_ranking.hpp"

namespace foil::metrics { inline namespace FOIL_ABI {

/// 1 where a relevant document stands on ranks 1 .. k, else 0.
struct hit_rate {
  static constexpr char const* name = "hit_rate";
  idx k = 10;  ///< >= 1; ranks looked at
  static void options(auto list) { list("k", &hit_rate::k, range::at_least(1)); }

  double operator()(judged_ranking const& r) const { return r.found(k) > 0 ? 1 : 0; }
};

}}  // namespace foil::metrics
