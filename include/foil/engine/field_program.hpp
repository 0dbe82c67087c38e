// SPDX-License-Identifier: BSD-3-Clause
// The interface for losses that need the whole field of scores at once: the engine collects it, the loss hands back slopes.
#pragma once

#include <vector>

#include "foil/core/view.hpp"
#include "foil/engine/row_program.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// A loss with `S field(view<S> u, S* slopes) const`: u [rows, all columns] scaled scores, slopes the same shape, zeroed. Optional:
/// reads(row, column), whether it looks at that score; where it does, a listed pool must name a candidate.
template <class L, class S>
concept FieldLoss = requires(L const& l, view<S> u, S* g) {
  l.field(u, g);
};

/// Memory: twice rows x columns. Roles of the pools are not consulted, biases refused: such a loss brings its own labels.
template <Scalar S, class L>
class field_program final : public row_program<S> {
 public:
  field_program(L const& l, idx rows, idx columns)
      : loss_(l), rows_(rows), columns_(columns), u_(std::size_t(rows * columns)), g_(u_.size()) {
    this->batched = true;
  }
  void reset(idx) override {}
  void add(idx slot, slice<S> const& x) override { std::copy_n(x.u, x.size, u_.data() + slot * columns_ + x.first); }
  row_numbers finish(idx, idx, bool, double) override { return {.status = verdict::used}; }
  total batch(std::span<idx const>, double&) override {
    return {double(loss_.field(view<S>{u_.data(), rows_, columns_, columns_}, g_.data())), 1};
  }
  total reduce(double, double, idx) const override { return {}; }
  void slope(idx slot, slice<S> const& x, S factor, S* out) const override {
    S const* const g = g_.data() + slot * columns_ + x.first;
    for (idx j = 0; j < x.size; ++j) out[j] += factor * g[j];
  }
  void weight_slope(idx, slice<S> const&, S, S*) const override {}

 private:
  L const& loss_;
  idx rows_, columns_;
  std::vector<S> u_, g_;
};

}}  // namespace foil::engine
