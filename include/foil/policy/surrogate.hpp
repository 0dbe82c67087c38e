// SPDX-License-Identifier: BSD-3-Clause
// Losses of tokens under a likelihood ratio: a formula of one ratio and one advantage, a mean over the batch, a KL to a reference.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/core/option.hpp"
#include "foil/core/view.hpp"
#include "foil/policy/log_probability.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// What the tokens of a batch are averaged over.
enum class mean_over {
  tokens,   ///< all tokens that are on (BNPO, and DAPO on a whole batch)
  answers,  ///< the tokens of each answer, then the answers, also those without a token (GRPO)
  constant  ///< their sum divided by `divisor` (Dr. GRPO: answers times the longest length that may be generated; DAPO on a part of
            ///< a batch: all tokens of the batch over the number of parts; LUSPO: the answers)
};

/// One token of an answer.
struct policy_token {
  double ratio, advantage, logp;  ///< likelihood under the policy over that under the one that wrote it; A; log-probability in nats
};
/// What a surrogate makes of it.
struct token_loss {
  double value;      ///< the loss of the token
  double ratio = 0;  ///< d value / d log ratio
  double logp = 0;   ///< d value / d logp, the ratio held
};

/// A surrogate is a formula of one token, and says how tokens make ratios and a mean. All of them have these members.
template <class L>
concept Surrogate = requires(L const& l, policy_token const& x) {
  { L::name } -> std::convertible_to<char const*>;
  { l.token(x) } -> std::same_as<token_loss>;
  { l.over } -> std::convertible_to<mean_over>;    // what the mean is over
  { l.level } -> std::convertible_to<ratio_of>;    // whose ratio: each token's own, or one for all tokens of an answer
  { l.width } -> std::convertible_to<idx>;         // tokens of an answer, off ones included: lists are [answers, width]; 0: one answer
  { l.divisor } -> std::convertible_to<double>;    // of mean_over::constant
  { l.kl } -> std::convertible_to<double>;         // weight of e^x - x - 1, x = ref - logp, added to each token's loss
  { l.kl_by_ratio } -> std::convertible_to<bool>;  // that times the ratio
};

/// logp, logold, advantage [n], laid flat; ref [n] if `kl` > 0 (then no logp may be minus infinity), else empty. What is off is
/// not read. rho, and rho |A|, beyond e^700 count as e^700, as does e^x of the KL. No token: 0. Refuses NaN, +inf, a logold, ref
/// or advantage that is not finite, and unequal lengths. `rows`: loss of each token, KL included. O(n).
/// The KL is Schulman's k3, never negative; times the ratio it is unbiased off-policy (DeepSeek-V3.2, arXiv 2512.02556).
template <Surrogate L, Scalar S>
policy_outcome<S> value_and_grad(L const& o, std::span<S const> logp, std::span<S const> logold, std::span<S const> advantage,
                                 byte_mask mask = {}, std::span<S const> ref = {}) {
  char const* const name = L::name;
  std::size_t const n = logp.size(), width = o.width > 0 ? std::size_t(o.width) : n;
  bool const with_kl = o.kl > 0;
  check_options(o);
  require(n == 0 || n % width == 0, name, ": width must divide the ", n, " tokens, got ", o.width);
  require_size(logold.size(), n, name, "logold"), require_size(advantage.size(), n, name, "advantage");
  require_size(ref.size(), with_kl ? n : 0, name, with_kl ? "ref (kl > 0)" : "ref (kl = 0)");
  if (!mask.empty()) require_size(mask.size(), n, name, "mask");
  require_logp(logp, with_kl, name, "logp", mask), require_logp(logold, true, name, "logold", mask);
  require_logp(advantage, true, name, "advantage", mask), require_logp(ref, true, name, "ref", mask);
  policy_outcome<S> r{.rows = std::vector<S>(n), .gradient = std::vector<S>(n)};
  std::vector<double> own(width);  // what each token of one answer gets for itself
  double count = 0, sum = 0;
  for (std::size_t i = 0; i < n; ++i) count += is_on(mask, idx(i));
  for (std::size_t first = 0; first < n; first += width) {
    double total = 0, tokens = 0, by_shared_ratio = 0;
    auto const log_ratio = [&](std::size_t i) { return log_probability(logp[i]) - double(logold[i]); };
    for (std::size_t i = first; i < first + width; ++i)
      if (is_on(mask, idx(i))) total += log_ratio(i), ++tokens;
    if (tokens == 0) continue;
    double const weight = o.over == mean_over::tokens     ? 1 / count
                          : o.over == mean_over::constant ? 1 / o.divisor
                                                          : double(width) / double(n) / tokens;
    bool const alone = o.level == ratio_of::token;
    double const shared = o.level == ratio_of::geomean ? total / tokens : total;
    for (std::size_t i = first; i < first + width; ++i) {
      if (!is_on(mask, idx(i))) continue;
      double const a = double(advantage[i]), most = std::abs(a) > 1 ? 700 - std::log(std::abs(a)) : 700;
      double const rho = std::exp((std::min)(alone ? log_ratio(i) : shared, most));
      token_loss x = o.token({rho, a, log_probability(logp[i])});
      if (with_kl) {
        double const gap = double(ref[i]) - double(logp[i]), factor = o.kl * (o.kl_by_ratio ? rho : 1);
        double const grown = std::expm1((std::min)(gap, 700.0)), k3 = grown - gap;
        x.value += factor * k3, x.logp -= factor * grown;
        if (o.kl_by_ratio) x.ratio += factor * k3;
      }
      sum += x.value * weight, r.rows[i] = narrow<S>(x.value);
      own[i - first] = (x.logp + (alone ? x.ratio : 0)) * weight;
      if (!alone) by_shared_ratio += x.ratio * weight;
    }
    if (o.level == ratio_of::geomean) by_shared_ratio /= tokens;
    for (std::size_t i = first; i < first + width; ++i)  // every token of the answer moves the one ratio
      if (is_on(mask, idx(i))) r.gradient[i] = narrow<S>(own[i - first] + by_shared_ratio);
  }
  require(finite_bits(sum), name, ": the loss is beyond what a double holds");
  r.value = narrow<S>(sum);
  return r;
}

/// logp, logold [answers, tokens] and one advantage an answer, mask and ref row by row; `width` is the tokens'.
template <Surrogate L, class P, class M>
auto value_and_grad(L o, P const& logp, M const& logold, std::span<typename P::Scalar const> advantage, byte_mask mask = {},
                    std::span<typename P::Scalar const> ref = {}) {
  using S = typename P::Scalar;
  static_assert(Scalar<S> && std::same_as<S, typename M::Scalar>,
                "foil: surrogates take logp and logold as float or as double, both alike");
  view<S> const p = as_view(logp), old = as_view(logold);
  idx const n = p.rows(), width = p.cols();
  require(old.rows() == n && old.cols() == width, L::name, ": logp is [", n, ", ", width, "], logold [", old.rows(), ", ", old.cols(), "]");
  require_size(advantage.size(), std::size_t(n), L::name, "advantage");
  std::vector<S> flat, flat_old, each;
  for (auto* list : {&flat, &flat_old, &each}) list->reserve(std::size_t(n * width));
  for (idx i = 0; i < n; ++i)
    for (idx t = 0; t < width; ++t) flat.push_back(p(i, t)), flat_old.push_back(old(i, t)), each.push_back(advantage[std::size_t(i)]);
  o.width = width;
  return value_and_grad(o, std::span<S const>(flat), std::span<S const>(flat_old), std::span<S const>(each), mask, ref);
}

}}  // namespace foil::loss
