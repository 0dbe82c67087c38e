// SPDX-License-Identifier: BSD-3-Clause
// What is done with lists of ids and scores beside its limits: metrics, word search, fusion, mined lists, and what surrounds training.
#include "../every.hpp"
#include "foil/lists.hpp"
#include "foil/metric.hpp"
#include "foil/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/retrieve.hpp"
#include "foil/roles/target.hpp"
#include "foil/train.hpp"

namespace {

using namespace foil;
using namespace bench;

void metrics_rows(every& t) {
  using namespace foil::metrics;
  // n queries of 100 ranked documents, 10 judged.
  auto const one = [&](char const* name, auto const& metric) {
    t.row(name, linear, {30, 300, 3000}, [=](idx n) {
      return job{[=, r = cycle(100 * n, 1000), o = offsets(n, 10), j = cycle(10 * n, 1000)] {
                   hold(evaluate(rankings(r, 100), judgements{{o, j}}, {}, metric));
                 },
                 {.read = 880. * n, .sorted = 100, .lists = 1. * n}};
    });
  };
  one("evaluate, recall", recall{}), one("evaluate, precision", metrics::precision{}), one("evaluate, r_precision", r_precision{}),
      one("evaluate, hit_rate", hit_rate{});
  one("evaluate, mrr", mrr{}), one("evaluate, ndcg", ndcg{}), one("evaluate, map", map{}), one("evaluate, map_at_r", map_at_r{});
  t.row("evaluate, one query, ndcg", with_log, many, [](idx n) {
    return job{[r = cycle(n, n), o = offsets(1, n / 10), j = cycle(n / 10, n)] {
                 hold(evaluate(rankings(r, idx(r.size())), judgements{{o, j}}, {}, ndcg{}));
               },
               {.read = 9. * n, .sorted = 1. * n}};
  });
  t.row("by_score", with_log, many, [](idx n) {
    return job{[o = offsets(1, n), i = cycle(n, n), s = uniform(n)] { hold(by_score({o, i}, s)); }, {.fresh = 8. * n, .sorted = 1. * n}};
  });
}

void retrieve_rows(every& t) {
  using namespace foil::mining;
  // n documents of 50 words out of 5,000.
  auto const corpus = [](idx n) { return ids(50 * n, 5000); };
  auto const indexed = [=](idx n) {
    auto const each = offsets(n, 50), words = corpus(n);
    return bm25_index({each, words});
  };
  t.row("bm25_index", linear, {100, 1000, 10000}, [=](idx n) {
    return job{[w = corpus(n), o = offsets(n, 50)] {
                 hold(bm25_index({o, w}));
               },
               {.read = 400. * n, .fresh = 600. * n, .sorted = 50, .lists = 1. * n}};
  });
  t.row("bm25_index::search", linear, {1000, 10000, 100000}, [=](idx n) {
    return job{[i = indexed(n), w = ids(64, 5000, 3), o = offsets(8, 8)] {
                 hold(i.search({o, w}, {.k = 10}));
               },
               {.read = 64. * 12 * n / 100 + 64. * n, .sums = 64. * n / 100}};
  });
  t.row("bm25_index::scores", linear, {1000, 10000, 100000}, [=](idx n) {
    return job{[i = indexed(n), w = ids(64, 5000, 3), o = offsets(8, 8)] {
                 hold(i.scores({o, w}));
               },
               {.read = 64. * 12 * n / 100, .fresh = 64. * n, .sums = 64. * n / 100}};
  });
  auto const texts = [=](idx n) {
    std::vector<std::string> out;
    auto const w = corpus(n);
    for (idx i = 0; i < n; ++i) {
      std::string s;
      for (idx k = 0; k < 50; ++k) s += "word" + std::to_string(w[std::size_t(50 * i + k)]) + " ";
      out.push_back(s);
    }
    return out;
  };
  t.row("split_words", linear, {100, 1000, 10000}, [=](idx n) {
    return job{[x = texts(n)] {
                 idx words = 0;
                 for (auto const& s : x) split_words{}(s, [&](auto const& w) { words += idx(w.size()); });
                 hold(words);
               },
               {.read = 450. * n, .sums = 450. * n}};
  });
  t.row("vocabulary::add", linear, {100, 1000, 10000}, [=](idx n) {
    return job{[x = texts(n)] {
                 vocabulary<> v;
                 hold(v.add(x));
               },
               {.read = 450. * n, .fresh = 400. * n, .sums = 450. * n, .hashed = 50. * n}};
  });
  t.row("vocabulary::find", linear, {100, 1000, 10000}, [=](idx n) {
    return job{[x = texts(n), v =
                                  [&] {
                                    vocabulary<> all;
                                    all.add(texts(n));
                                    return all;
                                  }()] { hold(v.find(x)); },
               {.read = 450. * n, .fresh = 400. * n, .sums = 450. * n, .hashed = 50. * n}};
  });
  t.row("text_index", linear, {100, 1000, 10000}, [=](idx n) {
    return job{[x = texts(n)] { hold(text_index<>(x)); },
               {.read = 850. * n, .fresh = 1000. * n, .sums = 450. * n, .sorted = 50, .lists = 1. * n, .hashed = 50. * n}};
  });
  t.row("fuse_ranks, 2 rankings of 100", linear, {10, 100, 1000}, [](idx n) {
    return job{[a = ids(100 * n, 1 << 20), b = ids(100 * n, 1 << 20, 2)] {
                 hold(fuse_ranks({{a, 100}, {b, 100}}));
               },
               {.read = 1600. * n, .fresh = 1600. * n, .divides = 200. * n, .sorted = 200, .lists = 1. * n, .hashed = 200. * n}};
  });
}

void list_rows(every& t) {
  using namespace foil::mining;
  static std::vector<idx> const one{3}, hundred = cycle(100, 100);
  random_stream const draw(3, purpose::user);
  t.row("ambiguous_log_weights", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(ambiguous_log_weights(x, 0.7)); }, {.read = 8. * n, .fresh = 8. * n}};
  });
  t.row("ambiguous_negatives", linear, many, [=](idx n) {
    return job{[=, x = uniform(n)] { hold(ambiguous_negatives(x, 0.7, 10, draw)); },
               {.read = 8. * n, .fresh = 8. * n, .exps = 2. * n, .draws = 1. * n}};
  });
  t.row("audit_hubs", with_log, many, [](idx n) {
    return job{[x = ids(10 * n, n), n] { hold(audit_hubs(x, n)); },
               {.read = 80. * n, .fresh = 8. * n, .sums = 10. * n, .sorted = 0.01 * n}};
  });
  t.row("duplicates_of_positives", quadratic, {500, 1000, 2000}, [](idx n) {
    return job{[x = noise(n, 64, 1), o = offsets(n, 1), p = cycle(n, n)] {
                 hold(duplicates_of_positives(x, {o, p}));
               },
               {.read = 4. * n * n, .macs = 64. * n * n}};
  });
  t.row("representatives", quadratic, {500, 1000, 2000}, [](idx n) {
    return job{[x = noise(n, 64, 1)] { hold(representatives(x)); }, {.read = 2. * n * n, .macs = 32. * n * n}};
  });
  // n rows of 10 negatives out of 2 n documents.
  auto const mined_of = [](idx n) {
    auto const q = noise(n, 16, 1), d = noise(2 * n, 16, 2);
    auto const positive = cycle(n, n);
    return mine(q, pool::bank(d, roles::target(positive)), {.negatives = 10});
  };
  std::vector<double> const rows{100, 400, 1600};
  t.row("audit", linear, rows, [=](idx n) {
    return job{[m = mined_of(n), d = noise(2 * n, 16, 2)] { hold(audit(m, d)); },
               {.read = 160. * n + 256. * n, .fresh = 256. * n, .macs_wide = 160. * n + 64. * n, .sums = 10. * n}};
  });
  t.row("cap_occurrence", with_log, rows, [=](idx n) {
    return job{[m = mined_of(n)] { hold(cap_occurrence(m, 5)); }, {.read = 320. * n, .fresh = 320. * n, .sorted = 10. * n}};
  });
  t.row("tuples", linear, rows, [=](idx n) { return job{[m = mined_of(n)] { hold(tuples(m)); }, {.read = 80. * n, .fresh = 144. * n}}; });
  t.row("triplets", linear, rows, [=](idx n) {
    return job{[m = mined_of(n)] { hold(triplets(m)); }, {.read = 80. * n, .fresh = 240. * n}};
  });
  t.row("labelled_pairs", linear, rows, [=](idx n) {
    return job{[m = mined_of(n)] { hold(labelled_pairs(m)); }, {.read = 80. * n, .fresh = 264. * n}};
  });
  t.row("statistics", with_log, rows, [=](idx n) {
    return job{[m = mined_of(n)] { hold(statistics(m)); }, {.read = 40. * n, .sums = 42. * n, .sorted = 10. * n, .lists = 2}};
  });
  t.row("summarise", with_log, many, [](idx n) {
    return job{[x = uniform(n)] { hold(summarise(x)); }, {.read = 8. * n, .sums = 2. * n, .sorted = 1. * n}};
  });
  t.row("ce_denoise", linear, many, [](idx n) {
    return job{[x = uniform(n), r = cycle(n, n)] { hold(ce_denoise(r, x, one, {.depth = idx(x.size()), .negatives = 4})); },
               {.read = 16. * n, .fresh = 8. * n}};
  });
  t.row("iqr_filter", with_log, many, [](idx n) {
    return job{[x = uniform(n)] { hold(iqr_filter(x)); }, {.read = 8. * n, .fresh = 16. * n, .sorted = 1. * n}};
  });
  t.row("judge_mine", linear, many, [](idx n) {
    return job{[x = normal(n), y = normal(n, 2)] { hold(judge_mine(x, y, 1, 0)); }, {.read = 16. * n, .fresh = 16. * n, .exps = 1. * n}};
  });
  t.row("strided_order", linear, many, [](idx n) { return job{[n] { hold(strided_order(n, 7)); }, {.fresh = 8. * n}}; });
  t.row("negative_schedule", linear, many, [](idx n) {
    return job{[x = uniform(n)] {
                 negative_schedule s(1);
                 hold(s(0, 0, x, one));
               },
               {.read = 8. * n}};
  });
  t.row("positive_aware", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(positive_aware(x, 0.9)); }, {.read = 8. * n, .fresh = 8. * n, .sorted = 0.85 * n}};
  });
  t.row("static_negatives", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(static_negatives(x, one)); }, {.read = 8. * n}};
  });
  t.row("dynamic_negatives", linear, many, [](idx n) {
    return job{[x = uniform(n)] { hold(dynamic_negatives(x, one)); }, {.read = 8. * n}};
  });
  t.row("lambda_weights", quadratic, few, [](idx n) { return job{[n] { hold(lambda_weights(n)); }, {.fresh = 8. * n * n}}; });
  t.row("lambda_loss of a dynamic list", linear, many, [](idx n) {
    return job{[x = uniform(n), l = dynamic_negatives(uniform(n), one, 200)] { hold(mining::lambda_loss(l, x)); },
               {.exps = 200, .divides = 400}};
  });
  t.row("pair_mask", quadratic, few, [](idx n) {
    return job{[d = cycle(n, n), o = offsets(n, 2), r = cycle(2 * n, n)] { hold(pair_mask(d, {o, r})); }, {.fresh = 1. * n * n}};
  });
  t.row("window_pool", linear, many, [](idx n) {
    return job{[r = cycle(n, n), b = id_set(hundred), n] { hold(window_pool(r, 0, n, b)); },
               {.read = 8. * n, .fresh = 8. * n, .hashed = 1. * n}};
  });
  t.row("draw_outside", linear, many, [=](idx n) {
    return job{[=, e = cycle(n, n)] { hold(draw_outside(10 * n, n / 10, e, draw)); },
               {.read = 8. * n, .draws = 0.1 * n, .sorted = 0.1 * n}};
  });
  t.row("draw_window", linear, many, [](idx n) {
    return job{[r = cycle(n, n), n] { hold(draw_window(r, one, 10 * n, 0, {.range_max = n})); },
               {.read = 8. * n, .fresh = 8. * n, .hashed = 1. * n}};
  });
}

void train_rows(every& t) {
  t.row("attentive_pooling", linear, some, [](idx n) {
    return job{[x = noise(n, 64, 1), q = noise(4, 64, 2), w = noise(64, 64, 3)] { hold(loss::attentive_pooling(x, q, w)); },
               {.read = 512. * n, .fresh = 16. * n, .macs_wide = 512. * n, .exps = 4. * n}};
  });
  t.row("pooling_queries", linear, many, [](idx n) {
    return job{[n] { hold(loss::pooling_queries<float>(n / 100, 100, random_stream(1, purpose::user))); },
               {.fresh = 4. * n, .exps = 1. * n, .divides = 1. * n, .draws = 1. * n}};
  });
  t.row("krr", cubic, {64, 128, 256}, [](idx n) {
    return job{[x = noise(n, 64, 1), y = noise(n, 4, 2), r = noise(n, 64, 3), z = noise(n, 4, 4)] { hold(loss::krr(x, y, r, z)); },
               {.macs_wide = double(n) * n * (n / 6. + 64 * 2 + 16)}};
  });
  t.row("moving_average", linear, more, [](idx n) {
    return job{[x = noise(2, n, 1)]() mutable {
                 mining::moving_average(std::span<float>(x.data(), std::size_t(x.cols())),
                                        std::span<float const>(x.row(1).data(), std::size_t(x.cols())), 0.99),
                     hold(x);
               },
               {.read = 12. * n},
               [x = noise(2, n, 1)]() mutable { x.row(0) = 0.99f * x.row(0) + 0.01f * x.row(1), hold(x); }};
  });
  t.row("neon_merge", linear, more, [](idx n) {
    return job{[x = noise(2, n, 1)]() mutable {
                 mining::neon_merge(std::span<float>(x.data(), std::size_t(x.cols())),
                                    std::span<float const>(x.row(1).data(), std::size_t(x.cols())), 1e-9),
                     hold(x);
               },
               {.read = 12. * n},
               [x = noise(2, n, 1)]() mutable { x.row(0) = 1.000001f * x.row(0) - 0.000001f * x.row(1), hold(x); }};
  });
}

}  // namespace

int main(int count, char** argv) {
  every t("data", count, argv);
  metrics_rows(t), retrieve_rows(t), list_rows(t), train_rows(t);
}
