// SPDX-License-Identifier: BSD-3-Clause
// Token statistics, confidence, votes and truncation beside their limits: one look at every logit or token, one exponential, one sort.
#include "foil/score.hpp"

#include "../every.hpp"

int main(int count, char** argv) {
  using namespace foil;
  using namespace foil::score;
  using namespace bench;
  every t("score", count, argv);
  std::vector<double> const vocabularies{2048, 16384, 131072};
  // Four rows of logits; n is the vocabulary. The exponentials of foil are vectors, in float or double: one costs less than the library's.
  auto const of_logits = [&](char const* name, auto statistic) {
    t.row(name, linear, vocabularies, [=](idx n) {
      return job{[x = noise(4, n, 1), statistic] { hold(tokens(x, statistic)); }, {.read = 16. * n, .exps = 4. * n}};
    });
  };
  auto const truncated = [&](char const* name, auto rule) {
    t.row(name, linear, vocabularies, [=](idx n) {
      return job{[x = noise(4, n, 1), rule] { hold(score::truncate(x, rule)); }, {.read = 16. * n, .fresh = 4. * n, .exps = 4. * n}};
    });
  };
  auto const aggregated = [&](char const* name, auto aggregate) {
    t.row(name, linear, many, [=](idx n) {
      return job{[x = uniform(n), aggregate] {
                   auto a = aggregate;
                   for (double v : x) a.add(v);
                   hold(a.value());
                 },
                 {.read = 8. * n, .sums = 1. * n}};
    });
  };
  of_logits("self_certainty", self_certainty{}), of_logits("neg_entropy", neg_entropy{}), of_logits("kl_from_uniform", kl_from_uniform{});
  of_logits("margin", margin{}), of_logits("topk_confidence", topk_confidence{});
  of_logits("moment (max_prob)", moment<&stat::vocabulary::max_prob>{});
  t.row("all_token_statistics", linear, vocabularies, [](idx n) {
    return job{[x = noise(4, n, 1)] { hold(all_token_statistics(x)); }, {.read = 16. * n, .exps = 4. * n}};
  });
  t.row("value_and_grad(self_certainty)", linear, vocabularies, [](idx n) {
    return job{[x = noise(4, n, 1)] { hold(value_and_grad(self_certainty{}, x)); }, {.read = 32. * n, .fresh = 16. * n, .exps = 8. * n}};
  });
  t.row("token_value", linear, vocabularies, [](idx n) {
    return job{[x = noise(1, n, 1)] { hold(token_value(self_certainty{}, x.data(), x.cols())); }, {.read = 4. * n, .exps = 1. * n}};
  });
  t.row("token_logprob", linear, vocabularies, [](idx n) {
    return job{[x = noise(1, n, 1)] { hold(token_logprob(x.data(), x.cols(), 5)); }, {.read = 4. * n, .exps = 1. * n}};
  });
  t.row("meter", linear, vocabularies, [](idx n) {
    return job{[x = noise(4, n, 1)] {
                 meter<> m;
                 for (idx i = 0; i < 4; ++i) m.add(x.row(i).data(), x.cols());
                 hold(m.value());
               },
               {.read = 16. * n, .exps = 4. * n}};
  });
  t.row("score_sequences", linear, vocabularies, [](idx n) {
    return job{[x = noise(4, n, 1), o = offsets(2, 2)] { hold(score_sequences(x, o, self_certainty{})); },
               {.read = 16. * n, .exps = 4. * n}};
  });
  t.row("logprob_stats of logits", linear, vocabularies, [](idx n) {
    return job{[x = noise(4, n, 1), c = cycle(4, 4)] { hold(logprob_stats(x, c)); }, {.read = 16. * n, .exps = 4. * n}};
  });
  truncated("truncate, top_k", keep::top_k{}), truncated("truncate, top_p", keep::top_p{}), truncated("truncate, min_p", keep::min_p{});
  truncated("truncate, epsilon", keep::epsilon{}), truncated("truncate, eta", keep::eta{}), truncated("truncate, typical", keep::typical{}),
      truncated("truncate, top_h", keep::top_h{});
  t.row("distribution", linear, vocabularies, [](idx n) {
    return job{[x = noise(1, n, 1), d = distribution()]() mutable { d.load(x.data(), x.cols()), hold(d.entropy()); },
               {.read = 4. * n, .exps = 1. * n}};
  });
  t.row("cheapest", linear, vocabularies, [](idx n) {
    return job{[x = noise(1, n, 1), d = distribution()]() mutable {
                 d.load(x.data(), x.cols()), hold(cheapest(d, 0.5, [&](double z) { return d.top() - z; }));
               },
               {.read = 28. * n, .exps = 2. * n}};
  });
  aggregated("mean", mean{}), aggregated("sum", sum{}), aggregated("last", last{}), aggregated("lowest", lowest{}),
      aggregated("tail_mean", tail_mean{512});
  aggregated("lowest_window", lowest_window{512});
  t.row("mean_perplexity", linear, many, [](idx n) {
    return job{[x = uniform(n)] {
                 mean_perplexity a;
                 for (double v : x) a.add(v);
                 hold(a.value());
               },
               {.read = 8. * n, .sums = 1. * n}};
  });
  t.row("bottom_windows", with_log, many, [](idx n) {
    return job{[x = uniform(n)] {
                 bottom_windows a(512);
                 for (double v : x) a.add(v);
                 hold(a.value());
               },
               {.read = 8. * n, .sums = 2. * n, .divides = 1. * n, .sorted = 0.1 * n}};
  });
  t.row("window", linear, many, [](idx n) {
    return job{[x = uniform(n)] {
                 window w(512);
                 for (double v : x) w.add(v), hold(w.mean());
               },
               {.read = 8. * n, .sums = 2. * n, .divides = 1. * n}};
  });
  t.row("sequence_confidence", with_log, many, [](idx n) {
    return job{[x = uniform(n)] { hold(sequence_confidence(x, {.window = 512, .tail = 512})); },
               {.read = 8. * n, .sums = 7. * n, .divides = 2. * n, .sorted = 0.1 * n}};
  });
  t.row("confidence_stop", linear, many, [](idx n) {
    return job{[x = uniform(n)] {
                 confidence_stop s(512, 0.01);
                 bool stop = false;
                 for (double v : x) stop |= s.add(v);
                 hold(stop);
               },
               {.read = 8. * n, .sums = 2. * n, .divides = 1. * n}};
  });
  t.row("stop_index", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(stop_index(x, 512, 0.01)); }, {.read = 8. * n, .sums = 2. * n, .divides = 1. * n}};
  });
  t.row("logprob_stats", linear, many, [](idx n) {
    return job{[x = std::vector<double>(std::size_t(n), -1.5)] { hold(logprob_stats(x)); },
               {.read = 8. * n, .fresh = 8. * n, .sums = 3. * n}};
  });
  t.row("adaptive_stop", linear, many, [](idx n) {
    return job{[x = uniform(n), n] { hold(adaptive_stop(x, 2, n)); }, {.read = 8. * n, .sums = 1. * n}};
  });
  t.row("best_of_n", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(best_of_n(x)); },
               {.read = 8. * n, .sums = 1. * n},
               [x = uniform(n)] { hold(std::max_element(x.begin(), x.end())); }};
  });
  t.row("bon_at_k", with_log, many, [](idx n) {
    return job{[x = uniform(n), y = uniform(n, 2)] { hold(bon_at_k(x, y, 8)); },
               {.read = 16. * n, .sums = 1. * n, .divides = 1. * n, .sorted = 1. * n}};
  });
  t.row("borda_weights", with_log, many, [](idx n) {
    return job{[x = uniform(n)] { hold(borda_weights(x)); }, {.fresh = 8. * n, .exps = 1. * n, .sorted = 1. * n}};
  });
  t.row("borda_vote", with_log, many, [](idx n) {
    return job{[x = uniform(n), a = ids(n, 100)] { hold(borda_vote(a, x)); },
               {.fresh = 8. * n, .exps = 1. * n, .sorted = 1. * n, .lists = 2}};
  });
  t.row("vote", with_log, many, [](idx n) {
    return job{[x = uniform(n), a = ids(n, 100)] { hold(vote(a, x)); }, {.read = 16. * n, .sorted = 1. * n}};
  });
  t.row("rpc", with_log, some, [](idx n) {
    return job{[x = uniform(n), a = ids(n, 10)] { hold(rpc(a, x, {}, {.mixture = weibull_mixture{}})); },
               {.fresh = 17. * n, .exps = 8. * n, .sorted = 1. * n, .lists = 2}};
  });
  t.row("weibull_mixture::nll", linear, many, [](idx n) {
    return job{[x = normal(n)] { hold(weibull_mixture{}.nll(x)); }, {.read = 8. * n, .exps = 4. * n}};
  });
  t.row("weibull_mixture::gradient", linear, many, [](idx n) {
    return job{[x = normal(n)] { hold(weibull_mixture{}.gradient(x)); }, {.read = 8. * n, .exps = 4. * n}};
  });
  t.row("percentile", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(percentile(x, 0.9)); },
               {.read = 8. * n, .fresh = 8. * n},
               [x = uniform(n), n]() {
                 auto y = x;
                 std::nth_element(y.begin(), y.begin() + 9 * n / 10, y.end()), hold(y);
               }};
  });
  t.row("confidence_filter", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(confidence_filter(x)); },
               {.read = 24. * n, .fresh = 9. * n},
               [x = uniform(n), n]() {
                 auto y = x;
                 std::nth_element(y.begin(), y.begin() + 9 * n / 10, y.end()), hold(y);
               }};
  });
  t.row("prune_keep", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(prune_keep(x, 0.1)); }, {.read = 8. * n, .fresh = 0.8 * n, .sorted = 0.1 * n}};
  });
  t.row("ranking", with_log, many, [](idx n) {
    return job{[x = uniform(n)] { hold(ranking(x)); },
               {.fresh = 8. * n, .sorted = 1. * n},
               [x = uniform(n), o = cycle(n, n)]() {
                 auto p = o;
                 std::sort(p.begin(), p.end(), [&](idx a, idx b) { return x[std::size_t(a)] > x[std::size_t(b)]; }), hold(p);
               }};
  });
  t.row("undefined", linear, many, [](idx n) { return job{[x = uniform(n)] { hold(undefined(x)); }, {.read = 8. * n}}; });
  t.row("medoid", quadratic, few, [](idx n) {
    return job{[x = noise(n, n, 1)] { hold(medoid(x)); }, {.read = 4. * n * n, .sums = 1. * n * n}};
  });
  t.row("medoid_of_embeddings", linear, some, [](idx n) {
    return job{[x = noise(n, 128, 1)] { hold(medoid_of_embeddings(x)); }, {.read = 1024. * n, .macs_wide = 384. * n}};
  });
  t.row("frechet_mean", quadratic, few, [](idx n) {
    return job{[p = matrix<float>(noise(16, n, 1).cwiseAbs()), d = matrix<float>(noise(n, n, 2).cwiseAbs())] { hold(frechet_mean(p, d)); },
               {.read = 4. * n * n, .macs_wide = 16. * n * n, .exps = 1. * n * n}};
  });
  t.row("farthest_class", quadratic, few, [](idx n) {
    return job{[c = std::vector<unsigned char>(std::size_t(n), 1), d = matrix<float>(noise(n, n, 2).cwiseAbs())]() mutable {
                 c[3] = 0;
                 hold(farthest_class(d, c));
               },
               {.read = 8. * n * n}};
  });
  t.row("geometric_budgets", linear, many, [](idx n) { return job{[n] { hold(geometric_budgets(1, 1.0001, n)); }, {.fresh = 8. * n}}; });
  t.row("imperfect_verifier", linear, many, [](idx n) {
    return job{[n] { hold(imperfect_verifier(std::vector<task_type>(4, {.prior = 0.25, .completeness = 0.9, .soundness = 0.8}), n)); },
               {.fresh = 48. * n, .exps = 4. * n, .divides = 4. * n}};
  });
  t.row("resample_reward", linear, many, [](idx n) {
    return job{[n] { hold(resample_reward(2 * n, n, n / 2, 8)); }, {.divides = 1. * n}};
  });
  t.row("pass_at_k", linear, many, [](idx n) { return job{[n] { hold(pass_at_k(3 * n, n, 8)); }, {.divides = 1. * n}}; });
  t.row("maj_at_k, 4 answers", cubic, {16, 32, 64}, [](idx n) {
    return job{[n, c = std::vector<idx>{2 * n, n, n, n}] { hold(maj_at_k(c, 0, n)); }, {.macs_wide = 4. * n * n * n}};
  });
  t.row("soft_token", linear, many, [](idx n) {
    return job{[p = uniform(n), e = noise(n, 16, 1)] { hold(soft_token(p, e)); },
               {.read = 64. * n, .fresh = 8. * n, .macs_wide = 16. * n, .divides = 1. * n}};
  });
}
