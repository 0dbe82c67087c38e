// SPDX-License-Identifier: BSD-3-Clause
// The taper of a likelihood ratio, on negatives: weight clip(rho, a, b), constant for the gradient.
#pragma once

#include "foil/core/bias_row.hpp"
#include "foil/core/taper.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// Adds log clip(rho, a, b) to the score of each pair; a weight of 0 drops it.
/// log_ratio: [rows, columns] of log rho, nats: (score now - score when mined) / temperature for negatives mined by an
/// older encoder; -log(columns q) for negatives drawn with probability q. -inf is a ratio of 0; +inf needs a finite b.
/// The policy is the one of loss::topr. {1, 1} changes nothing; {0, inf} is sampled softmax; {0, 0} leaves no negative;
/// the default {0, 1} gives less weight to negatives that have moved away since, and none counts more than once.
/// After tapered off-policy REINFORCE, Le Roux et al. 2025, arXiv 2503.14286. O(1) a pair; the time goes
/// to clamping each log ratio between bounds.
template <Scalar T>
class taper {
 public:
  static constexpr char const* name = "taper";
  static constexpr bool drops_few = true;
  explicit taper(view<T> log_ratio, foil::taper policy = {}) : log_ratio_(log_ratio), policy_(policy) {}
  template <class M>
  requires(!is_view<std::remove_cvref_t<M>> && !std::same_as<std::remove_cvref_t<M>, taper>) explicit taper(M&& log_ratio,
                                                                                                            foil::taper policy = {})
      : taper(as_view(std::forward<M>(log_ratio)), policy) {}

  void weigh(bias_row<T> const& r, T* bias) const {
    T const* const x = log_ratio_.row(r.row) + r.first;
    T const low = policy_.lowest<T>(), high = policy_.highest<T>();
    for (idx j = 0; j < r.size; ++j) {  // no arithmetic behind a condition: the loop vectorises
      T const above = x[j] < low ? low : x[j], w = above > high ? high : above;
      T const kept = w > log_zero_limit<T> ? bias[j] : T(0), added = bias[j] > log_zero_limit<T> ? w : log_zero<T>;
      bias[j] = kept + added;
    }
  }
  void check(idx rows, idx columns, char const* where = name) const {
    policy_.check(where);
    require(log_ratio_.rows() == rows && log_ratio_.cols() == columns, where, ": ", rows, " anchors and ", columns,
            " columns, but log_ratio is [", log_ratio_.rows(), ", ", log_ratio_.cols(), "]");
    for (idx i = 0; i < rows; ++i)
      for (idx j = 0; j < columns; ++j) {
        T const x = log_ratio_(i, j);
        require(finite_bits(x) || (!nan_bits(x) && (ineligible_bits(x) || finite_bits(policy_.b))), where, ": log_ratio(", i, ", ", j,
                ") is ", nan_bits(x) ? "NaN" : "infinite, and so is b");
      }
  }
  /// Whether memory [from, to) holds any of its numbers.
  bool overlaps(void const* from, void const* to) const { return log_ratio_.overlaps(from, to); }

 private:
  view<T> log_ratio_;
  foil::taper policy_;
};
template <class M>
taper(M&&, foil::taper = {}) -> taper<storage_of<M>>;

}}  // namespace foil::bias
