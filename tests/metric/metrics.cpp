// SPDX-License-Identifier: BSD-3-Clause
// Metrics against their definitions, written out; what evaluate counts, leaves out and refuses.
// Tests metric/rankings.hpp, metric/judgements.hpp, metric/judged_ranking.hpp, metric/hit_rate.hpp, metric/map.hpp, metric/mrr.hpp,
// metric/ndcg.hpp, metric/precision.hpp, metric/recall.hpp.
#include <cmath>
#include <random>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/metric.hpp"
#include "foil/metric/evaluate.hpp"

using namespace foil;
using namespace foil::metrics;

namespace {

double of(judged_ranking const& r, double metric) { return r.relevant() > 0 ? metric : 0; }

/// A metric of the user's: the rank of the last relevant document.
struct last_rank {
  static constexpr char const* name = "last_rank";
  double operator()(judged_ranking const& r) const {
    double last = 0;
    r.each_relevant(every_rank, [&](idx rank, idx) { last = double(rank); });
    return of(r, last);
  }
};

}  // namespace

TEST_CASE("metrics: formulas over a list of grades, for any cut and level", "[metric]") {
  std::mt19937 draw(3);
  for (int round = 0; round < 300; ++round) {
    idx const n = idx(draw() % 12), missing = idx(draw() % 4), from = 1 + idx(draw() % 3), k = 1 + idx(draw() % 14);
    std::vector<idx> grade, ideal;  // by rank; those of judged documents that were not found
    for (idx i = 0; i < n; ++i) grade.push_back(idx(draw() % 6) - 2);
    ideal = grade;
    for (idx i = 0; i < missing; ++i) ideal.push_back(idx(draw() % 4));
    std::sort(ideal.rbegin(), ideal.rend());
    std::vector<idx> ids, judged, judged_grades(grade);
    for (idx i = 0; i < n; ++i) ids.push_back(100 - i);
    judged = ids;
    std::vector<idx> rest(ideal);
    for (idx g : grade) rest.erase(std::find(rest.begin(), rest.end(), g));
    for (idx g : rest) judged.push_back(idx(judged.size()) + 200), judged_grades.push_back(g);
    std::vector<idx> const offsets{0, n}, judged_offsets{0, idx(judged.size())};
    auto const r =
        evaluate(ragged{offsets, ids}, {{judged_offsets, judged}, judged_grades}, {.relevant_from = from}, recall{k}, precision{k},
                 hit_rate{k}, mrr{k}, ndcg{k}, ndcg{k, gain::exponential}, metrics::map{k}, r_precision{}, map_at_r{}, last_rank{});

    auto const yes = [&](idx i) { return i < n && grade[std::size_t(i)] >= from; };
    auto const found = [&](idx cut) {
      double sum = 0;
      for (idx i = 0; i < cut; ++i) sum += yes(i);
      return sum;
    };
    double R = 0;
    for (idx g : ideal) R += g >= from;
    auto const dcg = [&](std::vector<idx> const& grades, bool power) {
      double sum = 0;
      for (idx i = 0; i < (std::min)(k, idx(grades.size())); ++i)
        if (double const g = double(grades[std::size_t(i)]); g > 0) sum += (power ? std::pow(2, g) - 1 : g) / std::log2(double(i) + 2);
      return sum;
    };
    auto const precisions = [&](idx cut) {
      double sum = 0;
      for (idx i = 0; i < cut; ++i)
        if (yes(i)) sum += found(i + 1) / double(i + 1);
      return sum;
    };
    idx first = 0, last = 0;
    for (idx i = n; i-- > 0;)
      if (yes(i)) first = i + 1, last = last > 0 ? last : i + 1;
    auto const over = [](double a, double b) { return b > 0 ? a / b : 0; };
    std::vector<double> const want{over(found(k), R),
                                   found(k) / double(k),
                                   double(found(k) > 0),
                                   first > 0 && first <= k ? 1 / double(first) : 0,
                                   over(dcg(grade, false), dcg(ideal, false)),
                                   over(dcg(grade, true), dcg(ideal, true)),
                                   over(precisions(k), R),
                                   over(found(idx(R)), R),
                                   over(precisions(idx(R)), R),
                                   double(last)};
    for (std::size_t m = 0; m < want.size(); ++m) {
      INFO(r.names[m] << ", round " << round);
      CHECK(r.values(0, idx(m)) == Approx(want[m]).epsilon(1e-13));
      CHECK(r.mean[m] == r.values(0, idx(m)));
    }
    CHECK(r.without_relevant == (R > 0 ? 0 : 1));
    CHECK(r.without_ranking == (n > 0 ? 0 : 1));
  }
}

TEST_CASE("metrics: grades of any size, in both gains", "[metric]") {
  std::vector<idx> const offsets{0, 2}, ids{4, 5}, grades{4999, 5000};
  auto const r = evaluate(ragged{offsets, ids}, {{offsets, ids}, grades}, {}, ndcg{}, ndcg{.gain = gain::exponential});
  double const d = 1 / std::log2(3.0);
  CHECK(r.mean[0] == Approx((4999 + 5000 * d) / (5000 + 4999 * d)));
  CHECK(r.mean[1] == Approx((0.5 + d) / (1 + 0.5 * d)));
}

TEST_CASE("metrics: documents without judgement, queries without an answer", "[metric]") {
  std::vector<int> const offsets{0, 3, 4, 4, 6}, ids{9, 7, 5, 2, 1, 3}, judged_offsets{0, 2, 2, 3, 4}, judged{5, 7, 1, 3};
  std::vector<short> const grades{1, 0, 2, 0};
  judgements const known{{judged_offsets, judged}, grades};
  rankings const ranked(ragged{offsets, ids});

  auto const all = evaluate(ranked, known, {}, mrr{});
  CHECK(all.values(0, 0) == Approx(1.0 / 3));
  CHECK(all.mean[0] == Approx(1.0 / 12));
  CHECK(all.queries_counted == 4);
  CHECK(all.without_relevant == 2);
  CHECK(all.without_ranking == 1);
  CHECK(all.unjudged == 3);  // 9; 2; 1

  auto const condensed =
      evaluate(ranked, known, {.unjudged = unjudged::removed, .without_relevant = without_relevant::left_out}, mrr{}, precision{2});
  CHECK(condensed.values(0, 0) == Approx(1.0 / 2));
  CHECK(condensed.mean[0] == Approx(1.0 / 4));
  CHECK(condensed.values(0, 1) == Approx(1.0 / 2));
  CHECK(condensed.queries_counted == 2);
  CHECK(condensed.counted == std::vector<unsigned char>{1, 0, 1, 0});
  CHECK(condensed.unjudged == 3);

  std::vector<idx> const none{0};
  auto const nothing = evaluate(ragged{none, {}}, {{none, {}}}, {}, recall{});
  CHECK(nothing.mean == std::vector<double>{0});
  CHECK(nothing.queries_counted == 0);
}

TEST_CASE("metrics: rows of mined ids end at their padding", "[metric]") {
  std::vector<idx> const ids{3, 1, -1, 2, -1, -1, 0, 4, 1}, judged_offsets{0, 1, 2, 3}, judged{1, 0, 1};
  auto const r = evaluate(rankings(ids, 3), {{judged_offsets, judged}}, {}, mrr{}, precision{1});
  CHECK(r.values(0, 0) == 0.5);
  CHECK(r.values(1, 0) == 0);
  CHECK(r.values(2, 0) == Approx(1.0 / 3));
  CHECK(r.unjudged == 4);
}

TEST_CASE("metrics: scores rank by the total order", "[metric]") {
  double const inf = std::numeric_limits<double>::infinity();
  std::vector<idx> const offsets{0, 5, 5, 7}, ids{8, 2, 5, 1, 9, 4, 3};
  std::vector<double> const scores{0.5, 0.5, inf, -inf, 0.5, -0.0, 0.0};
  auto const ranked = by_score({offsets, ids}, scores);
  CHECK(ranked.offsets == std::vector<idx>{0, 5, 5, 7});
  CHECK(ranked.values == std::vector<idx>{5, 2, 8, 9, 1, 3, 4});
}

TEST_CASE("metrics: what cannot be evaluated is refused", "[metric]") {
  std::vector<idx> const offsets{0, 2, 3}, ids{1, 2, 1}, twice{4, 4, 1}, wrong{0, 2}, beyond{0, 2, 4}, grades{1, 2};
  rankings const good(ragged{offsets, ids});
  CHECK(refusal([&] {
          evaluate(ragged{offsets, twice}, {{offsets, ids}}, {}, mrr{});
        }) == "foil: evaluate: document 4 is ranked twice for query 0");
  CHECK(refusal([&] { evaluate(good, {{offsets, twice}}, {}, mrr{}); }) == "foil: evaluate: document 4 is judged twice for query 0");
  CHECK(refusal([&] { evaluate(good, {{wrong, grades}}, {}, mrr{}); }) == "foil: evaluate: 2 anchors need 3 offsets, got 2");
  CHECK(refusal([&] { evaluate(good, {{offsets, ids}, grades}, {}, mrr{}); }) == "foil: evaluate: 3 judged documents, but 2 grades");
  CHECK(refusal([&] { evaluate(ragged{beyond, ids}, {{offsets, ids}}, {}, mrr{}); }) != "");
  CHECK(refusal([&] {
          evaluate(good, {{offsets, ids}}, {.relevant_from = 0}, mrr{});
        }) == "foil: evaluate: relevant_from must be a whole number of at least 1, got 0");
  CHECK(refusal([&] { evaluate(good, {{offsets, ids}}, {}, recall{0}); }) == "foil: recall: k must be a whole number of at least 1, got 0");
  CHECK(refusal([&] { rankings(ids, 2); }) == "foil: rankings: 3 ids are no rows of 2");
  CHECK(refusal([&] { rankings(ids, 0); }) == "foil: rankings: per_query must be at least 1, got 0");
  std::vector<float> const nan{1, std::numeric_limits<float>::quiet_NaN(), 1};
  CHECK(refusal([&] { by_score({offsets, ids}, nan); }) == "foil: by_score: the score at position 1 is NaN");
  CHECK(refusal([&] { by_score({offsets, ids}, std::vector<float>{1}); }) == "foil: by_score: 3 documents need as many scores, got 1");
}
