// SPDX-License-Identifier: BSD-3-Clause
#include <set>

#include "../catch.hpp"
#include "foil/cluster/saha.hpp"
#include "foil/lists/ambiguous.hpp"
#include "foil/lists/denoise.hpp"
#include "foil/lists/judge.hpp"
#include "foil/lists/star.hpp"
#include "statistics.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

matrix<float> random_rows(idx n, idx dim, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  matrix<float> m(n, dim);
  for (idx i = 0; i < m.size(); ++i) m.data()[i] = float(r.below(33)) / 16 - 1;
  return m;
}
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
  CHECK(judge_mine(yes, no, 9, 0, {.k = 60, .shortage = shortage::drop_query}).selected.empty());
  CHECK_THROWS_AS(judge_mine(yes, no, 9, 0, {.k = 60, .shortage = shortage::error}), error);
  CHECK_THROWS_AS(judge_mine(yes, no, 1, 0, {.shortage = shortage::fill_random}), error);
  CHECK_THROWS_AS(judge_mine(yes, std::vector<double>{1}, 1, 0), error);
}

TEST_CASE("ce_denoise: a higher low threshold never removes a negative before the need is met", "[mining]") {
  std::vector<idx> ranked, positives{4, 11};
  std::vector<double> teacher;
  random_stream r(3, purpose::user);
  for (idx i = 0; i < 60; ++i) ranked.push_back((7 * i) % 60), teacher.push_back(r.uniform());
  std::vector<idx> before;
  for (double low : {0.05, 0.2, 0.5}) {
    auto const d = ce_denoise(ranked, teacher, positives, {.negative_below = low, .depth = 40, .need = 60});
    for (idx id : before) CHECK(std::count(d.negatives.begin(), d.negatives.end(), id) == 1);
    for (idx id : d.negatives) CHECK(std::count(positives.begin(), positives.end(), id) == 0);
    before = d.negatives;
  }
  CHECK(before.size() > 10);
}

TEST_CASE("ce_denoise: repeats and the end of the list, fillers from beyond the depth", "[mining]") {
  std::vector<idx> const ranked{5, 5, 2, 8, 2, 9, 7, -1, 1}, positives{8};
  std::vector<float> const teacher{0.0f, 0.0f, 0.95f, 0.99f};
  auto const d = ce_denoise(ranked, teacher, positives, {.depth = 4, .need = 4});
  CHECK(d.negatives == std::vector<idx>{5});
  CHECK(d.pseudo_positive == 2);  // 8 is a positive already
  CHECK(d.filler_pool == std::vector<idx>{9, 7});
  CHECK(d.fillers_needed == 3);
  auto const filled = d.filled(random_stream(1, purpose::fill));
  CHECK(std::set<idx>(filled.begin(), filled.end()) == std::set<idx>{5, 7, 9});
  CHECK_THROWS_AS(ce_denoise(ranked, teacher, positives), error);  // fewer scores than the depth
  CHECK_THROWS_AS(ce_denoise(ranked, teacher, positives, {.negative_below = 0.95}), error);
}

TEST_CASE("ambiguous_negatives: draws follow the bell", "[mining]") {
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

TEST_CASE("ambiguous_negatives: an unknown positive draws uniformly, the other bell is the absolute one", "[mining]") {
  std::vector<double> const scores{-5, 0, 7, minus_infinity<double>()};
  auto const p = first_draw_probability(ambiguous_log_weights(scores, not_a_number));
  CHECK(p[0] == Approx(1.0 / 3));
  CHECK(p[3] == 0);
  auto const logs = ambiguous_log_weights(scores, 1, {.a = 3, .shape = bell::absolute});
  CHECK(logs[0] == Approx(-18));
  CHECK(logs[2] == Approx(-18));
  // A weight far below the smallest double still is a weight; the rank decides there.
  CHECK(ambiguous_negatives(std::vector<double>{1e5, 1e6}, 0, 2, random_stream(1, purpose::gumbel)) == std::vector<idx>{0, 1});
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

TEST_CASE("saha: phase one's clusters are disjoint, members' documents are not the head's", "[mining]") {
  auto const q = random_rows(60, 5, 1), d = random_rows(40, 5, 2);
  random_stream r(3, purpose::user);
  std::vector<idx> positive;
  for (idx i = 0; i < 60; ++i) positive.push_back(r.below(40));
  for (bool owner_filter : {true, false}) {
    auto const s = saha(q, d, positive, {.top_k = 4, .pool_mult = 3, .owner_filter = owner_filter});
    std::set<idx> in_phase_one, all;
    for (idx c = 0; c < s.clusters.size(); ++c) {
      auto const members = s.clusters[c];
      CHECK(members.size() >= 2);
      CHECK(members.size() <= 5);
      CHECK(std::set<idx>(members.begin(), members.end()).size() == members.size());
      for (idx m : members) {
        if (s.phase[std::size_t(c)] == 1) CHECK(in_phase_one.insert(m).second);
        if (m != members[0]) CHECK(positive[std::size_t(m)] != positive[std::size_t(members[0])]);
        all.insert(m);
      }
    }
    CHECK(all.size() + s.unused.size() == 60);
    for (idx i : s.unused) CHECK(all.count(i) == 0);
    CHECK(in_phase_one.size() > 40);
  }
  std::vector<idx> wrong = positive;
  wrong[7] = 40;
  CHECK_THROWS_AS(saha(q, d, wrong), error);
  CHECK_THROWS_AS(saha(q, random_rows(4, 6, 1), positive), error);
}
