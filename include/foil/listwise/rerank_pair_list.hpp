// SPDX-License-Identifier: BSD-3-Clause
// UniME-V2's reranker: yes or no for one pair, and the right slot of a list.
#pragma once

#include "foil/core/option.hpp"
#include "foil/listwise/cross_entropy.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// What `rerank_pair_list` returns.
template <Scalar S>
struct rerank_outcome {
  S value = 0, pair = 0, list = 0;            ///< the loss; mean of the pairs' part; mean of the lists' part, before list_weight
  matrix<S> positive, negative, list_logits;  ///< gradients
};

///   mean [CE(yes | positive) + CE(no | negative)] + list_weight * mean CE(list logits, true slot)
/// positive, negative: [B, 2] logits of (yes, no); list_logits [B, K]; target: the slot of each row. Refuses shapes that differ and slots
/// outside 0 .. K - 1. O(B K), in double. arXiv 2510.13515.
template <class P, class N, class X>
auto rerank_pair_list(P const& positive, N const& negative, X const& list_logits, id_list target, double list_weight = 1) {
  using S = typename X::Scalar;
  static_assert(Scalar<S>, "foil: rerank_pair_list takes logits as float or as double");
  check_option("rerank_pair_list", "list_weight", list_weight, range::either_sign);
  require(positive.cols() == 2 && negative.cols() == 2 && positive.rows() == list_logits.rows() && negative.rows() == list_logits.rows(),
          "rerank_pair_list: expected (yes, no) logits [", list_logits.rows(), ", 2], got [", positive.rows(), ", ", positive.cols(),
          "] and [", negative.rows(), ", ", negative.cols(), "]");
  char const* const where = "rerank_pair_list";
  require_finite(as_view(positive), where, "positive"), require_finite(as_view(negative), where, "negative");
  require_finite(as_view(list_logits), where, "list_logits");
  std::vector<idx> const yes(std::size_t(positive.rows()), 0), no(std::size_t(negative.rows()), 1);
  auto p = label_cross_entropy(positive, yes, where), n = label_cross_entropy(negative, no, where);
  auto l = label_cross_entropy(list_logits, target, where);
  for (idx k = 0; k < l.scores.size(); ++k) l.scores.data()[k] *= S(list_weight);
  S const pair = p.value + n.value, value = pair + S(list_weight) * l.value;
  require(finite_bits(pair) && finite_bits(value), "rerank_pair_list: the loss is beyond what a ", scalar_name<S>, " holds");
  return rerank_outcome<S>{value, pair, l.value, std::move(p.scores), std::move(n.scores), std::move(l.scores)};
}

}}  // namespace foil::loss
