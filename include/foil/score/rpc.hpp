// SPDX-License-Identifier: BSD-3-Clause
// Reasoning-pruning perplexity consistency: votes by probability, after pruning the improbable paths.
#pragma once

#include <limits>
#include <optional>

#include "foil/core/option.hpp"
#include "foil/score/vote.hpp"
#include "foil/score/weibull_mixture.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// Options of rpc.
struct rpc_options {
  bool prune = true;                            ///< drop paths of the component of lower mean; false: perplexity consistency alone
  std::optional<weibull_mixture> mixture = {};  ///< of the probabilities e^logprob; fitted to them if absent
};

/// What `rpc` returns.
struct rpc_result {
  ballot votes;                            ///< totals in units of e^logprob; pruned answers stay with total 0
  std::vector<unsigned char> keep;         ///< 0 for pruned and undefined paths
  std::vector<double> posterior;           ///< P(component of higher mean); undefined (NaN) for probability 0
  std::optional<weibull_mixture> mixture;  ///< what was used, higher mean first, in units of x; none if nothing could be fitted
  bool coinciding = false;                 ///< the components are too close to tell paths apart: nothing was pruned by them
  double nll = quiet_nan<double>();        ///< of the paths of positive probability
  idx undefined = 0;                       ///< NaN log-probabilities: neither fitted nor kept
};

/// x_i = e^logprob_i (pass the mean log-probability of a path; the sum gives path probabilities). Shares and pick are right however
/// small x is; totals and the mixture's scales underflow to 0 below e^-745. Path i is dropped if x_i = 0, or if
/// P(component of higher mean | x_i) < 0.5 and x_i is below the mean of the positive x: the largest always stays. Then each answer
/// gets the sum of x over its distinct kept completions (completion_ids[N], equal = same text; absent = all distinct); of one text
/// with several log-probabilities the largest counts, in whatever order they come. Fewer than two distinct positive x and no given mixture:
/// nothing is fitted or dropped. Nor is anything dropped where the components coincide: their means are within a fiftieth of the
/// narrower one's width, roughly, and, of a given mixture, their shapes within a fiftieth of each other; which of them is "higher" is
/// then rounding. Unanswered paths (answer < 0) are fitted but do not vote. Refuses log-probabilities above 700, lists of unequal length,
/// and a mixture whose weight is not inside 0 .. 1 or whose shapes and scales are not positive. Zhou et al. 2025, arXiv 2510.15444. O(N
/// log N) and the fit; deterministic.
inline rpc_result rpc(id_argument answers, real_span logprob, id_argument completion_ids = {}, rpc_options const& options = {}) {
  idx const n = logprob.size();
  require(answers.size() == n, "rpc: answers must have one element for each of the ", n, " paths, got ", answers.size());
  require_length(completion_ids.size(), n, "rpc", "completion_ids");
  if (options.mixture) check_options("rpc", *options.mixture);
  double highest = (std::numeric_limits<double>::lowest)();  // log_zero is above log-probabilities below -1e30
  for (idx i = 0; i < n; ++i) {
    require(finite_bits(logprob[i]) || ineligible_bits(logprob[i]), "rpc: logprob must not be +infinity");
    if (finite_bits(logprob[i])) highest = (std::max)(highest, logprob[i]);
  }
  require(highest <= 700, "rpc: e^logprob must be a number, got a logprob of ", highest);
  // Relative to the largest from here on: shares, order and the Weibull family do not know the unit of x.
  std::vector<double> x(std::size_t(n), 0.0), positive;
  double sum = 0;
  for (idx i = 0; i < n; ++i) {
    if (!finite_bits(logprob[i])) continue;
    positive.push_back(logprob[i] - highest);
    sum += x[std::size_t(i)] = std::exp(positive.back());
  }

  rpc_result r;
  r.keep.resize(std::size_t(n));
  for (idx i = 0; i < n; ++i) r.keep[std::size_t(i)] = !nan_bits(logprob[i]);
  r.undefined = undefined(logprob);
  if (options.prune) {
    // A mixture that was given is one of x itself, a fitted one of x over its largest.
    bool const varied = std::any_of(positive.begin(), positive.end(), [&](double v) { return v != positive[0]; });
    double const unit = options.mixture ? 0 : highest;
    std::optional<weibull_mixture> mixture;
    if (options.mixture)
      mixture = options.mixture->ordered();
    else if (varied)
      mixture = weibull_mixture::fit(positive).ordered();
    if (mixture) {
      double const a = mixture->first.shape, b = mixture->second.shape;
      r.coinciding = std::abs(mixture->first.log_mean() - mixture->second.log_mean()) * (std::max)(a, b) < 0.02 &&
                     (!options.mixture || std::abs(std::log(a / b)) < 0.02);
    }
    for (idx i = 0; i < n; ++i) {
      bool const possible = finite_bits(logprob[i]);
      double const p = mixture && possible ? mixture->posterior(logprob[i] - unit) : quiet_nan<double>();
      bool const weak = mixture && !r.coinciding && possible && p < 0.5 && x[std::size_t(i)] < sum / double(positive.size());
      r.keep[std::size_t(i)] = possible && !weak;
      if (mixture) r.posterior.push_back(p);
    }
    if (mixture) {
      for (double& l : positive) l += highest - unit;
      r.nll = mixture->nll(positive) + double(positive.size()) * unit;
      r.mixture = mixture->rescaled(unit);
    }
  }

  // Of the kept paths of one answer and completion only the likeliest counts.
  auto const text = [&](idx i) { return completion_ids.empty() ? i : completion_ids[i]; };
  std::vector<double> weight(x);
  for (idx i = 0; i < n; ++i)
    if (!r.keep[std::size_t(i)]) weight[std::size_t(i)] = 0;
  auto order = places_by(n, [&](idx i) { return order_key(weight[std::size_t(i)]); });
  sort_by(order, [&](idx i) { return ~text(i); }), sort_by(order, [&](idx i) { return ~answers[i]; });
  for (std::size_t j = 1; j < order.size(); ++j)
    if (idx const a = order[j - 1], b = order[j]; answers[a] == answers[b] && text(a) == text(b)) weight[std::size_t(b)] = 0;
  r.votes = vote(answers, weight);
  for (double& t : r.votes.totals) t *= std::exp(highest);
  return r;
}

}}  // namespace foil::score
