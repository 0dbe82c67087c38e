// SPDX-License-Identifier: BSD-3-Clause
// What is chosen from a ranked list: by a judge, by a teacher, by closeness to the positive, and by STAR and its schedule.
#include <set>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../statistics.hpp"
#include "foil/lists/ambiguous.hpp"
#include "foil/lists/denoise.hpp"
#include "foil/lists/judge.hpp"
#include "foil/lists/negative_schedule.hpp"
#include "foil/lists/star.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

std::vector<double> random_numbers(idx n, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  std::vector<double> x;
  for (idx i = 0; i < n; ++i) x.push_back(r.normal());
  return x;
}
double const not_a_number = quiet_nan<double>();

}  // namespace

TEST_CASE("strided_order: every place once, step one is the order itself", "[mining]") {
  for (idx n : {0, 1, 7, 20})
    for (idx step : {1, 3, 5, 50}) {
      auto const order = strided_order(n, step);
      CHECK(std::set<idx>(order.begin(), order.end()).size() == std::size_t(n));
      CHECK(idx(order.size()) == n);
      if (step == 1 || step >= n) CHECK(std::is_sorted(order.begin(), order.end()));
    }
  CHECK(strided_order(7, 3) == std::vector<idx>{0, 3, 6, 1, 4, 2, 5});
  CHECK_THROWS_AS(strided_order(7, 0), error);
}

TEST_CASE("judge_mine: a larger beta never adds survivors, a NaN is never one", "[mining]") {
  auto yes = random_numbers(40, 1), no = random_numbers(40, 2);
  yes[3] = not_a_number;
  std::vector<idx> before;
  for (double beta : {0.5, 0.2, 0.1, 0.0}) {
    auto const r = judge_mine(yes, no, 1, 0, {.beta = beta});
    for (idx j : before) CHECK(std::count(r.kept.begin(), r.kept.end(), j) == 1);
    for (idx j : r.kept) CHECK(r.scores[std::size_t(j)] <= r.threshold);
    CHECK(std::count(r.kept.begin(), r.kept.end(), 3) == 0);
    CHECK(r.undefined == 1);
    before = r.kept;
  }
  CHECK(before.size() > 10);
  CHECK(judge_mine(yes, no, not_a_number, 0).kept.empty());
  CHECK(judge_mine(yes, no, 9, 0, {.negatives = 60, .shortage = shortage::drop_query}).selected.empty());
  CHECK_THROWS_AS(judge_mine(yes, no, 9, 0, {.negatives = 60, .shortage = shortage::error}), error);
  CHECK_THROWS_AS(judge_mine(yes, no, 1, 0, {.shortage = shortage::fill_random}), error);
  CHECK_THROWS_AS(judge_mine(yes, std::vector<double>{1}, 1, 0), error);
}

TEST_CASE("ce_denoise: a higher low threshold never removes a negative before there are enough", "[mining]") {
  std::vector<idx> ranked, positives{4, 11};
  std::vector<double> teacher;
  random_stream r(3, purpose::user);
  for (idx i = 0; i < 60; ++i) ranked.push_back((7 * i) % 60), teacher.push_back(r.uniform());
  std::vector<idx> before;
  for (double low : {0.05, 0.2, 0.5}) {
    auto const d = ce_denoise(ranked, teacher, positives, {.negative_below = low, .depth = 40, .negatives = 60});
    for (idx id : before) CHECK(std::count(d.negatives.begin(), d.negatives.end(), id) == 1);
    for (idx id : d.negatives) CHECK(std::count(positives.begin(), positives.end(), id) == 0);
    before = d.negatives;
  }
  CHECK(before.size() > 10);
}

TEST_CASE("ce_denoise: repeats and the end of the list, fillers from beyond the depth", "[mining]") {
  std::vector<idx> const ranked{5, 5, 2, 8, 2, 9, 7, -1, 1}, positives{8};
  std::vector<float> const teacher{0.0f, 0.0f, 0.95f, 0.99f};
  auto const d = ce_denoise(ranked, teacher, positives, {.depth = 4, .negatives = 4});
  CHECK(d.negatives == std::vector<idx>{5});
  CHECK(d.pseudo_positive == 2);  // 8 is a positive already
  CHECK(d.filler_pool == std::vector<idx>{9, 7});
  CHECK(d.fillers_needed == 3);
  auto const filled = d.filled(random_stream(1, purpose::fill));
  CHECK(std::set<idx>(filled.begin(), filled.end()) == std::set<idx>{5, 7, 9});
  CHECK_THROWS_AS(ce_denoise(ranked, teacher, positives), error);  // fewer scores than the depth
  CHECK_THROWS_AS(ce_denoise(ranked, teacher, positives, {.negative_below = 0.95}), error);
}

TEST_CASE("ambiguous_negatives: draws follow the weights", "[mining]") {
  std::vector<float> const scores{0.2f, 0.9f, 1.1f, 3, quiet_nan<float>()};
  ambiguous_options const o{.a = 2, .b = 0.1};
  auto const logs = ambiguous_log_weights(scores, 1.0, o);
  auto const p = inclusion_probability(logs, 2);
  constexpr idx many = 100000;
  std::vector<idx> counts(scores.size(), 0);
  for (idx t = 0; t < many; ++t)
    for (idx j : ambiguous_negatives(scores, 1.0, 2, random_stream(8, purpose::gumbel, 0, std::uint64_t(t)), o)) ++counts[std::size_t(j)];
  CHECK(statistics::worst_inclusion(counts, p, many) < statistics::any_of_many);
  CHECK(counts[4] == 0);
}

TEST_CASE("ambiguous_negatives: an unknown positive draws uniformly, the other shape is the absolute one", "[mining]") {
  std::vector<double> const scores{-5, 0, 7, minus_infinity<double>()};
  auto const p = first_draw_probability(ambiguous_log_weights(scores, not_a_number));
  CHECK(p[0] == Approx(1.0 / 3));
  CHECK(p[3] == 0);
  auto const logs = ambiguous_log_weights(scores, 1, {.a = 3, .shape = ambiguous_shape::absolute});
  CHECK(logs[0] == Approx(-18));
  CHECK(logs[2] == Approx(-18));
  // Weights count beside the largest: below the smallest double they do, e^-745 of it they do not.
  CHECK(ambiguous_negatives(std::vector<double>{1e5, 1e5 + 0.001}, 0, 2, random_stream(1, purpose::gumbel)).size() == 2);
  CHECK(ambiguous_negatives(std::vector<double>{1e5, 1e6}, 0, 2, random_stream(1, purpose::gumbel)) == std::vector<idx>{0});
  CHECK(inclusion_probability(ambiguous_log_weights(std::vector<double>{0, 60, 1}, 0), 3)[1] == 0);
  CHECK(ambiguous_negatives(std::vector<double>{1, 1e200}, 0, 2, random_stream(1, purpose::gumbel)) == std::vector<idx>{0});
}

TEST_CASE("dynamic_negatives: relevant ids are appended only when all were missed", "[mining]") {
  std::vector<double> const scores{5, 4, 3, 2, 1, not_a_number};
  std::vector<idx> const inside{1}, outside{4, 3, 4}, unscored{5}, wrong{6};
  CHECK(dynamic_negatives(scores, inside, 3).ids == std::vector<idx>{0, 1, 2});
  auto const r = dynamic_negatives(scores, outside, 3);
  CHECK(r.ids == std::vector<idx>{0, 1, 2, 4, 3});
  CHECK(r.relevant == std::vector<unsigned char>{0, 0, 0, 1, 1});
  CHECK(dynamic_negatives(scores, unscored, 3).skipped);
  CHECK(dynamic_negatives(scores, id_list{}, 3).skipped);
  CHECK_THROWS_AS(dynamic_negatives(scores, wrong, 3), error);
  CHECK(static_negatives(scores, outside, 2) == std::vector<idx>{0, 1});
  CHECK(static_negatives(scores, inside, 9) == std::vector<idx>{0, 2, 3, 4});
}

TEST_CASE("lambda_weights: symmetric, zero on the diagonal and beyond the cut", "[mining]") {
  auto const w = lambda_weights(6, 4);
  for (idx i = 0; i < 6; ++i) {
    CHECK(w(i, i) == 0);
    for (idx j = 0; j < 6; ++j) CHECK(w(i, j) == w(j, i));
  }
  CHECK(w(4, 5) == 0);
  CHECK(w(0, 5) == 1);
  CHECK(lambda_weights(6)(4, 5) == Approx(1.0 / 5 - 1.0 / 6));
}

TEST_CASE("negative_schedule: three kinds, never relevant, never twice, refreshed when due", "[mining]") {
  std::vector<double> scores, later;
  for (idx j = 0; j < 50; ++j) scores.push_back(double(-j)), later.push_back(double(j));
  std::vector<idx> const relevant{0, 3};
  negative_schedule s(2, {.static_depth = 6, .from_static = 2, .from_dynamic = 3, .from_corpus = 4, .refresh = {.first = 2, .every = 10}});
  auto const early = s(1, 0, scores, relevant);
  CHECK(early.age == -1);
  CHECK((early.from_static == 0 && early.from_dynamic == 3 && early.from_corpus == 4));
  std::set<idx> const head{1, 2, 4, 5, 6, 7}, tail{49, 48, 47, 46, 45, 44};
  std::vector<idx> counts(50, 0);
  for (idx step = 2; step < 40; ++step) {
    bool const turned = step >= 12;  // by the refresh at 12 the model has changed its mind
    auto const r = s(1, step, step < 5 ? scores : later, relevant);
    REQUIRE(r.ids.size() == 9);
    CHECK(std::set<idx>(r.ids.begin(), r.ids.end()).size() == 9);
    CHECK(r.age == (step - 2) % 10);
    for (std::size_t t = 0; t < 9; ++t) {
      CHECK((r.ids[t] != 0 && r.ids[t] != 3));
      if (t < 2) CHECK((turned ? tail : head).count(r.ids[t]) == 1);
    }
    if (step >= 5) CHECK(r.ids[2] >= 47);
  }
  // STAR's own default: one of the list, uniformly.
  negative_schedule star(1, {.static_depth = 6, .seed = 3});
  for (idx step = 0; step < 20000; ++step) ++counts[std::size_t(star(0, step, scores, relevant).ids.at(0))];
  std::vector<double> law(50, 0.0);
  for (idx id : head) law[std::size_t(id)] = 1.0 / 6;
  CHECK(statistics::chi_square(counts, law) < statistics::one_in_a_million);
  std::vector<idx> const more{1, 2, 4, 5, 6, 0, 3};  // known later: the old list must not offer them
  CHECK(star(0, 20000, scores, more).ids == std::vector<idx>{7});
  CHECK_THROWS_AS(negative_schedule(1, {.static_depth = 1, .from_static = 2}), error);
  CHECK_THROWS_AS(star(1, 0, scores, relevant), error);
}

TEST_CASE("negative_schedule: a query that comes later has its static list from then on", "[mining]") {
  std::vector<double> scores;
  for (idx j = 0; j < 50; ++j) scores.push_back(double(-j));
  std::vector<idx> const relevant{0};
  negative_schedule s(2);
  CHECK((s(1, 5, scores, relevant).from_static == 1 && s(1, 9, scores, relevant).age == 4));
  // Called once in ten steps, never on a due one.
  negative_schedule sparse(1, {.refresh = {.first = 2, .every = 10}});
  CHECK(sparse(0, 1, scores, relevant).age == -1);
  for (idx step : {5, 15, 25}) CHECK(sparse(0, step, scores, relevant).age == 0);
  CHECK(sparse(0, 31, scores, relevant).age == 6);
  // A list of a later step has no age; a step back to it stays possible.
  CHECK(says(refusal([&] { sparse(0, 24, scores, relevant); }), {"negative_schedule", "step 24", "query 0", "step 25"}));
  CHECK(sparse(0, 25, scores, relevant).age == 0);
  CHECK(says(refusal([&] { sparse(0, -1, scores, relevant); }), {"negative_schedule", "step", "at least 0"}));
}
TEST_CASE("dynamic_negatives: many relevant ids, each appended once in their order", "[mining]") {
  constexpr idx n = 50000;
  std::vector<double> scores(std::size_t(2 * n));
  for (idx j = 0; j < 2 * n; ++j) scores[std::size_t(j)] = double(j);
  std::vector<idx> relevant;
  for (idx j = 0; j < n; ++j) relevant.push_back(n - 1 - j), relevant.push_back(n - 1 - j);
  auto const r = dynamic_negatives(scores, relevant, 2);
  REQUIRE(idx(r.ids.size()) == n + 2);
  CHECK((r.ids[2] == n - 1 && r.ids.back() == 0));
}
