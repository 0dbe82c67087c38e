// SPDX-License-Identifier: BSD-3-Clause
// What the phases of a call share: the field of scores, the slices of its rows, their totals, gradients.
#pragma once

#include <utility>
#include <vector>

#include "foil/engine/row_totals.hpp"
#include "foil/engine/score_range.hpp"
#include "foil/engine/score_slopes.hpp"
#include "foil/engine/slice_builder.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// The objects that the phases of one call share.
template <Scalar S>
struct pass_state {
  problem<S> const& p;
  row_program<S>& program;
  outcome<S> out;
  grid<S> field;
  row_prepass<S> prepass;
  row_slots<S> slots;
  slice_builder<S> slices;
  row_totals<S> totals;
  gradients<S> gradient;
  score_slopes<S> slopes;
  S factor = 1;                       ///< on slopes of rows
  std::vector<char> may_leave_range;  ///< per pool: scores may be beyond what statistics take

  /// `both`: columns have statistics too. The outcome is written in the memory of `reuse`, an earlier one or an empty one.
  pass_state(problem<S> const& problem, row_program<S>& rows, bool both, outcome<S> reuse)
      : p(problem),
        program(rows),
        out((reuse.clear(), std::move(reuse))),
        field(p, rows.batched || both, both),
        prepass(p, field),
        slots(p, prepass),
        slices(p, field, prepass, slots),
        totals(p.function, rows, out, p.rows),
        gradient(p, field),
        slopes(p, field, gradient) {
    out.chosen = field.chosen(), out.scale_used = double(p.scale);
    for (pool_access<S> const* pool : p.pools) may_leave_range.push_back(engine::may_leave_range(*pool, double(p.scale)));
    gradient.open(out);
  }
  pass_state(pass_state const&) = delete;

  void open_slots(idx r0, idx r1) { program.reset(slots.open(r0, r1)); }
  /// Roles and weights of a slice that the forward pass meets.
  void label_and_count(workspace<S>& d, std::size_t n, idx i, idx j, idx count, S const* s) {
    if (may_leave_range[n]) require_in_range(p.function, n, i, j, s, count, double(p.scale));
    idx const negatives = slices.label(d, n, i, j, count, s) ? count : simd::count_live(d.bias, count);
    totals.count(i, idx(d.labels.positives.size()), negatives, d.labels.had_negatives);
  }
  /// The statistics of row i have seen all of its scores.
  void finish_row(idx i) {
    if (!p.anchor_groups.empty() && p.anchor_groups[0]->is_bad(i)) return;
    idx const s0 = slots.first(i), s1 = slots.end(i);
    if (s0 < s1) slopes.set_origin(i, program.origin(s0));
    totals.finish(i, s0, s1, p.mean_of_positives && s0 < s1 ? 1 / double(s1 - s0) : 1);
  }
};

}}  // namespace foil::engine
