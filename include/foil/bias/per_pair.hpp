// SPDX-License-Identifier: BSD-3-Clause
// A user's own weight, asked pair by pair.
#pragma once

#include "foil/core/bias_row.hpp"
#include "foil/core/numeric.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// What the rule of bias::per_pair is asked about.
template <Scalar S>
struct pair_view {
  idx row, column;  ///< anchor; column within its pool
  S score;          ///< unscaled similarity
};

/// `f(pair_view<S>)` gives the log weight, below 1e29, or `log_zero<S>` (or minus infinity). Treated as a constant: no gradient
/// flows through it. NaN and anything larger are refused, naming the call and the pair. The time goes to `f`, asked pair by pair, and to
/// branches on its answer, which a processor guesses.
template <class F>
class per_pair {
 public:
  static constexpr char const* name = "per_pair";
  explicit per_pair(F f) : f_(f) {}

  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    for (idx j = 0; j < r.size; ++j)
      if (bias[j] > log_zero_limit<S>) {
        S const w = f_(pair_view<S>{r.row, r.first + j, r.score[j]});
        bool const counts = finite_bits(w) ? w < -log_zero_limit<S> : ineligible_bits(w) && !nan_bits(w);
        require(counts, r.function ? r.function : "", r.function ? ": " : "", "bias::per_pair: the log weight of row ", r.row, ", column ",
                r.first + j, " must be a number below 1e29, got ", w);
        bias[j] = w > log_zero_limit<S> ? bias[j] + w : log_zero<S>;
      }
  }
  void check(idx, idx) const {}

 private:
  F f_;
};

}}  // namespace foil::bias
