// SPDX-License-Identifier: BSD-3-Clause
// Mega-batch margin: positives above one similarity, the hardest negative below another.
#pragma once

#include <algorithm>
#include <tuple>

#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/count.hpp"
#include "foil/stat/hardest.hpp"
#include "foil/stat/mean.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

///   L_i = relu(pos_margin - mean_P s) + relu(max_N s - neg_margin),   mean over rows; a row without negatives loses that part
/// Wieting and Gimpel 2018, arXiv 1711.05732. Cosines of pairs: objective(loss::mega_batch_margin{}).value_and_grad(q, pool::in_batch(k)).
struct mega_batch_margin {
  static constexpr char const* name = "mega_batch_margin";
  double pos_margin = 0.8, neg_margin = 0.3;  ///< numbers, similarities that either kind should reach
  static void options(auto list) {
    list("pos_margin", &mega_batch_margin::pos_margin, range::either_sign);
    list("neg_margin", &mega_batch_margin::neg_margin, range::either_sign);
  }

  double scale() const { return 1; }
  auto stats() const {
    return std::tuple{stat::mean<over::positives>{}, stat::hardest<over::negatives>{when_empty::neutral}, stat::count<>{}};
  }
  template <Scalar S>
  row_loss<S, 3> row(S positive, S negative, S count) const {
    S const p = S(pos_margin) - positive, n = count > 0 ? negative - S(neg_margin) : S(0);
    return {(std::max)(p, S(0)) + (std::max)(n, S(0)), {-S(p > 0), S(n > 0), 0}};
  }
};

}}  // namespace foil::loss
