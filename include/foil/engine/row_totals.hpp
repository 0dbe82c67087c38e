// SPDX-License-Identifier: BSD-3-Clause
// Counts of the rows' pairs, their losses, and the totals of all rows. Rows are counted and finished by any worker.
#pragma once

#include <span>
#include <vector>

#include "foil/core/numeric.hpp"
#include "foil/engine/outcome.hpp"
#include "foil/engine/row_program.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class row_totals {
 public:
  /// Errors bear the name of `function`; per-row numbers and totals go to `out`.
  row_totals(char const* function, row_program<S>& program, outcome<S>& out, idx rows)
      : function_(function), program_(program), out_(out), rows_(std::size_t(rows)) {
    auto const n = std::size_t(rows);
    out.rows.assign(n, S(0)), out.used.assign(n, 0), out.kept.assign(n, 0), out.positives.assign(n, 0);
  }

  /// A slice's pairs: `negatives` of them after the biases, `had_negatives`: there were some before.
  void count(idx i, idx positives, idx negatives, bool had_negatives) {
    out_.positives[std::size_t(i)] += positives, out_.kept[std::size_t(i)] += negatives;
    rows_[std::size_t(i)].had_negatives |= had_negatives;
  }
  /// The row's slots, whose statistics are complete; each counts `share` of its loss.
  void finish(idx i, idx first_slot, idx end_slot, double share) {
    row& own = rows_[std::size_t(i)];
    for (idx s = first_slot; s < end_slot; ++s) {
      row_numbers const r = program_.finish(s, i, own.had_negatives, share);
      own.refused |= r.status == verdict::refused;
      if (r.status != verdict::used) continue;
      out_.used[std::size_t(i)] = 1;
      own.value += r.value, own.weight += r.weight, own.scale += r.scale;
      own.clamped |= r.clamped;
      if (!program_.batched) own.total_slope += program_.total_slope(s);
    }
    out_.rows[std::size_t(i)] = S(own.value);
  }
  bool used(idx i) const { return out_.used[std::size_t(i)] != 0; }
  /// The row's loss needs a negative and had none.
  bool refused(idx i) const { return rows_[std::size_t(i)].refused; }
  /// The sum of d row / d u over the row's pairs, where the program knows it.
  double total_slope(idx i) const { return rows_[std::size_t(i)].total_slope; }
  /// Adds to d row / d scale what the formula of the row does not know.
  void add_scale(idx i, double derivative) { rows_[std::size_t(i)].scale += derivative; }

  /// Totals of all rows, in row order, in double; then the formulas that couple rows.
  total add_up() {
    double sum = 0, weight = 0;
    std::vector<idx> used;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      row const& own = rows_[i];
      require_representable(own.value, "row", idx(i));
      sum += own.value, weight += own.weight, out_.scale += own.scale;
      out_.rows_used += out_.used[i], out_.clamped += own.clamped;
      if (program_.batched && out_.used[i]) used.push_back(idx(i));
    }
    total const t = program_.batched ? program_.batch(used, out_.scale) : program_.reduce(sum, weight, idx(rows_.size()));
    for (idx i : used) rows_[std::size_t(i)].total_slope = program_.total_slope(i);
    out_.scale *= t.factor;
    if (t.all_rows) out_.rows_used = idx(rows_.size());
    out_.value = S(t.value);
    return t;
  }
  void require_representable(double value, char const* what, idx i) const {
    require(finite_bits(S(value)), function_, ": the loss of ", what, " ", i, " is more than ", scalar_name<S>, " holds, ", value,
            "; scale the embeddings or raise the temperature");
  }

 private:
  struct row {
    double value = 0, weight = 0, scale = 0, total_slope = 0;
    bool had_negatives = false, clamped = false, refused = false;
  };

  char const* function_;
  row_program<S>& program_;
  outcome<S>& out_;
  std::vector<row> rows_;
};

}}  // namespace foil::engine
