// SPDX-License-Identifier: BSD-3-Clause
// What a loss keeps a set of statistics for: each row, or each positive of each row where it takes them one by one.
#pragma once

#include <vector>

#include "foil/engine/row_prepass.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class row_slots {
 public:
  row_slots(problem<S> const& p, row_prepass<S> const& prepass) : p_(p), prepass_(prepass) {}

  /// Numbers the slots of rows [r0, r1) from 0 on and returns how many there are. Positives that are taken one by one must be known.
  idx open(idx r0, idx r1) {
    base_ = r0;
    first_.assign(std::size_t(r1 - r0) + 1, 0);
    for (idx i = r0; i < r1; ++i) first_[std::size_t(i - r0) + 1] = first(i) + (p_.one_by_one ? idx(prepass_.positives(i).size()) : 1);
    return first_.back();
  }
  /// The slots of row i are first(i) .. end(i) - 1.
  idx first(idx i) const { return first_[std::size_t(i - base_)]; }
  idx end(idx i) const { return first_[std::size_t(i - base_) + 1]; }

 private:
  problem<S> const& p_;
  row_prepass<S> const& prepass_;
  idx base_ = 0;
  std::vector<idx> first_;
};

}}  // namespace foil::engine
