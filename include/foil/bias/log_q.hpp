// SPDX-License-Identifier: BSD-3-Clause
// The log-Q correction of sampled softmax: a negative drawn with probability q counts 1/q.
#pragma once

#include "foil/core/bias_row.hpp"
#include "foil/core/list_view.hpp"
#include "foil/core/numeric.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// Adds -log q of the column to the log weights of negatives, as Bengio and Senecal 2008 do: a positive's score stays as it is, where Yi et
/// al. 2019 correct it as well, and nothing is divided by the number of draws. The time goes to the way from double to the scores' type.
class log_q {
 public:
  static constexpr char const* name = "log_q";
  static constexpr bool drops_few = true;
  explicit log_q(list_view<double> log_probability) : log_q_(log_probability) {}

  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    for (idx j = 0; j < r.size; ++j)
      if (bias[j] > log_zero_limit<S>) bias[j] -= S(log_q_[std::size_t(r.first + j)]);
  }
  void check(idx, idx columns, char const* where = name) const {
    require(idx(log_q_.size()) == columns, where, ": ", columns, " columns, but ", log_q_.size(), " log probabilities");
    for (double q : log_q_) require(finite_bits(q) && q < 1e29 && q > -1e29, where, ": a log probability must be a finite number, got ", q);
  }
  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return log_q_.overlaps(from, to); }

 private:
  list_view<double> log_q_;
};

}}  // namespace foil::bias
