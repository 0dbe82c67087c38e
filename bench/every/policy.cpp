// SPDX-License-Identifier: BSD-3-Clause
// Losses on log-probabilities beside their limits. Inputs are float; formulas are in double, an exponential or two an answer or token.
#include "foil/policy.hpp"

#include "../every.hpp"

int main(int count, char** argv) {
  using namespace foil;
  using namespace foil::loss;
  using namespace bench;
  every t("policy", count, argv);
  using numbers = std::vector<float>;
  auto const logp = [](idx n, std::uint64_t seed) {
    numbers x;
    for (double u : uniform(n, seed)) x.push_back(float(-3 * u));
    return x;
  };
  // `exps`: exponentials, logarithms and log1p of the formula and its slopes, a pair.
  auto const pairs = [&](char const* name, auto loss, double exps) {
    t.row(name, linear, many, [=](idx n) {
      return job{[=, a = logp(n, 1), b = logp(n, 2), c = logp(n, 3), d = logp(n, 4), l = cycle(n, 7)] {
                   pair_terms const p = loss.terms();
                   preference_pairs<float> x{.chosen = a, .rejected = b};
                   if (p.reference) x.ref_chosen = c, x.ref_rejected = d;
                   if (p.per_token) x.length_chosen = x.length_rejected = l;
                   if (p.rewards) x.reward_chosen = c, x.reward_rejected = d;
                   hold(value_and_grad(loss, x));
                 },
                 {.read = 16. * n, .fresh = 12. * n, .exps = exps * n, .sums = 1. * n}};
    });
  };
  pairs("dpo", dpo{}, 2), pairs("cdpo", cdpo{}, 2), pairs("rdpo", rdpo{}, 2), pairs("hinge_preference", hinge_preference{}, 0);
  pairs("ipo", ipo{}, 0), pairs("sharpen_regression", sharpen_regression{}, 0), pairs("simpo", simpo{}, 2), pairs("alphapo", alphapo{}, 4);
  pairs("orpo", orpo{}, 6), pairs("apo_zero", apo_zero{}, 2), pairs("apo_down", apo_down{}, 2), pairs("exo_pair", exo_pair{}, 4),
      pairs("discopop", discopop{}, 4);
  pairs("nca_pair", nca_pair{}, 4), pairs("bco_pair", bco_pair{}, 4), pairs("sppo_hard", sppo_hard{}, 0), pairs("redi", redi{}, 0);
  pairs("f_divergence", f_divergence<>{.kind = reference_divergence::js}, 6);
  t.row("aot", with_log, many, [=](idx n) {
    return job{[a = logp(n, 1), b = logp(n, 2), c = logp(n, 3), d = logp(n, 4)] {
                 hold(value_and_grad(aot{}, preference_pairs<float>{.chosen = a, .rejected = b, .ref_chosen = c, .ref_rejected = d}));
               },
               {.read = 16. * n, .fresh = 12. * n, .exps = 2. * n, .sorted = 1. * n, .lists = 2}};
  });
  t.row("kto", linear, many, [=](idx n) {
    return job{[a = logp(n, 1), b = logp(n, 2), w = std::vector<unsigned char>(std::size_t(n), 1)] {
                 hold(value_and_grad(kto{}, std::span<float const>(a), std::span<float const>(b), w));
               },
               {.read = 9. * n, .fresh = 8. * n, .exps = 1. * n, .sums = 1. * n}};
  });
  auto const surrogate = [&](char const* name, auto loss) {
    t.row(name, linear, {1e3, 1e4, 1e5}, [=](idx n) {
      return job{[=, a = logp(n, 1), b = logp(n, 2), c = numbers(std::size_t(n), 0.5f)]() mutable {
                   loss.width = 100;
                   std::span<float const> const p(a), old(b), advantage(c);
                   hold(value_and_grad(loss, p, old, advantage));
                 },
                 {.read = 12. * n, .fresh = 8. * n, .exps = 1. * n, .sums = 2. * n}};
    });
  };
  surrogate("ppo_clip", ppo_clip{}), surrogate("cispo", cispo{}), surrogate("sapo", sapo{}), surrogate("vespo", vespo{});
  t.row("ppo_clip of matrices", linear, {10, 100, 1000}, [=](idx n) {
    return job{[a = matrix<float>(-noise(n, 100, 1).cwiseAbs()), b = matrix<float>(-noise(n, 100, 2).cwiseAbs()),
                c = numbers(std::size_t(n), 0.5f)] { hold(value_and_grad(ppo_clip{}, a, b, std::span<float const>(c))); },
               {.read = 1200. * n, .fresh = 800. * n, .exps = 100. * n, .sums = 200. * n}};
  });
  t.row("topr", linear, {10, 100, 1000}, [=](idx n) {
    return job{[a = matrix<float>(-noise(n, 100, 1).cwiseAbs()), b = matrix<float>(-noise(n, 100, 2).cwiseAbs()),
                c = numbers(std::size_t(n), 0.5f)] { hold(value_and_grad(topr{}, a, b, std::span<float const>(c))); },
               {.read = 800. * n, .fresh = 800. * n, .exps = 1. * n, .sums = 300. * n}};
  });
  t.row("grpo_advantages, groups of 16", linear, some, [](idx n) {
    return job{[x = noise(n, 16, 1)] { hold(grpo_advantages(x)); },
               {.read = 64. * n, .fresh = 64. * n, .sums = 32. * n, .divides = 16. * n}};
  });
  t.row("step_advantages", linear, many, [=](idx n) {
    return job{[x = logp(n, 1)] { hold(step_advantages(std::span<float const>(x), 0.5)); }, {.read = 4. * n, .fresh = 8. * n}};
  });
  t.row("advantage_weighted_nll", linear, many, [=](idx n) {
    return job{[x = logp(n, 1), a = normal(n)] { hold(advantage_weighted_nll(std::span<double const>(a), std::span<float const>(x))); },
               {.read = 12. * n, .fresh = 8. * n, .sums = 1. * n}};
  });
  t.row("tilt", linear, many, [=](idx n) {
    return job{[x = logp(n, 1)] { hold(tilt(std::span<float const>(x), 0.5)); },
               {.read = 4. * n, .fresh = 12. * n, .exps = 1. * n, .sums = 1. * n}};
  });
  t.row("token_topk_mask", with_log, many, [=](idx n) {
    return job{[a = noise(1, n, 1), h = noise(1, n, 2)] { hold(token_topk_mask(a, h, 0.2)); },
               {.read = 8. * n, .fresh = 5. * n, .sorted = 0.2 * n}};
  });
}
