// SPDX-License-Identifier: BSD-3-Clause
// The mean under weights of the rows: sum of w_i loss_i over sum of w_i.
#pragma once

#include "foil/core/list_view.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/row_loss.hpp"

namespace foil::reduce { inline namespace FOIL_ABI {

/// weights: one per anchor, >= 0. Viewed: what the list holds at a call counts.
class weighted {
 public:
  explicit weighted(list_view<double> weights) : weights_(weights) {}

  void check(idx rows) const {
    require(idx(weights_.size()) == rows, "reduce::weighted: ", rows, " anchors, but ", weights_.size(), " weights");
    double largest = 0;
    for (double w : weights_) {
      require(!nan_bits(w) && w >= 0 && w < 1e300, "reduce::weighted: a weight must be finite and >= 0, got ", w);
      largest = w > largest ? w : largest;
    }
    __atomic_store(&largest_, &largest, __ATOMIC_RELAXED);
  }
  double share(idx row, double) const {
    double largest = 0;
    __atomic_load(&largest_, &largest, __ATOMIC_RELAXED);
    return largest > 0 ? weights_[std::size_t(row)] / largest : 0;
  }
  total finish(double sum, double weight, idx) const {
    double const f = weight > 0 ? 1 / weight : 0;
    return {sum * f, f};
  }
  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return weights_.overlaps(from, to); }

 private:
  list_view<double> weights_;
  /// As the last check found it; the mean is one of quotients, so that tiny weights and huge ones are as good as others. Read and
  /// written atomically: calls at the same time may share an objective.
  mutable double largest_ = 0;
};

}}  // namespace foil::reduce
