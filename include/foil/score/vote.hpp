// SPDX-License-Identifier: BSD-3-Clause
// Votes over answers: self-consistency, and weighted votes.
#pragma once

#include "foil/core/guarded_sum.hpp"
#include "foil/core/ids.hpp"
#include "foil/score/ranking.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// What `vote` and `borda_vote` return.
struct ballot {
  idx pick_answer = -1, pick_index = -1;  ///< the winning answer and its first candidate; -1 where no total is a number
  std::vector<idx> answers;               ///< distinct answers by first occurrence
  std::vector<double> totals;             ///< weight of each answer
  std::vector<double> share;              ///< the same divided by the sum; undefined (NaN) if that is 0 or infinite
  idx unanswered = 0;                     ///< candidates without an answer
  idx undefined = 0;                      ///< answered ones whose weight is NaN (counts 0)
  idx negative = 0;                       ///< answered ones whose weight is below 0: they take votes from their own answer
};

/// total(a) = sum of the weights of the candidates with answer a; the largest total wins, ties to the answer
/// that occurs first. answers[N] are ids, negative = no answer. No weights = majority (Wang et al. 2022,
/// arXiv 2203.11171). Negative weights punish frequent answers and are counted: exponentiate log-probabilities first, or
/// let rpc do it. Refuses weights of another length. Totals are sums in double, in the order of the candidates. O(N log N)
/// time, O(N) memory.
inline ballot vote(id_argument answers, real_span weights = {}) {
  idx const n = answers.size();
  require_length(weights.size(), n, "vote", "weights");
  ballot r;
  auto const order = places_by(n, [&](idx i) { return ~answers[i]; });
  std::vector<idx> first(order.size()), firsts;  // the first candidate of each one's answer; all that are the first
  for (std::size_t j = 0; j < order.size(); ++j) {
    bool const again = j > 0 && answers[order[j]] == answers[order[j - 1]];
    first[std::size_t(order[j])] = again ? first[std::size_t(order[j - 1])] : order[j];
  }
  std::vector<guarded_sum> total(order.size());
  for (idx i = 0; i < n; ++i) {
    double const w = weights.empty() ? 1 : weights[i];
    if (answers[i] < 0)
      ++r.unanswered;
    else if (nan_bits(w))
      ++r.undefined;
    else
      total[std::size_t(first[std::size_t(i)])].add(w), r.negative += w < 0;
  }
  guarded_sum all;
  for (idx i = 0; i < n; ++i) {
    if (answers[i] < 0 || first[std::size_t(i)] != i) continue;
    firsts.push_back(i), r.answers.push_back(answers[i]), r.totals.push_back(total[std::size_t(i)].value());
    all.add(r.totals.back());
  }
  if (!firsts.empty()) {
    auto const best = std::size_t(ranking(r.totals).front());
    if (!nan_bits(r.totals[best])) r.pick_answer = r.answers[best], r.pick_index = firsts[best];
  }
  double const sum = all.value();
  for (double w : r.totals) r.share.push_back(finite_bits(sum) && sum != 0 ? w / sum : quiet_nan<double>());
  return r;
}

}}  // namespace foil::score
