// SPDX-License-Identifier: BSD-3-Clause
// The clipped surrogate of proximal policy optimisation.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/core/option.hpp"
#include "foil/core/view.hpp"
#include "foil/policy/log_probability.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// What the tokens of a batch are averaged over.
enum class mean_over {
  tokens,   ///< all tokens that are on (DAPO)
  answers,  ///< the tokens of each answer, then the answers, also those without a token (GRPO)
  constant  ///< their sum divided by `divisor` (Dr. GRPO: answers times the longest length that may be generated)
};

///   -mean min(rho A, clip(rho, 1 - low, 1 + high) A),   rho = e^{logp - logold}
/// Schulman et al. 2017, arXiv 1707.06347; high 0.28 with low 0.2 is DAPO's. Ties count as unclipped. rho may be shared by
/// the tokens of an answer: ratio_of::geomean is GSPO's (with mean_over::answers).
struct ppo_clip {
  static constexpr char const* name = "ppo_clip";
  double low = 0.2;                    ///< in [0, 1]; the ratio is clipped below 1 - low
  double high = 0.2;                   ///< >= 0; and above 1 + high
  mean_over over = mean_over::tokens;  ///< what the mean is over
  ratio_of level = ratio_of::token;    ///< whose ratio: each token's own, or one for all tokens of an answer
  idx width = 0;       ///< tokens of an answer, off ones included: the lists are [answers, width], row by row; 0: one answer
  double divisor = 1;  ///< > 0, of mean_over::constant
  static void options(auto list) {
    list("low", &ppo_clip::low, range::share), list("high", &ppo_clip::high, range::not_negative);
    list("over", &ppo_clip::over, mean_over::constant), list("level", &ppo_clip::level, ratio_of::geomean);
    list("width", &ppo_clip::width, range::at_least(0)), list("divisor", &ppo_clip::divisor, range::positive);
  }
};

/// logp, logold, advantage [n], laid flat. What is off is not read. rho, and rho |A|, beyond e^700 count as
/// e^700. No token: 0. Refuses NaN, +inf, a logold or an advantage that is not finite, and unequal lengths. O(n).
template <Scalar S>
policy_outcome<S> value_and_grad(ppo_clip const& o, std::span<S const> logp, std::span<S const> logold, std::span<S const> advantage,
                                 byte_mask mask = {}) {
  std::size_t const n = logp.size(), width = o.width > 0 ? std::size_t(o.width) : n;
  check_options(o);
  require(n == 0 || n % width == 0, "ppo_clip: width must divide the ", n, " tokens, got ", o.width);
  require_size(logold.size(), n, "ppo_clip", "logold"), require_size(advantage.size(), n, "ppo_clip", "advantage");
  if (!mask.empty()) require_size(mask.size(), n, "ppo_clip", "mask");
  require_logp(logp, false, "ppo_clip", "logp", mask), require_logp(logold, true, "ppo_clip", "logold", mask);
  require_logp(advantage, true, "ppo_clip", "advantage", mask);
  policy_outcome<S> r{.rows = std::vector<S>(n), .gradient = std::vector<S>(n)};
  double count = 0, sum = 0;
  for (std::size_t i = 0; i < n; ++i) count += is_on(mask, idx(i));
  for (std::size_t first = 0; first < n; first += width) {
    double total = 0, tokens = 0, pull = 0;
    auto const log_ratio = [&](std::size_t i) { return log_probability(logp[i]) - double(logold[i]); };
    for (std::size_t i = first; i < first + width; ++i)
      if (is_on(mask, idx(i))) total += log_ratio(i), ++tokens;
    if (tokens == 0) continue;
    double const weight = o.over == mean_over::tokens     ? 1 / count
                          : o.over == mean_over::constant ? 1 / o.divisor
                                                          : double(width) / double(n) / tokens;
    bool const own = o.level == ratio_of::token;
    double const shared = o.level == ratio_of::geomean ? total / tokens : total;
    for (std::size_t i = first; i < first + width; ++i) {
      if (!is_on(mask, idx(i))) continue;
      double const a = double(advantage[i]), most = 700 - std::log((std::max)(std::abs(a), 1.0));
      double const rho = std::exp((std::min)(own ? log_ratio(i) : shared, most));
      double const plain = rho * a, clipped = std::clamp(rho, 1 - o.low, 1 + o.high) * a;
      double const loss = -(std::min)(plain, clipped);
      sum += loss * weight, r.rows[i] = narrow<S>(loss);
      if (plain > clipped) continue;
      if (own)
        r.gradient[i] = narrow<S>(-plain * weight);
      else
        pull -= plain * weight;
    }
    if (!own)  // every token of the answer moves the one ratio
      for (std::size_t i = first; i < first + width; ++i)
        if (is_on(mask, idx(i))) r.gradient[i] = narrow<S>(o.level == ratio_of::geomean ? pull / tokens : pull);
  }
  require(finite_bits(sum), "ppo_clip: the loss is beyond what a double holds");
  r.value = narrow<S>(sum);
  return r;
}

/// logp, logold [answers, tokens] and one advantage an answer, mask row by row; `width` is the tokens'.
template <class P, class M>
auto value_and_grad(ppo_clip o, P const& logp, M const& logold, std::span<typename P::Scalar const> advantage, byte_mask mask = {}) {
  using S = typename P::Scalar;
  static_assert(Scalar<S> && std::same_as<S, typename M::Scalar>, "foil: ppo_clip takes logp and logold as float or as double, both alike");
  view<S> const p = as_view(logp), old = as_view(logold);
  idx const n = p.rows(), width = p.cols();
  require(old.rows() == n && old.cols() == width, "ppo_clip: logp is [", n, ", ", width, "], logold [", old.rows(), ", ", old.cols(), "]");
  require_size(advantage.size(), std::size_t(n), "ppo_clip", "advantage");
  std::vector<S> flat, flat_old, each;
  for (idx i = 0; i < n; ++i)
    for (idx t = 0; t < width; ++t) flat.push_back(p(i, t)), flat_old.push_back(old(i, t)), each.push_back(advantage[std::size_t(i)]);
  o.width = width;
  return value_and_grad(o, std::span<S const>(flat), std::span<S const>(flat_old), std::span<S const>(each), mask);
}

}}  // namespace foil::loss
