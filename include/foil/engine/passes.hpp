// SPDX-License-Identifier: BSD-3-Clause
// Chooses how rows go over the scores, and columns where the loss has both directions.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "foil/engine/column_side.hpp"
#include "foil/engine/in_place_rows.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class passes {
 public:
  /// `side`: the loss's other direction, null for rows alone.
  passes(pass_state<S>& s, column_side<S> const* side) {
    if (side) totals_.emplace(s, side->program, side->share);
    if (works_in_place(s, side)) {
      auto rows = std::make_unique<in_place_rows<S>>(s, *s.program.in_place);
      if (side) columns_ = side->beside_in_place(s, *rows, *totals_);
      rows_ = std::move(rows);
    } else {
      rows_ = std::make_unique<general_rows<S>>(s);
      if (side) columns_ = side->beside_general(s, *rows_, *totals_);
    }
  }

  /// The pass over a pool's scores; over those of the first pool the columns' pass, if any, which takes rows and columns together.
  row_pass<S>& of(std::size_t pool) { return columns_ && pool == 0 ? *columns_ : *rows_; }
  /// Both null for rows alone.
  column_pass<S>* columns() const { return columns_.get(); }
  column_totals<S>* totals() { return totals_ ? &*totals_ : nullptr; }

 private:
  /// Not where gradients of weights are wanted, which need the scores again, nor beside columns of anything but sums of exponentials of
  /// products.
  static bool works_in_place(pass_state<S> const& s, column_side<S> const* side) {
    auto const& weights = s.p.weight_gradient;
    bool const wanted = std::any_of(weights.begin(), weights.end(), [](char w) { return w; });
    return s.program.in_place && !wanted && (!side || (s.program.shared_exp && !s.p.pools[0]->has_link));
  }

  std::optional<column_totals<S>> totals_;
  std::unique_ptr<row_pass<S>> rows_;
  std::unique_ptr<column_pass<S>> columns_;
};

}}  // namespace foil::engine
