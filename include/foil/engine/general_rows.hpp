// SPDX-License-Identifier: BSD-3-Clause
// Rows of any loss: the forward pass leaves the scores, and the backward pass asks the statistics again.
#pragma once

#include "foil/engine/row_pass.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class general_rows final : public row_pass<S> {
 public:
  explicit general_rows(pass_state<S>& s) : s_(s) {}

  void forward(workspace<S>& d, block<S> const& tile) override {
    tile.each_slice([&](idx i, idx j, idx count, S* s) {
      s_.label_and_count(d, tile.n, i, j, count, s);
      add(d, tile.n, i, j, count, s);
    });
  }
  void backward(workspace<S>& d, block<S> const& tile) override {
    tile.each_slice([&](idx i, idx j, idx count, S* s) { slope(d, tile.n, i, j, count, s); });
  }

  /// A labelled slice.
  void add(workspace<S>& d, std::size_t n, idx i, idx j, idx count, S const* s) {
    s_.slices.for_each_slot(d, n, i, j, count, s, [&](idx slot, slice<S> const& x) { s_.program.add(slot, x); });
  }
  void slope(workspace<S>& d, std::size_t n, idx i, idx j, idx count, S* s) {
    s_.slices.label(d, n, i, j, count, s);
    s_.slices.for_each_slot(d, n, i, j, count, s, [&](idx slot, slice<S> const& x) { s_.program.slope(slot, x, s_.factor, d.g.data()); });
    if (s_.p.weight_gradient[n]) {
      s_.slices.label_unweighted(d, n, i, j, count, s);
      s_.slices.for_each_slot(d, n, i, j, count, s,
                              [&](idx slot, slice<S> const& x) { s_.program.weight_slope(slot, x, s_.factor, &s_.out.weights[n](i, j)); });
    }
    s_.slopes.replace(n, i, j, s, d.g.data(), count);
  }

 private:
  pass_state<S>& s_;
};

}}  // namespace foil::engine
