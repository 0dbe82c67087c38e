// SPDX-License-Identifier: BSD-3-Clause
// Preference losses: log-ratios of a chosen and a rejected answer -> a link -> the mean over pairs.
#pragma once

#include <algorithm>

#include "foil/core/ids.hpp"
#include "foil/core/list_view.hpp"
#include "foil/core/option.hpp"
#include "foil/policy/log_probability.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// B pairs of answers: summed log-probabilities under the policy and, where a loss asks for it, under the reference.
template <Scalar S>
struct preference_pairs {
  list_view<S> chosen, rejected;                ///< [B], may hold minus infinity
  list_view<S> ref_chosen, ref_rejected;        ///< [B]; empty for losses without a reference
  id_list length_chosen, length_rejected;       ///< [B] tokens (0 counts as 1), for losses of means per token
  list_view<S> reward_chosen, reward_rejected;  ///< [B], for sharpen_regression
};

/// What a loss is a function of.
struct pair_terms {
  bool reference = true;   ///< logp - ref in place of logp
  bool per_token = false;  ///< divided by the length
  bool rewards = false;    ///< needs the answers' rewards
};
/// One pair's terms, its reward margin, and its part of the chosen tokens: length over mean length of the batch.
struct pair_log_ratios {
  double chosen, rejected, margin = 0, share = 1;  ///< log-ratios in nats (per token if asked); reward of chosen minus rejected; see above
  double difference() const { return chosen - rejected; }
};
/// The loss of one pair and its derivatives with respect to the two terms.
struct pair_loss {
  double value, chosen, rejected;  ///< loss; d loss / d each log-ratio
  bool clamped = false;            ///< a clamp acted
};
/// The link of losses of the difference h alone: value, and d value / dh.
inline pair_loss of_difference(double value, double slope) { return {value, slope, -slope}; }

/// What stands for the log-ratio of an answer in front of the link: a number, and its derivative. A loss with a member
/// `score(log_ratio) -> answer_score` gets it in place of the summed log-ratio, before any division by lengths.
struct answer_score {
  double value, slope = 1;  ///< the number; d value / d log-ratio
  bool clamped = false;     ///< a clamp acted
};

/// A preference loss is what it asks for and a link.
template <class L>
concept PreferenceLoss = requires(L const& l, pair_log_ratios const& x) {
  { L::name } -> std::convertible_to<char const*>;
  { l.terms() } -> std::same_as<pair_terms>;
  { l.link(x) } -> std::same_as<pair_loss>;
};

/// What `value_and_grad` returns for a preference loss.
template <Scalar S>
struct preference_outcome {
  S value = 0;                      ///< mean over pairs; 0 without pairs
  std::vector<S> pairs;             ///< loss of each pair
  std::vector<S> chosen, rejected;  ///< d value / d summed logp (the same number for every token of the answer)
  idx clamped = 0;                  ///< pairs where a clamp acted
};

/// The mean over pairs and its gradient. Links are computed in double whatever S. A chosen answer of probability 0 has
/// the loss that the formula tends to (mostly +inf), a pair of two such answers is undefined (NaN). Everything else that
/// is not a number is refused, and so are lists of other lengths than the loss asks for. No pair: 0. Log-probabilities are
/// sums over the tokens of an answer in nats. Pairs are summed in order, so equal input gives equal bits. O(B).
template <PreferenceLoss L, Scalar S>
preference_outcome<S> value_and_grad(L const& loss, preference_pairs<S> const& p) {
  char const* const name = L::name;
  pair_terms const t = loss.terms();
  std::size_t const n = p.chosen.size();
  check_options(loss);
  require_size(p.rejected.size(), n, name, "rejected");
  auto references = [&](std::span<S const> x, bool wanted, char const* argument) {
    require_size(x.size(), wanted ? n : 0, name, argument);
    require_logp(x, true, name, argument);
  };
  references(p.ref_chosen, t.reference, "ref_chosen"), references(p.ref_rejected, t.reference, "ref_rejected");
  references(p.reward_chosen, t.rewards, "reward_chosen"), references(p.reward_rejected, t.rewards, "reward_rejected");
  auto lengths = [&](id_list x, char const* argument) {
    if (t.per_token || !x.empty()) require_size(std::size_t(x.size()), n, name, argument);
    for (idx i = 0; i < x.size(); ++i) require(x[i] >= 0, name, ": ", argument, " must not be negative, got ", x[i], " at position ", i);
  };
  lengths(p.length_chosen, "length_chosen"), lengths(p.length_rejected, "length_rejected");
  require_logp(p.chosen, false, name, "chosen"), require_logp(p.rejected, false, name, "rejected");

  preference_outcome<S> r{.pairs = std::vector<S>(n), .chosen = std::vector<S>(n), .rejected = std::vector<S>(n)};
  guarded_sum sum;
  auto const tokens = [&](id_list l, std::size_t i) { return t.per_token ? double((std::max)(l[idx(i)], idx(1))) : 1.0; };
  double mean_length = 0;
  for (std::size_t i = 0; i < n; ++i) mean_length += tokens(p.length_chosen, i) / double(n);
  for (std::size_t i = 0; i < n; ++i) {
    double const n_chosen = tokens(p.length_chosen, i), n_rejected = tokens(p.length_rejected, i);
    bool const no_chosen = !finite_bits(p.chosen[i]), no_rejected = !finite_bits(p.rejected[i]);
    auto const score = [&](std::span<S const> logp, std::span<S const> ref) {
      double const log_ratio = log_probability(logp[i]) - (t.reference ? double(ref[i]) : 0.0);
      if constexpr (requires { loss.score(log_ratio); })
        return loss.score(log_ratio);
      else
        return answer_score{log_ratio};
    };
    answer_score const chosen = score(p.chosen, p.ref_chosen), rejected = score(p.rejected, p.ref_rejected);
    // What stands for an infinity has no mean: a long answer would make a number of it.
    auto const mean = [](double total, double length, bool gone) { return gone && std::abs(total) > 1e100 ? total : total / length; };
    pair_loss x = loss.link({mean(chosen.value, n_chosen, no_chosen), mean(rejected.value, n_rejected, no_rejected),
                             t.rewards ? double(p.reward_chosen[i]) - double(p.reward_rejected[i]) : 0.0, n_chosen / mean_length});
    x.chosen *= chosen.slope, x.rejected *= rejected.slope;
    r.clamped += x.clamped || chosen.clamped || rejected.clamped;
    if (no_chosen && no_rejected)
      x.value = x.chosen = x.rejected = quiet_nan<double>();
    else if (no_chosen || no_rejected)
      x.value = unbounded(x.value), x.chosen = unbounded(x.chosen), x.rejected = unbounded(x.rejected);
    else
      require(finite_bits(x.value) && finite_bits(x.chosen) && finite_bits(x.rejected), name, ": the loss of pair ", idx(i),
              " is beyond what a double holds");
    auto const gradient = [&](double slope, double length) { return narrow<S>(finite_bits(slope) ? slope / (length * double(n)) : slope); };
    sum.add(x.value);
    r.pairs[i] = narrow<S>(x.value);
    r.chosen[i] = gradient(x.chosen, n_chosen), r.rejected[i] = gradient(x.rejected, n_rejected);
  }
  r.value = n == 0 ? S(0) : narrow<S>(sum.over(double(n)));
  return r;
}

}}  // namespace foil::loss
