// SPDX-License-Identifier: BSD-3-Clause
// Negatives made rather than found: mixed ones, and bags of instances with some masked.
#include <set>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "foil/cluster/prototypes.hpp"
#include "foil/sample/instance_masks.hpp"
#include "foil/sample/leverage.hpp"
#include "foil/sample/mochi.hpp"
#include "foil/sample/virtual_outliers.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

template <class S>
double dot(matrix<S> const& a, idx i, matrix<S> const& b, idx j) {
  return simd::canonical_dot(a.data() + i * a.cols(), b.data() + j * b.cols(), a.cols());
}

}  // namespace

TEST_CASE("mochi: mixes have unit length, lie on the arc, and the query pulls them up", "[mining]") {
  auto const q = unit_normal_rows<double>(1, 8, 1), bank = unit_normal_rows<double>(50, 8, 2);
  auto const stream = random_stream(3, purpose::mix, 0, 7);
  mochi_options const o{.hardest = 12, .between = 40, .with_query = 30};
  auto const r = mochi(as_view(q), as_view(bank), stream, o);
  auto const plan = draw_mixes(12, stream, o);
  REQUIRE(r.hard.size() == 12);
  for (idx t = 0; t < 40; ++t) {
    idx const i = r.hard[std::size_t(plan.first[std::size_t(t)])], j = r.hard[std::size_t(plan.second[std::size_t(t)])];
    CHECK(dot(r.between, t, r.between, t) == Approx(1));
    CHECK(dot(r.between, t, bank, i) >= dot(bank, i, bank, j) - 1e-12);
    double const fast = mixed_similarity(plan.alpha[std::size_t(t)], dot(q, 0, bank, i), dot(q, 0, bank, j), 1, dot(bank, i, bank, j), 1);
    CHECK(fast == Approx(r.between_similarity[std::size_t(t)]).epsilon(1e-6));
  }
  for (idx t = 0; t < 30; ++t) {
    CHECK(plan.beta[std::size_t(t)] < 0.5);
    CHECK(r.with_query_similarity[std::size_t(t)] >= dot(q, 0, bank, r.hard[std::size_t(plan.single[std::size_t(t)])]));
  }
  auto const again = mochi(as_view(q), as_view(bank), stream, o);
  CHECK(again.between == r.between);
  CHECK(mochi(as_view(q), as_view(bank), random_stream(3, purpose::mix, 0, 8), o).between != r.between);
}

TEST_CASE("mochi: weight zero or one reproduces the source, opposites cancel to zero", "[mining]") {
  auto const bank = unit_normal_rows<float>(4, 5, 4);
  matrix<float> const q = bank.topRows(1);
  mix_plan const plan{{0, 1}, {2, 3}, {1, 0}, {2}, {0}};
  auto const r = mochi(as_view(q), as_view(bank), 4, plan);
  for (idx k = 0; k < 5; ++k) {
    CHECK(r.between(0, k) == Approx(bank(r.hard[0], k)));
    CHECK(r.between(1, k) == Approx(bank(r.hard[3], k)));
    CHECK(r.with_query(0, k) == Approx(bank(r.hard[2], k)));
  }
  auto const three = unit_normal_rows<double>(1, 3, 5);
  std::vector<double> opposite, mixed(3);
  for (idx k = 0; k < 3; ++k) opposite.push_back(-three(0, k));
  mix_rows(0.5, three.data(), opposite.data(), 3, mixed.data());
  CHECK(mixed == std::vector<double>{0, 0, 0});
  mix_rows(0.3, three.data(), opposite.data(), 3, mixed.data());
  CHECK(mixed[0] == Approx(opposite[0]));
  CHECK(mixed_similarity(0.5, 1, -1, 1, -1, 1) == 0);
}

TEST_CASE("mochi: distinct parents, an empty bank, refusals", "[mining]") {
  auto const plan = draw_mixes(2, random_stream(1, purpose::mix), {.between = 50, .distinct = true});
  for (std::size_t t = 0; t < 50; ++t) CHECK(plan.first[t] != plan.second[t]);
  auto const q = unit_normal_rows<float>(2, 3, 1);
  matrix<float> const none(0, 3);
  CHECK(mochi(as_view(q).middle(0, 1), as_view(none), random_stream(1, purpose::mix)).between.rows() == 0);
  CHECK_THROWS_AS(mochi(as_view(q), as_view(q), random_stream(1, purpose::mix)), error);  // two queries
  CHECK_THROWS_AS(mochi(as_view(q).middle(0, 1), as_view(q), 1, mix_plan{{1}, {0}, {0.5}, {}, {}}), error);
}

TEST_CASE("mask_instances: a share drawn from more than all is still that share", "[mining]") {
  std::vector<double> scores;
  for (int i = 0; i < 92; ++i) scores.push_back(i);
  auto const masked = [&](std::size_t n, mask_options const& o) {
    return idx(mask_instances(std::span(scores).first(n), random_stream(1, purpose::user), o).masked.size());
  };
  CHECK(masked(10, {.high = 0.8, .high_random = 0.5}) == 8);
  CHECK(masked(92, {.high = 0.5, .high_random = 0.3}) == 46);
  CHECK(masked(10, {.high = 0.2, .high_random = 0.5}) == 2);
  CHECK(masked(10, {.high = 0.5, .high_random = 0.5}) == 5);
}

TEST_CASE("instance_scores: logits beyond a double are refused, a NaN passes through", "[mining]") {
  matrix<double> h = matrix<double>::Constant(2, 2, 1e200), w = h;
  w(1, 1) = -1e200;
  std::vector<double> const attention{0, 1}, bias{0, 0};
  auto const scores = [&] { return instance_scores(as_view(h), attention, as_view(w), bias); };
  CHECK(says(refusal(scores), {"instance_scores", "instance 0"}));
  w *= 1e-200, h(1, 0) = quiet_nan<double>();
  CHECK((scores()[0] == 0.5 && nan_bits(scores()[1])));
}
TEST_CASE("mask_instances: partition, nesting, at least one survives", "[mining]") {
  random_stream r(1, purpose::user);
  std::vector<double> scores;
  for (idx i = 0; i < 37; ++i) scores.push_back(double(r.below(20)));
  random_stream const draw(2, purpose::sample);
  std::set<idx> before;
  for (double ratio : {0.0, 0.05, 0.3, 0.8, 1.0}) {
    auto const m = mask_instances(scores, draw, {.high = ratio, .low = 0.1, .random = 0.2});
    CHECK(idx(m.high.size()) == share_of(37, ratio, "test"));
    CHECK(share_of(100, 0.07, "test") == 7);
    CHECK(m.masked.size() + m.kept.size() == 37);
    CHECK(std::is_sorted(m.kept.begin(), m.kept.end()));
    CHECK(m.kept.size() >= 1);
    std::set<idx> const high(m.high.begin(), m.high.end());
    CHECK(std::includes(high.begin(), high.end(), before.begin(), before.end()));
    before = high;
  }
  auto const all = mask_instances(scores, draw, {.high = 1, .min_keep = 3});
  CHECK(all.kept.size() == 3);
  for (idx i : all.kept) CHECK(scores[std::size_t(i)] >= scores[std::size_t(all.high[2])]);
  auto const part = mask_instances(scores, draw, {.high = 0.2, .high_random = 0.5});
  CHECK(part.high.size() == 8);  // ceil(37 * 0.4) = 15 candidates, half of them
  CHECK_THROWS_AS(mask_instances(scores, draw, {.high = 1.5}), error);
}

TEST_CASE("mask_instances: instances without a score", "[mining]") {
  double const nan = quiet_nan<double>();
  random_stream const draw(1, purpose::user);
  CHECK(mask_instances(std::vector<double>{nan, nan, nan, 1}, draw, {.high = 0.9, .high_random = 0.5}).high == std::vector<idx>{3});
  auto const m = mask_instances(std::vector<double>{nan, nan, 2, nan}, draw, {.high = 0, .random = 1, .min_keep = 2});
  CHECK(m.kept == std::vector<idx>{0, 2});
}
TEST_CASE("leverage_scores: the rank of a tall matrix in float", "[mining]") {
  matrix<float> tall = matrix<float>::Ones((idx(1) << 23) + 2, 1);
  CHECK(leverage_scores(tall).rank == 1);
  matrix<float> two(300000, 2);
  for (idx i = 0; i < two.rows(); ++i) two(i, 0) = 1, two(i, 1) = i % 2 == 0 ? 1.02f : 0.98f;
  CHECK(leverage_scores(two).rank == 2);
  two.col(1) = two.col(0) * 0.7f;
  CHECK(leverage_scores(two).rank == 1);
}
TEST_CASE("draws around prototypes and mixes name what is wrong", "[mining]") {
  class_prototypes<double> p;
  p.rows = matrix<double>::Identity(2, 2), p.radius = 1;
  class_hardness h;
  h.probabilities = {0, 0};
  random_stream const draw(1, purpose::user);
  CHECK(says(refusal([&] { draw_around_prototypes(p, h, 3, draw); }), {"draw_around_prototypes", "probability"}));
  h.probabilities = {0, 0, 1};
  CHECK(says(refusal([&] { draw_around_prototypes(p, h, 3, draw); }), {"draw_around_prototypes", "2 prototypes", "3 probabilities"}));
  h.probabilities = {1};  // the second class would never be drawn
  CHECK(says(refusal([&] { draw_around_prototypes(p, h, 3, draw); }), {"draw_around_prototypes", "2 prototypes", "1 probabilities"}));
  std::vector<idx> const labels{0};
  matrix<double> const noise = matrix<double>::Ones(1, 2);
  CHECK(says(refusal([&] { around_prototypes(p, labels, as_view(noise), quiet_nan<double>()); }), {"around_prototypes", "scale"}));
  matrix<float> const far = matrix<float>::Constant(1, 2, 1e30f), x = matrix<float>::Identity(2, 2);
  CHECK(says(refusal([&] { virtual_outliers(as_view(x), as_view(far), {.scale = 1e15}); }), {"virtual_outliers", "noise row 0", "float"}));
  class_prototypes<float> const wide{x, {1, 1}, 1e15};
  CHECK(says(refusal([&] { around_prototypes(wide, labels, as_view(far)); }), {"around_prototypes", "noise row 0", "float"}));
  CHECK(says(refusal([&] { mochi(as_view(noise), as_view(p.rows), -1, mix_plan{}); }), {"mochi:", "hardest", "-1"}));
  CHECK(says(refusal([&] { hardest_of(as_view(noise), as_view(p.rows), -1); }), {"hardest_of:", "hardest", "-1"}));
  CHECK(says(refusal([&] { hardest_of(as_view(p.rows), as_view(p.rows), 1); }), {"hardest_of:", "one row"}));
}
