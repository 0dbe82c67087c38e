// SPDX-License-Identifier: BSD-3-Clause
// Best-of-N: the candidate with the best score.
#pragma once

#include "foil/score/ranking.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// The candidate of the highest score.
struct best {
  idx index = -1;                      ///< -1 if no candidate has a score
  double score = quiet_nan<double>();  ///< of the pick; NaN without one
  idx undefined = 0;                   ///< candidates whose score is NaN: never picked
};

/// argmax of the scores [N], ties to the lower index; candidates without an answer come after all that have one. NaN is
/// below -inf and never picked. Refuses an `answered` of another length. O(N).
inline best best_of_n(real_span scores, byte_mask answered = {}) {
  require_length(idx(answered.size()), scores.size(), "best_of_n", "answered");
  best r{.undefined = undefined(scores)};
  // The largest key first, which vectorises, then its place.
  std::int64_t const least = order_key(minus_infinity<double>());
  std::int64_t most = least - 1;
  for (idx i = 0; i < idx(answered.size()); ++i) most = (std::max)(most, answered[std::size_t(i)] ? order_key(scores[i]) : least - 1);
  bool const any = most >= least;
  if (!any) most = largest_key(scores, 0, scores.size());
  if (most < least) return r;
  for (r.index = 0; order_key(scores[r.index]) != most || (any && !is_on(answered, r.index));) ++r.index;
  r.score = scores[r.index];
  return r;
}

/// Bound of KL(Best-of-n || base policy) in nats, whatever the score: ln n - (n - 1) / n.
inline double best_of_n_kl_bound(idx n) {
  require(n >= 1, "best_of_n_kl_bound: n must be at least 1, got ", n);
  return std::log(double(n)) - double(n - 1) / double(n);
}

/// Picks among things that a scorer turns into numbers:
///   best_of_n(logits_of_answers, [](auto const& z) { return value_and_grad(self_certainty{}, z).value; })
// clang-format off
template <class Candidates, class Scorer>
  requires std::convertible_to<
      decltype(std::declval<Scorer&>()(*std::begin(std::declval<Candidates const&>()))), double>
best best_of_n(Candidates const& candidates, Scorer&& scorer) {
  std::vector<double> scores;
  for (auto const& candidate : candidates) scores.push_back(double(scorer(candidate)));
  return best_of_n(scores);
}
// clang-format on

}}  // namespace foil::score
