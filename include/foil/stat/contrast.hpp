// SPDX-License-Identifier: BSD-3-Clause
// The positives of a row against all of its pairs: the numbers of every InfoNCE, without their cancellation.
#pragma once

#include "foil/core/numeric.hpp"
#include "foil/stat/log_sum_exp.hpp"
#include "foil/stat/mean.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// Three numbers, with P the row's positives and N its negatives:
///   log sum_{P+N} w e^u - log sum_P w e^u,   log sum_{P+N} w e^u - mean_P u,   |P| (a constant for the gradient)
/// Positives and negatives have sums of their own. Where the negatives are small beside the positives, the first number is
/// log1p of their quotient and every slope is in proportion to the negatives' share, correct in all of its digits where
/// 1 - (share of the positives) would have none.
struct contrast {
  static constexpr std::size_t width = 3;
  static constexpr bool needs_positive = true;
  using those = log_sum_exp<over::negatives>;
  using ours = log_sum_exp<over::positives>;
  when_empty empty = when_empty::skip;  ///< without a positive

  template <Scalar S>
  struct state {
    those::state<S> negatives;
    ours::state<S> positives;
    mean<over::positives>::state<S> middle;
    double share = 0;  ///< of the negatives in the whole sum, once the row is complete
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    those{}.add(s.negatives, x), add_positives(s, x);
  }
  template <Scalar S>
  in_place_result<S> add_in_place(state<S>& s, slice<S> const& x, S const* score, S scale, S* out) const {
    add_positives(s, x);
    return those{}.add_in_place(s.negatives, x, score, scale, out);
  }
  template <Scalar S>
  void add_in_place_sum(state<S>& s, S reference, S factor, S sum) const {
    those{}.add_in_place_sum(s.negatives, reference, factor, sum);
  }
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    a.negatives.merge(b.negatives), a.positives.merge(b.positives), mean<over::positives>{}.merge(a.middle, b.middle);
  }
  template <Scalar S>
  void complete(state<S>& s) const {
    bool const there = those{}.defined(s.negatives);
    s.share = there && ours{}.defined(s.positives) ? sigmoid(s.negatives.log_over(s.positives)) : double(there);
  }
  template <Scalar S>
  bool defined(state<S> const& s) const {
    return s.middle.count > 0;
  }
  template <Scalar S>
  std::array<double, 3> value(state<S> const& s) const {
    bool const there = those{}.defined(s.negatives);
    double const count = double(s.middle.count);
    if (!ours{}.defined(s.positives)) {  // none, or all of weight 0
      if (!there || count == 0) return {0, 0, count};
      return {s.negatives.log() - log_zero<double>, beyond_mean(s.negatives, s.middle), count};
    }
    double const over_sum = there ? softplus(s.negatives.log_over(s.positives)) : 0;
    return {over_sum, over_sum + beyond_mean(s.positives, s.middle), count};
  }
  template <Scalar S>
  std::array<double, 3> total_slope(state<S> const&) const {
    return {};
  }
  template <Scalar S>
  S origin(state<S> const& s) const {
    return s.middle.base;
  }
  template <Scalar S>
  S in_place_factor(state<S> const& s, S reference, std::array<S, 3> const& c) const {
    return those{}.in_place_factor(s.negatives, reference, by_negatives(s, c));
  }
  template <Scalar S>
  void slope_positives(state<S> const& s, std::array<S, 3> const& c, slice<S> const& x, S* out) const {
    if (!defined(s) || !(those{}.defined(s.negatives) || ours{}.defined(s.positives))) return;  // without a pair of weight the row is 0
    double const each = 1 / double(s.middle.count), both = double(c[0]) + double(c[1]);
    for (std::size_t p = 0; p < x.positives.size(); ++p) {
      double const share = ours{}.share(s.positives, x, p);
      out[x.positives[p]] += S(double(c[1]) * (share - each) - both * s.share * share);
    }
  }
  template <Scalar S>
  void slope(state<S> const& s, std::array<S, 3> const& c, slice<S> const& x, S* out) const {
    those{}.slope(s.negatives, by_negatives(s, c), x, out);
    slope_positives(s, c, x, out);
  }
  /// By the linear weight of a pair: e^u over the whole sum, for a negative of weight 0 too; of a positive, whose sum is divided by the
  /// whole, less e^u over the positives' sum.
  template <Scalar S>
  void weight_slope(state<S> const& s, std::array<S, 3> const& c, slice<S> const& x, S* out) const {
    those::state<S> whole = s.negatives;
    whole.merge(s.positives);
    those{}.weight_slope(whole, S(double(c[0]) + double(c[1])), x, out);
    ours{}.weight_slope(ours::state<S>{whole}, c[1], x, out);
    ours{}.weight_slope(s.positives, S(-double(c[0]) * s.share), x, out);
  }

 private:
  template <Scalar S>
  void add_positives(state<S>& s, slice<S> const& x) const {
    ours{}.add(s.positives, x), mean<over::positives>{}.add(s.middle, x);
  }
  template <Scalar S>
  S by_negatives(state<S> const& s, std::array<S, 3> const& c) const {
    return S((double(c[0]) + double(c[1])) * s.share);
  }
  /// The logarithm of a sum of exponentials, minus the mean of the positives' scores.
  template <Scalar S>
  static double beyond_mean(exp_sum<S> const& sum, mean<over::positives>::state<S> const& m) {
    return double(sum.factor) * (double(sum.reference) - double(m.base)) - m.beyond() + std::log(sum.sum);
  }
};

}}  // namespace foil::stat
