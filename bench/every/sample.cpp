// SPDX-License-Identifier: BSD-3-Clause
// Samplers, draws and subsets beside their limits: random numbers, sorts, one look at every weight.
#include "foil/sample.hpp"

#include "../every.hpp"

int main(int count, char** argv) {
  using namespace foil;
  using namespace foil::mining;
  using namespace bench;
  every t("sample", count, argv);
  auto const stream = [] { return random_stream(3, purpose::user); };
  t.row("alias_table", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(alias_table(x)); }, {.read = 8. * n, .fresh = 16. * n, .sums = 1. * n, .divides = 1. * n}};
  });
  t.row("alias_table::draw", constant, many, [=](idx n) {
    return job{[a = alias_table(uniform(n)), s = stream()]() mutable { hold(a.draw(s)); }, {.draws = 2}};
  });
  t.row("alias_distribution", linear, many, [](idx n) {
    return job{[a = alias_table(uniform(n))] { hold(alias_distribution(a.prob(), a.alias())); },
               {.read = 16. * n, .fresh = 8. * n, .sums = 0}};
  });
  t.row("best_worst_pair", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(best_worst_pair(x)); },
               {.read = 8. * n},
               [x = uniform(n)] { hold(std::minmax_element(x.begin(), x.end())); }};
  });
  t.row("capped_simplex", with_log, many, [](idx n) {
    return job{[x = uniform(n), n] { hold(capped_simplex(x, 0.1 * double(n))); }, {.fresh = 8. * n, .sorted = 2. * n}};
  });
  t.row("dart_targets", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(dart_targets(x)); }, {.read = 8. * n, .fresh = 16. * n, .divides = 2. * n}};
  });
  t.row("collect_correct", linear, many, [](idx n) {
    return job{[x = std::vector<unsigned char>(std::size_t(n), 1), n] { hold(collect_correct(x, n)); }, {.read = 1. * n}};
  });
  t.row("uniform_subset, k = n / 10", linear, many, [=](idx n) {
    return job{[n, s = stream()]() mutable { hold(uniform_subset(n, n / 10, s)); },
               {.fresh = 0.8 * n, .draws = 0.1 * n, .hashed = 0.1 * n}};
  });
  t.row("permutation", linear, many, [=](idx n) {
    return job{[n, s = stream()]() mutable { hold(permutation(n, s)); },
               {.fresh = 8. * n, .draws = 1. * n},
               [x = cycle(n, n), g = std::mt19937_64(1)]() mutable { std::shuffle(x.begin(), x.end(), g), hold(x); }};
  });
  t.row("softmax_weights", linear, many, [](idx n) {
    return job{[x = normal(n)] { hold(softmax_weights(x)); },
               {.read = 16. * n, .fresh = 8. * n, .exps = 1. * n, .sums = 1. * n, .divides = 2. * n},
               [x = normal(n)] {
                 Eigen::Map<Eigen::ArrayXd const> const a(x.data(), idx(x.size()));
                 Eigen::ArrayXd e = (a - a.maxCoeff()).exp();
                 e /= e.sum(), hold(e);
               }};
  });
  t.row("weighted_draw", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(weighted_draw(x)); }, {.read = 8. * n, .fresh = 8. * n, .sums = 1. * n, .divides = 1. * n}};
  });
  t.row("gumbel_top_k, k = 10", linear, many, [=](idx n) {
    return job{[x = normal(n), s = stream()] { hold(gumbel_top_k(x, 10, 1, s)); },
               {.read = 8. * n, .fresh = 8. * n, .exps = 2. * n, .draws = 1. * n}};
  });
  t.row("gumbel_top_k, k = n / 10", with_log, many, [=](idx n) {
    return job{[x = normal(n), s = stream(), n] { hold(gumbel_top_k(x, n / 10, 1, s)); },
               {.read = 8. * n, .fresh = 8. * n, .exps = 2. * n, .draws = 1. * n, .sorted = 0.1 * n}};
  });
  t.row("log_weights", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(log_weights(x)); }, {.read = 8. * n, .fresh = 8. * n, .exps = 1. * n}};
  });
  t.row("first_draw_probability", linear, many, [](idx n) {
    return job{[x = normal(n)] { hold(first_draw_probability(x)); },
               {.read = 16. * n, .fresh = 8. * n, .exps = 1. * n, .sums = 1. * n, .divides = 2. * n}};
  });
  t.row("inclusion_probability, 2^m m, m = n", grows{"2^n n", 14}, {12, 14, 16}, [](idx n) {
    return job{[x = normal(n)] { hold(inclusion_probability(x, 4)); },
               {.fresh = 8 * std::exp2(double(n)), .divides = double(n) * std::exp2(double(n)) / 4}};
  });
  t.row("instance_scores", linear, some, [](idx n) {
    return job{[x = noise(n, 128, 1), a = uniform(n), w = noise(16, 128, 2), b = uniform(16)] {
                 hold(instance_scores(as_view(x), a, as_view(w), b));
               },
               {.read = 512. * n, .macs_wide = 16. * 128 * n, .exps = 16. * n}};
  });
  t.row("vote_of_heads", with_log, many, [](idx n) {
    return job{[x = noise(8, n, 1)] { hold(vote_of_heads(as_view(x), 0.1)); },
               {.read = 32. * n, .fresh = 8. * n, .sorted = 0.1 * n, .lists = 9}};
  });
  t.row("mask_instances", with_log, many, [=](idx n) {
    return job{[x = uniform(n), s = stream()] { hold(mask_instances(x, s, {.high = 0.1, .low = 0.1, .random = 0.1})); },
               {.read = 16. * n, .fresh = 8. * n, .draws = 0.1 * n, .sorted = 0.1 * n, .lists = 3}};
  });
  t.row("leverage_scores", linear, {200, 600, 2000}, [](idx n) {
    return job{[x = noise(n, 64, 1)] { hold(leverage_scores(x)); },
               {.read = 256. * n, .macs_wide = 2. * 64 * 64 * n},
               [x = noise(n, 64, 1)] {
                 Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(x.cast<double>());
                 Eigen::MatrixXd q = qr.householderQ() * Eigen::MatrixXd::Identity(x.rows(), 64);
                 hold(q.rowwise().squaredNorm().eval());
               }};
  });
  t.row("root_leverage", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(root_leverage(x)); }, {.read = 8. * n, .fresh = 16. * n, .exps = 2. * n}};
  });
  t.row("kept_rows", linear, many, [=](idx n) {
    return job{[x = uniform(n), s = stream()] { hold(kept_rows(x, s)); }, {.read = 8. * n, .fresh = 4. * n, .draws = 1. * n}};
  });
  t.row("max_variance_subset", with_log, many, [](idx n) {
    return job{[x = uniform(n), n] { hold(max_variance_subset(x, {.m = n / 2})); }, {.fresh = 4. * n, .sorted = 1. * n}};
  });
  t.row("top_tokens", linear, many, [](idx n) {
    return job{[x = uniform(n), y = uniform(n, 2)] { hold(top_tokens(x, y, {}, 10)); }, {.read = 16. * n, .fresh = 8. * n}};
  });
  t.row("mmd_to_groups, 4 of n", quadratic, {32, 64, 128}, [](idx n) {
    return job{[x = noise(n, 64, 1), y = noise(4 * n, 64, 2), o = offsets(4, n)] { hold(mmd_to_groups(as_view(x), as_view(y), o)); },
               {.macs_wide = 9. * n * n * 64, .exps = 12 * 9. * n * n}};
  });
  t.row("choose_groups", linear, many, [](idx n) {
    return job{[d = group_distances{uniform(n), cycle(n, n)}] { hold(choose_groups(d, group_strategy::all, true)); },
               {.read = 16. * n, .fresh = 16. * n, .divides = 1. * n, .sorted = 0}};
  });
  t.row("draw_mixes", linear, many, [=](idx n) {
    return job{[n, s = stream()] { hold(draw_mixes(1024, s, {.between = n, .with_query = n})); }, {.fresh = 40. * n, .draws = 5. * n}};
  });
  t.row("mix_rows", linear, many, [](idx n) {
    return job{[x = noise(3, n, 1)]() mutable { mix_rows(0.3, x.data(), x.row(1).data(), x.cols(), x.row(2).data()), hold(x); },
               {.read = 12. * n, .sums = 1. * n}};
  });
  t.row("hardest_of", linear, {1e3, 1e4, 5e4}, [](idx n) {
    return job{[q = noise(1, 128, 1), b = noise(n, 128, 2)] { hold(hardest_of(as_view(q), as_view(b), 100)); },
               {.read = 512. * n, .fresh = 8. * n, .macs_wide = 128. * n},
               [q = noise(1, 128, 1), b = noise(n, 128, 2)] { hold((b.cast<double>() * q.row(0).transpose().cast<double>()).eval()); }};
  });
  t.row("mochi", linear, {2e3, 1e4, 5e4}, [=](idx n) {
    return job{[q = noise(1, 128, 1), b = noise(n, 128, 2), s = stream()] { hold(mochi(as_view(q), as_view(b), s)); },
               {.read = 512. * (n + 3 * 768), .fresh = 8. * n, .sums = 128. * 768, .draws = 5. * 768}};
  });
  t.row("resample_positives", linear, many, [](idx n) {
    return job{[x = normal(n)] { hold(resample_positives(x, 0.1)); }, {.read = 8. * n, .fresh = 16. * n, .exps = 3. * n}};
  });
  t.row("largest_remainder", with_log, many, [](idx n) {
    return job{[x = uniform(n), n] { hold(largest_remainder(x, 10 * n)); }, {.fresh = 8. * n, .sorted = 0.5 * n}};
  });
  t.row("random_order", linear, many, [=](idx n) {
    return job{[n, s = stream()] {
                 random_order o(n, s);
                 while (o.left() > 0) hold(o.next());
               },
               {.fresh = 8. * n, .draws = 1. * n}};
  });
  t.row("random_subsets", linear, many, [](idx n) {
    return job{[n] {
                 random_subsets s(n, n / 4);
                 for (int e = 0; e < 4; ++e) hold(s.next());
               },
               {.fresh = 16. * n, .draws = 1. * n}};
  });
  t.row("fresh_subset", linear, many, [](idx n) {
    return job{[n] { hold(fresh_subset(n, n / 2, 1, 2)); }, {.fresh = 8. * n, .draws = 0.5 * n}};
  });
  t.row("stratified_subset", linear, many, [=](idx n) {
    return job{[l = cycle(n, 100), n, s = stream()] { hold(stratified_subset(l, n / 10, s)); },
               {.read = 8. * n, .fresh = 8. * n, .draws = 0.1 * n, .sorted = 0.1 * n}};
  });
  t.row("replay_probabilities", linear, many, [](idx n) {
    return job{[x = normal(n)] { hold(replay_probabilities(x)); }, {.read = 8. * n, .fresh = 8. * n, .exps = 1. * n}};
  });
  t.row("reservoir", linear, many, [=](idx n) {
    return job{[n, s = stream()] {
                 reservoir<idx> r(100, s);
                 for (idx i = 0; i < n; ++i) r.offer(i);
                 hold(r);
               },
               {.draws = 1. * n},
               [x = cycle(n, n), g = std::mt19937_64(1)]() mutable {
                 std::vector<idx> out(100);
                 std::sample(x.begin(), x.end(), out.begin(), 100, g), hold(out);
               }};
  });
  t.row("weighted_reservoir", linear, many, [=](idx n) {
    return job{[x = uniform(n), n, s = stream()] {
                 weighted_reservoir<idx> r(100, s);
                 for (idx i = 0; i < n; ++i) r.offer(i, x[std::size_t(i)]);
                 hold(r);
               },
               {.exps = 3. * n, .draws = 1. * n}};
  });
  t.row("rotating_window", linear, many, [](idx n) {
    return job{[n] { hold(rotating_window(n, 8, 1, 3, 4)); }, {.fresh = 8. * n, .draws = 1. * n}};
  });
  t.row("sampling::uniform", linear, many, [=](idx n) {
    return job{[x = normal(n), s = stream()]() mutable { hold(sampling::uniform{}.choose(x, 10, s)); }, {.draws = 10, .hashed = 10}};
  });
  t.row("sampling::softmax", linear, many, [=](idx n) {
    return job{[x = normal(n), s = stream()]() mutable { hold(sampling::softmax{}.choose(x, 10, s)); },
               {.read = 8. * n, .fresh = 8. * n, .exps = 2. * n, .draws = 1. * n}};
  });
  t.row("proportional_inclusion", with_log, many, [](idx n) {
    return job{[x = uniform(n), n] { hold(proportional_inclusion(x, n / 10)); }, {.fresh = 8. * n, .sorted = 1. * n}};
  });
  t.row("systematic_sample", linear, many, [](idx n) {
    return job{[p = proportional_inclusion(uniform(n), n / 10)] { hold(systematic_sample(p, 0.4)); },
               {.read = 16. * n, .fresh = 0.8 * n, .sums = 2. * n}};
  });
  t.row("virtual_outliers", quadratic, {125, 250, 500}, [](idx n) {
    return job{
        [x = noise(n, 64, 1), z = noise(n, 64, 2)] { hold(virtual_outliers(as_view(x), as_view(z), {.neighbour = 10, .boundary = 1})); },
        {.macs_wide = 2. * n * n * 64}};
  });
}
