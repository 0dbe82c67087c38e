// SPDX-License-Identifier: BSD-3-Clause
// SADE: three experts for a long tail, one for each way the test classes may be distributed.
#pragma once

#include "foil/core/option.hpp"
#include "foil/core/score_order.hpp"
#include "foil/core/sorted_places.hpp"
#include "foil/listwise/cross_entropy.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// What `sade` returns.
template <Scalar S>
struct sade_outcome {
  S value = 0, softmax = 0, balanced = 0, inverse = 0;  ///< the sum, and the three parts
  matrix<S> expert1, expert2, expert3;                  ///< gradients
};

///   CE(e1) + CE(e2 + log prior) + CE(e3 + log prior - tau log inverse prior)
/// prior = counts / sum; inverse prior: the class of rank r (ascending prior) gets the value of rank C - 1 - r. As in the
/// authors' code equal counts rank by class number, so that of two classes with 5 items beside one with 20 the first gets
/// the inverse prior of 20, the second that of 5. Experts: logits [B, C]. Zhang et al. 2022, arXiv 2107.09249. A count of 0, shapes
/// that differ and labels outside 0 .. C - 1 are refused. O(B C + C log C), in double.
template <class X>
auto sade(X const& expert1, X const& expert2, X const& expert3, std::span<double const> counts, id_list labels, double tau = 2) {
  using S = typename X::Scalar;
  static_assert(Scalar<S>, "foil: sade takes logits as float or as double");
  idx const classes = idx(counts.size());
  check_option("sade", "tau", tau, range::either_sign);
  double all = 0;
  for (double c : counts) require(c > 0 && finite_bits(c), "sade: counts must be positive numbers, got ", c), all += c;
  auto const order = places_by(counts.size(), [&](std::size_t c) { return order_key(-counts[c]); });
  std::vector<double> prior(counts.size()), shift(counts.size());
  for (std::size_t r = 0; r < order.size(); ++r) {
    prior[order[r]] = std::log(counts[order[r]] / all);
    shift[order[r]] = prior[order[r]] - tau * std::log(counts[order[order.size() - 1 - r]] / all);
  }
  require(finite_bits(all), "sade: counts sum to more than a double holds");
  auto const part = [&](X const& expert, std::span<double const> offset, char const* argument) {
    auto const z = as_view(expert);
    require(z.cols() == classes && z.rows() == labels.size(), "sade: an expert's logits are [", z.rows(), ", ", z.cols(), "], expected [",
            labels.size(), ", ", classes, "]");
    require_finite(z, "sade", argument);
    matrix<S> moved(z.rows(), z.cols());
    for (idx i = 0; i < z.rows(); ++i)
      for (idx j = 0; j < z.cols(); ++j) moved(i, j) = S(double(z(i, j)) + (offset.empty() ? 0 : offset[std::size_t(j)]));
    return label_cross_entropy(moved, labels, "sade");
  };
  auto a = part(expert1, {}, "expert1"), b = part(expert2, prior, "expert2"), c = part(expert3, shift, "expert3");
  S const value = a.value + b.value + c.value;
  require(finite_bits(value), "sade: the loss is beyond what a ", scalar_name<S>, " holds");
  return sade_outcome<S>{value, a.value, b.value, c.value, std::move(a.scores), std::move(b.scores), std::move(c.scores)};
}

}}  // namespace foil::loss
