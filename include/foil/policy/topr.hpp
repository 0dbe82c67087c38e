// SPDX-License-Identifier: BSD-3-Clause
// TOPR: policy gradient on answers of another policy, the likelihood ratio tapered apart for good and bad ones.
#pragma once

#include "foil/core/option.hpp"
#include "foil/core/taper.hpp"
#include "foil/core/view.hpp"
#include "foil/policy/log_probability.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

using foil::taper;

///   L = -(1/N) sum_i w_i A_i log p_i,   A_i = reward_i - baseline,   w_i = clip(rho_i, a, b), constant for the gradient
/// with the taper `positive` where A >= 0, `negative` below. Le Roux et al. 2025, arXiv 2503.14286. The defaults take good
/// answers as they are and give less weight to bad ones that the policy has already left. positive = negative = {1, 1}: REINFORCE;
/// {1, 1} and {0, 0}: supervised training on good answers; {0, inf} twice: importance sampling. The time goes to three
/// looks at each token, with sums in order.
struct topr {
  static constexpr char const* name = "topr";
  taper positive{1, 1}, negative{0, 1};  ///< bounds of the ratio's weight where A >= 0, and below
  double baseline = 0;                   ///< a number; subtracted from rewards
  ratio_of level = ratio_of::sequence;   ///< the ratio that is tapered; sequence is the paper's
  bool length_norm = false;              ///< every answer divided by its tokens
  static void options(auto list) {
    list("positive", &topr::positive), list("negative", &topr::negative);
    list("baseline", &topr::baseline, range::either_sign);
    list("level", &topr::level, ratio_of::geomean);
  }
  void check() const { positive.check(name), negative.check(name); }
};

/// What `value_and_grad` returns for `topr`.
template <Scalar S>
struct topr_outcome {
  S value = 0;         ///< L, with the weights as constants
  S potential = 0;     ///< -(1/N) sum A_i phi(log rho_i), phi' = the taper: the number whose true gradient this is
  matrix<S> weight;    ///< [N, T] of each token, 0 where masked
  matrix<S> gradient;  ///< [N, T] d value / d logp with w constant = d potential / d logp
};

/// logp, logmu [N, T] of the tokens under the policy and under the one that wrote them; mask N * T bytes, row by row.
/// logp may be minus infinity: a bad answer with weight 0 then costs 0, a good one plus infinity.
/// The mean counts every answer, also one without tokens. What is masked is not read; elsewhere NaN, +inf, a logmu or a
/// reward that is not finite are refused, and shapes that differ. No answer: 0. O(N T).
template <class P, class M>
auto value_and_grad(topr const& o, P const& logp_in, M const& logmu_in, std::span<typename P::Scalar const> reward, byte_mask mask = {}) {
  using S = typename P::Scalar;
  static_assert(Scalar<S> && std::same_as<S, typename M::Scalar>, "foil: topr takes logp and logmu as float or as double, both alike");
  view<S> const logp = as_view(logp_in), logmu = as_view(logmu_in);
  idx const n = logp.rows(), width = logp.cols();
  check_options(o);
  require(logmu.rows() == n && logmu.cols() == width, "topr: logp is [", n, ", ", width, "], logmu [", logmu.rows(), ", ", logmu.cols(),
          "]");
  require_size(reward.size(), std::size_t(n), "topr", "reward"), require_logp(reward, true, "topr", "reward");
  if (!mask.empty()) require_size(mask.size(), std::size_t(n * width), "topr", "mask");
  for (idx i = 0; i < n; ++i) {
    auto const w = std::size_t(width);
    byte_mask const on = mask.empty() ? mask : mask.subspan(std::size_t(i) * w, w);
    require_logp<S>({logp.row(i), w}, false, "topr", "an unmasked logp", on);
    require_logp<S>({logmu.row(i), w}, true, "topr", "an unmasked logmu", on);
  }

  topr_outcome<S> r{.weight = matrix<S>::Zero(n, width), .gradient = matrix<S>::Zero(n, width)};
  guarded_sum value, potential;
  for (idx i = 0; i < n; ++i) {
    double const advantage = double(reward[std::size_t(i)]) - o.baseline;
    taper const& clip = advantage >= 0 ? o.positive : o.negative;
    double total = 0, tokens = 0;
    bool gone = false;  // an impossible token: what grows with it is infinite
    for (idx t = 0; t < width; ++t)
      if (is_on(mask, i * width + t))
        total += log_probability(logp(i, t)) - double(logmu(i, t)), ++tokens, gone = gone || !finite_bits(logp(i, t));
    auto const times = [&](double factor, double x, bool boundless) {  // boundless: x stands for minus infinity
      if (boundless) return factor < 0 || factor > 0 ? endless(-factor) : 0.0;
      require(finite_bits(factor * x), "topr: the loss of answer ", i, " is beyond what a double holds");
      return factor * x;
    };
    double const share = advantage / (o.length_norm && tokens > 0 ? tokens : 1);
    double const ratio = o.level == ratio_of::geomean && tokens > 0 ? total / tokens : total;
    for (idx t = 0; t < width; ++t) {
      if (!is_on(mask, i * width + t)) continue;
      double const own = log_probability(logp(i, t)) - double(logmu(i, t));
      double const w = clip.weight(o.level == ratio_of::token ? own : ratio);
      r.weight(i, t) = narrow<S>(w), r.gradient(i, t) = narrow<S>(-w * share / double(n));
      bool const lost = !finite_bits(logp(i, t));
      value.add(times(-w * share, log_probability(logp(i, t)), lost));
      // Only with a lower bound does the potential fall without end.
      if (o.level == ratio_of::token) potential.add(times(-share, clip.potential(own), lost && clip.a > 0));
    }
    if (o.level != ratio_of::token && tokens > 0)
      potential.add(times(-share * (o.level == ratio_of::geomean ? tokens : 1), clip.potential(ratio), gone && clip.a > 0));
  }
  r.value = n == 0 ? S(0) : narrow<S>(value.over(double(n)));
  r.potential = n == 0 ? S(0) : narrow<S>(potential.over(double(n)));
  return r;
}

}}  // namespace foil::loss
