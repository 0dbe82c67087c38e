// SPDX-License-Identifier: BSD-3-Clause
// Clusters, centres and prototypes beside their limits: the product of rows and centres, or one look at every row.
#include "foil/cluster.hpp"

#include "../every.hpp"

int main(int count, char** argv) {
  using namespace foil;
  using namespace foil::mining;
  using namespace bench;
  every t("cluster", count, argv);
  random_stream const draw(3, purpose::user);
  auto const rows_of_classes = noise(256, 64, 2);
  auto const classes = cycle(256, 64);
  auto const centred = prototypes(as_view(rows_of_classes), classes, 64);
  std::vector<double> const rows{500, 2000, 8000};
  // Rows of 64 numbers; 64 clusters.
  t.row("assign_to_centres", linear, rows, [](idx n) {
    return job{[x = noise(n, 64, 1), c = noise(64, 64, 2)] { hold(assign_to_centres(x, c)); },
               {.read = 512. * n, .fresh = 12. * n, .macs = 4096. * n}};
  });
  t.row("nearest_centres, n centres", linear, {64, 256, 1024}, [](idx n) {
    return job{[x = noise(1000, 64, 1), c = noise(n, 64, 2)] { hold(assign_to_centres(x, c)); }, {.macs = 64000. * n}};
  });
  t.row("k_means, a pass", linear, rows, [](idx n) {
    return job{[x = noise(n, 64, 1)] { hold(k_means(x, {.clusters = 64, .passes = 1})); },
               {.read = 1024. * n, .fresh = 16. * n, .macs = 4096. * 3 * n}};
  });
  t.row("balanced_split, a round", with_log, rows, [](idx n) {
    return job{[x = matrix<double>(noise(n, 64, 1).cast<double>().rowwise().normalized()), i = cycle(n, n)] {
                 hold(balanced_split(as_view(x), i, {0, 1}, 1e9));
               },
               {.read = 512. * n, .fresh = 24. * n, .macs_wide = 4 * 64. * n, .sorted = 1. * n}};
  });
  t.row("balanced_clusters", with_log, {500, 1000, 2000}, [](idx n) {
    return job{[x = noise(n, 16, 1)] { hold(balanced_clusters(x, 64)); },
               {.read = 128. * n, .macs_wide = 160 * 16. * n, .sorted = 1. * n, .lists = 40}};
  });
  t.row("cluster_batches", linear, many, [=](idx n) {
    return job{[=, o = offsets(n / 10, 10), i = cycle(n, n)] {
                 hold(cluster_batches({o, i}, draw, 64));
               },
               {.read = 8. * n, .fresh = 17. * n, .draws = 0.1 * n}};
  });
  t.row("sample_labels", linear, many, [](idx n) {
    return job{[o = offsets(n, 3), i = cycle(3 * n, 50)] {
                 hold(sample_labels({o, i}, 1, 2));
               },
               {.read = 32. * n, .fresh = 8. * n, .draws = 1. * n}};
  });
  t.row("label_mask", quadratic, few, [](idx n) {
    return job{[b = cycle(n, n), s = cycle(n, 50), o = offsets(n, 3), i = cycle(3 * n, 50)] {
                 hold(label_mask(b, s, {o, i}));
               },
               {.fresh = 1. * n * n}};
  });
  t.row("densities", linear, rows, [](idx n) {
    return job{[x = noise(n, 64, 1), l = cycle(n, 64), c = noise(64, 64, 2)] { hold(densities(x, l, as_view(c))); },
               {.read = 264. * n, .macs_wide = 64. * n, .divides = 1. * n}};
  });
  t.row("cluster_intervals", quadratic, few, [](idx n) {
    return job{
        [n, v = uniform(n)] { hold(cluster_intervals(n, [&](idx a, idx b) { return std::abs(v[std::size_t(a)] - v[std::size_t(b)]); })); },
        {.sums = 2. * n * n + 2.5 * n * n}};
  });
  t.row("cluster_timesteps", quadratic, few, [](idx n) {
    return job{[n] { hold(cluster_timesteps(n)); }, {.sums = 2. * n * n + 2.5 * n * n}};
  });
  t.row("cluster_values", quadratic, few, [](idx n) {
    return job{[v = uniform(n)] { hold(cluster_values(v)); }, {.sums = 2. * n * n + 2.5 * n * n}};
  });
  t.row("cluster_affinities", quadratic, few, [](idx n) {
    return job{[a = noise(n, n, 1)] { hold(cluster_affinities(a)); }, {.sums = 2. * n * n + 2.5 * n * n}};
  });
  t.row("meta_nodes, hard", linear, rows, [](idx n) {
    return job{[x = noise(n, 64, 1), l = cycle(n, 64)] {
                 hold(meta_nodes(x, hard_clusters{l, 64}));
               },
               {.read = 520. * n, .macs_wide = 64. * n}};
  });
  t.row("meta_nodes, soft", linear, rows, [](idx n) {
    return job{[x = noise(n, 64, 1), q = noise(n, 64, 2).cwiseAbs().eval()] { hold(meta_nodes(x, soft_clusters(q))); },
               {.read = 1024. * n, .macs = 4096. * n}};
  });
  t.row("add_to_members, hard", linear, rows, [](idx n) {
    return job{[g = noise(n, 64, 1), m = noise(64, 64, 3), l = cycle(n, 64)]() mutable {
                 add_to_members(hard_clusters{l, 64}, m, g), hold(g);
               },
               {.read = 520. * n}};
  });
  t.row("add_to_members, soft", linear, rows, [](idx n) {
    return job{[g = noise(n, 64, 1), m = noise(64, 64, 3), q = noise(n, 64, 2).cwiseAbs().eval()]() mutable {
                 add_to_members(soft_clusters(q), m, g), hold(g);
               },
               {.read = 768. * n, .macs = 4096. * n}};
  });
  t.row("prototypes", linear, rows, [](idx n) {
    return job{[x = noise(n, 64, 1), l = cycle(n, 64)] { hold(prototypes(as_view(x), l, 64)); }, {.read = 520. * n, .macs_wide = 128. * n}};
  });
  t.row("hardness_of", quadratic, {64, 256, 1024}, [](idx n) {
    return job{[x = noise(n, 64, 1)] { hold(hardness_of(as_view(x))); }, {.macs_wide = 32. * n * n}};
  });
  t.row("around_prototypes", linear, rows, [=](idx n) {
    return job{[z = noise(n, 64, 1), l = cycle(n, 64), p = centred] { hold(around_prototypes(p, l, as_view(z))); },
               {.read = 512. * n, .fresh = 256. * n}};
  });
  t.row("draw_around_prototypes", linear, rows, [=](idx n) {
    return job{[=, p = centred] { hold(draw_around_prototypes(p, hardness_of(as_view(p.rows)), n, draw)); },
               {.read = 512. * n, .fresh = 512. * n, .exps = 64. * n, .divides = 64. * n, .draws = 64. * n}};
  });
  t.row("saha, n queries and documents", quadratic, {200, 400, 800}, [](idx n) {
    return job{[q = noise(n, 32, 1), d = noise(n, 32, 2), p = cycle(n, n)] { hold(saha(q, d, p)); },
               {.read = 8. * n * n, .macs_wide = 32. * n * n}};
  });
  t.row("student_t", linear, rows, [](idx n) {
    return job{[x = noise(n, 64, 1), c = noise(64, 64, 2)] { hold(student_t(as_view(x), as_view(c))); },
               {.read = 512. * n, .fresh = 256. * n, .macs = 4096. * n, .exps = 64. * n, .divides = 64. * n}};
  });
  t.row("harden", linear, rows, [](idx n) {
    return job{[q = noise(n, 64, 2)] { hold(harden(as_view(q))); }, {.read = 512. * n, .fresh = 8. * n}};
  });
}
