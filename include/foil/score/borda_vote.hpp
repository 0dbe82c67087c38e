// SPDX-License-Identifier: BSD-3-Clause
// Borda voting: candidates vote for their answer with a power of their rank.
#pragma once

#include "foil/core/option.hpp"
#include "foil/score/vote.hpp"

namespace foil::score { inline namespace FOIL_ABI {

enum class rank_ties {
  stable,   ///< equal scores are ranked in their order
  average,  ///< equal scores share their mean vote: permuting the candidates changes nothing
};

/// Options of `borda_vote` and `borda_weights`.
struct borda_options {
  static constexpr char const* name = "borda_vote";
  double power = 0.5;                  ///< >= 0; 0 = majority, 1 = classic Borda, large = Best-of-N; 0.3 to 2 is useful
  rank_ties ties = rank_ties::stable;  ///< how equal scores are ranked
  bool relative = false;               ///< votes ((N-r+1)/N)^power: the same winner and shares, and never too large
  static void options(auto list) {
    list("power", &borda_options::power, range::not_negative), list("ties", &borda_options::ties, rank_ties::average);
  }
};

namespace detail {
inline std::vector<double> borda_weights(char const* where, real_span scores, borda_options const& options) {
  check_options(where, options);
  double const n = double(scores.size());
  require(options.relative || options.power * std::log((std::max)(n, 1.0)) < 709, where, ": power ", options.power, " of ", n,
          " candidates overflows, set relative");
  std::vector<idx> const order = ranking(scores);
  std::vector<double> votes(order.size());
  for (std::size_t first = 0, end = 0; first < order.size(); first = end) {
    auto const vote = [&](std::size_t r) { return std::pow((n - double(r)) / (options.relative ? n : 1), options.power); };
    while (end < order.size() && order_key(scores[order[end]]) == order_key(scores[order[first]])) ++end;
    double mean = 0;  // whose sum could be beyond a double
    for (std::size_t r = first; r < end && options.ties == rank_ties::average; ++r) mean += vote(r) / double(end - first);
    for (std::size_t r = first; r < end; ++r) votes[std::size_t(order[r])] = options.ties == rank_ties::stable ? vote(r) : mean;
  }
  return votes;
}
}  // namespace detail

/// Vote of each candidate, (N - r + 1)^power for rank r = 1 .. N by score over all candidates, answered or
/// not; undefined scores take the last ranks. Refuses votes that overflow (ask for relative ones). O(N log
/// N).
inline std::vector<double> borda_weights(real_span scores, borda_options const& options = {}) {
  return detail::borda_weights("borda_weights", scores, options);
}

/// vote() of answers [N] with borda_weights of scores [N], whose sum must not overflow either. O(N log N). Kang et al. 2025, arXiv
/// 2502.18581.
inline ballot borda_vote(id_argument answers, real_span scores, borda_options const& options = {}) {
  double const n = (std::max)(double(scores.size()), 1.0);
  bool const fits = options.power * std::log(n) + std::log1p(n / (options.power + 1)) < 709;  // the votes' sum
  require(options.relative || fits || !(options.power > 0), "borda_vote: power ", options.power, " of ", n,
          " candidates: the sum of votes overflows, set relative");
  require(scores.size() == answers.size(), "borda_vote: scores must have one element for each of the ", answers.size(), " answers, got ",
          scores.size());
  return vote(answers, detail::borda_weights("borda_vote", scores, options));
}

}}  // namespace foil::score
