// SPDX-License-Identifier: BSD-3-Clause
// In-batch miners and mining beside their limits: the float product of the batch with itself, or of queries and corpus, and the result.
#include "foil/batch.hpp"

#include "../every.hpp"
#include "foil/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/given.hpp"
#include "foil/roles/uniform.hpp"

int main(int count, char** argv) {
  using namespace foil;
  using namespace foil::mining;
  using namespace bench;
  every t("batch", count, argv);
  // n rows of 64 numbers, four of a class.
  std::vector<double> const rows{256, 512, 1024};
  auto const rows_of_classes = [](idx n) {
    auto const centre = noise(n / 4, 64, 1);
    auto z = noise(n, 64, 2);
    for (idx i = 0; i < n; ++i) z.row(i) = 0.7f * z.row(i) + centre.row(i % (n / 4));
    return z;
  };
  auto const miner = [&](char const* name, auto mined, double fresh = 0, double exps = 0) {
    t.row(name, quadratic, rows, [=](idx n) {
      return job{[=, z = rows_of_classes(n), l = cycle(n, n / 4)] { hold(mined(mining::batch(z, l))); },
                 {.read = 4. * n * n, .fresh = fresh * n * n, .macs = 64. * n * n, .exps = exps * n * n}};
    });
  };
  miner("batch_hard", [](auto const& b) { return batch_hard(b); });
  miner("batch_easy_hard", [](auto const& b) { return batch_easy_hard(b); });
  miner("semi_hard", [](auto const& b) { return semi_hard(b); });
  miner("pair_margin_miner", [](auto const& b) { return pair_margin_miner(b); });
  miner("multi_similarity_miner", [](auto const& b) { return multi_similarity_miner(b); });
  miner("triplet_margin_miner, semihard",
        [](auto const& b) { return triplet_margin_miner(b, {.margin = 0.1, .kind = triplet_kind::semihard}); });
  miner(
      "distance_weighted_miner", [](auto const& b) { return distance_weighted_miner(b); }, 0, 0.25);
  miner(
      "negative_probabilities", [](auto const& b) { return negative_probabilities(b); }, 8, 3);
  miner(
      "all_pairs", [](auto const& b) { return all_pairs(b); }, 20);
  miner(
      "hdc_miner", [](auto const& b) { return hdc_miner(b); }, 28);
  miner(
      "uniform_histogram_miner", [](auto const& b) { return uniform_histogram_miner(b); }, 28);
  t.row("mining::against", quadratic, rows, [=](idx n) {
    return job{[z = rows_of_classes(n), w = rows_of_classes(n), l = cycle(n, n / 4)] { hold(batch_hard(mining::against(z, l, w, l))); },
               {.read = 4. * n * n, .macs = 64. * n * n}};
  });
  t.row("mining::given", quadratic, rows, [=](idx n) {
    return job{[s = noise(n, n, 1), l = cycle(n, n / 4)] { hold(batch_hard(mining::given(s, measure::similarity, l))); },
               {.read = 4. * n * n}};
  });
  t.row("angular_miner, above 40 degrees", cubic, {64, 128, 256}, [=](idx n) {
    return job{[z = rows_of_classes(n), l = cycle(n, n / 4)] { hold(angular_miner(z, l, {.degrees = 40})); },
               {.fresh = 8. * n * n, .macs_wide = 1.5 * 64 * n * n, .divides = 3. * n * n}};
  });
  t.row("pair_masks", quadratic, rows, [=](idx n) {
    return job{[p = mined_pairs{{cycle(n, n), cycle(n, n)}, {cycle(n, n), cycle(n, n)}}, n] { hold(pair_masks(p, n, n)); },
               {.read = 32. * n, .fresh = 2. * n * n}};
  });
  t.row("equal_bins", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(equal_bins(x, 100)); }, {.read = 16. * n, .fresh = 8. * n, .divides = 1. * n}};
  });
  t.row("at_places", with_log, many, [](idx n) {
    return job{[p = index_pairs{cycle(n, n), cycle(n, n)}, i = ids(n / 2, n)] { hold(at_places(p, i)); },
               {.fresh = 8. * n, .sorted = 0.5 * n}};
  });
  // Mining: 100 queries, n documents of 64 numbers.
  std::vector<double> const corpus{2000, 10000, 50000};
  t.row("mine, k = 10", linear, corpus, [](idx n) {
    return job{[q = noise(100, 64, 1), d = noise(n, 64, 2)] { hold(mine(q, pool::bank(d), {.negatives = 10})); },
               {.read = 768. * n, .macs = 6400. * n}};
  });
  t.row("mine, k = 100", linear, corpus, [](idx n) {
    return job{[q = noise(100, 64, 1), d = noise(n, 64, 2)] { hold(mine(q, pool::bank(d), {.negatives = 100})); },
               {.read = 768. * n, .macs = 6400. * n}};
  });
  t.row("mine_in_blocks, k = 10", linear, corpus, [](idx n) {
    return job{[q = noise(100, 64, 1), d = noise(n, 64, 2)] {
                 candidate_blocks<float> const blocks(as_view(d), similarity::cosine::kind, 10000);
                 hold(mine_in_blocks(q, pool::bank(blocks.all()), blocks, {.negatives = 10}));
               },
               {.read = 768. * n, .macs = 6400. * n}};
  });
  t.row("mine, n queries", linear, {100, 400, 1600}, [](idx n) {
    return job{[q = noise(n, 64, 1), d = noise(5000, 64, 2)] { hold(mine(q, pool::bank(d), {.negatives = 10})); },
               {.read = 4. * 5000 * n, .macs = 64. * 5000 * n}};
  });
  t.row("mine of given scores", linear, corpus, [](idx n) {
    return job{[s = noise(20, n, 1)] { hold(mine(pool::given(s, roles::all_negative{}), {.negatives = 10})); }, {.read = 80. * n}};
  });
}
