// SPDX-License-Identifier: BSD-3-Clause
// d loss / d scale, the factor on similarities, and d loss / d shift, a constant added to every scaled score.
#pragma once

#include "foil/engine/passes.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Adds up, in row order, the rows' sums that the backward pass left; `factor` multiplies all slopes.
template <Scalar S>
void add_scale_gradient(pass_state<S>& s, passes<S>& p, double factor) {
  column_totals<S> const* const columns = p.totals();
  // The sum of a row's slopes is known without adding them up.
  bool const has_total_slopes = s.program.has_total_slopes && (!columns || columns->program.has_total_slopes),
             no_scores = columns && p.columns()->forgets_scores();
  for (idx i = 0; i < s.p.rows; ++i) {
    double const shift = has_total_slopes ? double(s.factor) * s.totals.total_slope(i) : s.slopes.sum(i);
    // sum_j slope_j score_j is anchor . gradient, too.
    double const dot = no_scores ? s.gradient.along_anchor(*s.p.pools[0], i) / double(s.p.scale)
                                 : s.slopes.score_sum(i) + double(s.slopes.origin(i)) * shift;
    s.out.scale += factor * dot, s.out.shift += factor * shift;
  }
  if (columns && has_total_slopes && s.p.rows > 0) {
    double const shift = factor * columns->total_slope();
    s.out.shift += shift;
    if (!no_scores) s.out.scale += shift * double(s.slopes.origin(0));
  }
}
/// Refuses a gradient that is no number; called after the gradients of rows, whose errors name a row.
template <Scalar S>
void check_scale_gradient(pass_state<S> const& s) {
  require(finite_bits(s.out.scale) && finite_bits(s.out.shift), s.p.function,
          ": the gradient of the scale or of a common offset is more than ", scalar_name<S>,
          " holds; scale the embeddings or raise the temperature");
}

}}  // namespace foil::engine
