// SPDX-License-Identifier: BSD-3-Clause
#include <set>

#include "../catch.hpp"
#include "foil/cluster/balanced_split.hpp"
#include "foil/cluster/cluster_batches.hpp"
#include "foil/cluster/prototypes.hpp"
#include "foil/lists/audit.hpp"
#include "foil/sample/instance_masks.hpp"
#include "foil/sample/mochi.hpp"
#include "foil/train/moving_average.hpp"
#include "statistics.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

template <class S>
matrix<S> unit_noise(idx n, idx dim, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  matrix<double> m(n, dim);
  for (idx i = 0; i < m.size(); ++i) m.data()[i] = r.normal();
  auto const unit = unit_rows(as_view(m), "test", "rows");
  matrix<S> out(n, dim);
  for (idx i = 0; i < m.size(); ++i) out.data()[i] = S(unit.data()[i]);
  return out;
}
template <class S>
double dot(matrix<S> const& a, idx i, matrix<S> const& b, idx j) {
  return simd::canonical_dot(a.data() + i * a.cols(), b.data() + j * b.cols(), a.cols());
}

}  // namespace

TEST_CASE("mochi: mixes have unit length, lie on the arc, and the query pulls them up", "[mining]") {
  auto const q = unit_noise<double>(1, 8, 1), bank = unit_noise<double>(50, 8, 2);
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
  auto const bank = unit_noise<float>(4, 5, 4);
  matrix<float> const q = bank.topRows(1);
  mix_plan const plan{{0, 1}, {2, 3}, {1, 0}, {2}, {0}};
  auto const r = mochi(as_view(q), as_view(bank), 4, plan);
  for (idx k = 0; k < 5; ++k) {
    CHECK(r.between(0, k) == Approx(bank(r.hard[0], k)));
    CHECK(r.between(1, k) == Approx(bank(r.hard[3], k)));
    CHECK(r.with_query(0, k) == Approx(bank(r.hard[2], k)));
  }
  auto const three = unit_noise<double>(1, 3, 5);
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
  auto const q = unit_noise<float>(2, 3, 1);
  matrix<float> const none(0, 3);
  CHECK(mochi(as_view(q).middle(0, 1), as_view(none), random_stream(1, purpose::mix)).between.rows() == 0);
  CHECK_THROWS_AS(mochi(as_view(q), as_view(q), random_stream(1, purpose::mix)), error);  // two queries
  CHECK_THROWS_AS(mochi(as_view(q).middle(0, 1), as_view(q), 1, mix_plan{{1}, {0}, {0.5}, {}, {}}), error);
}

TEST_CASE("prototypes: one class is certain, an empty one needs a fallback", "[mining]") {
  auto const x = unit_noise<float>(6, 4, 1);
  std::vector<idx> const one(6, 0), gap{0, 0, 2, 2, 2, 0};
  auto const p = prototypes(as_view(x), one, 1);
  auto const h = hardness_of(as_view(p.rows));
  CHECK(h.probabilities == std::vector<double>{1});
  CHECK_THROWS_AS(prototypes(as_view(x), gap, 3), error);
  auto const fallback = unit_noise<float>(3, 4, 2);
  auto const f = prototypes(as_view(x), gap, 3, as_view(fallback));
  for (idx k = 0; k < 4; ++k) CHECK(f.rows(1, k) == Approx(fallback(1, k)));
  CHECK(f.counts == std::vector<idx>{3, 0, 3});
  CHECK_THROWS_AS(prototypes(as_view(x), gap, 2), error);
}

TEST_CASE("draw_around_prototypes: classes in proportion, noise of the radius", "[mining]") {
  auto const x = unit_noise<double>(40, 6, 3);
  std::vector<idx> labels;
  for (idx i = 0; i < 40; ++i) labels.push_back(i % 4);
  auto const p = prototypes(as_view(x), labels, 4);
  auto const h = hardness_of(as_view(p.rows), 0.5);
  constexpr idx draws = 20000;
  auto const d = draw_around_prototypes(p, h, draws, random_stream(1, purpose::sample));
  std::vector<idx> counts(4, 0);
  double spread = 0;
  for (idx i = 0; i < draws; ++i) {
    ++counts[std::size_t(d.labels[std::size_t(i)])];
    for (idx k = 0; k < 6; ++k) {
      double const off = d.features(i, k) - p.rows(d.labels[std::size_t(i)], k);
      spread += off * off / double(6 * draws);
    }
  }
  CHECK(statistics::chi_square(counts, h.probabilities) < statistics::one_in_a_million);
  CHECK(std::sqrt(spread) == Approx(p.radius).epsilon(0.02));
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

TEST_CASE("mask_instances: partition, nesting, at least one survives", "[mining]") {
  random_stream r(1, purpose::user);
  std::vector<double> scores;
  for (idx i = 0; i < 37; ++i) scores.push_back(double(r.below(20)));
  random_stream const draw(2, purpose::sample);
  std::set<idx> before;
  for (double ratio : {0.0, 0.05, 0.3, 0.8, 1.0}) {
    auto const m = mask_instances(scores, draw, {.high = ratio, .low = 0.1, .random = 0.2});
    CHECK(idx(m.high.size()) == share_of(37, ratio, "test"));
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

TEST_CASE("moving_average: keeps, follows, warms up", "[mining]") {
  std::vector<float> teacher{1, -2};
  std::vector<float> const student{3, 4};
  moving_average<float>(teacher, student, 1);
  CHECK(teacher == std::vector<float>{1, -2});
  moving_average<float>(teacher, student, 0);
  CHECK(teacher == student);
  CHECK(warm_decay(0.99, 0) == 0);
  CHECK(warm_decay(0.99, 7) == Approx(0.75));
  CHECK(warm_decay(0.5, 1000) == 0.5);
  CHECK_THROWS_AS(moving_average<float>(teacher, student, 2), error);
}

TEST_CASE("balanced_clusters: a partition of even sizes, the same for the same seed", "[mining]") {
  auto const x = unit_noise<float>(101, 6, 1);
  for (idx size : {1, 2, 8, 30, 101, 500}) {
    auto const c = balanced_clusters(x, size, 5);
    std::set<idx> const all(c.values.begin(), c.values.end());
    CHECK(all.size() == 101);
    CHECK(c.values.size() == 101);
    std::size_t smallest = 101, largest = 0;
    for (idx i = 0; i < c.size(); ++i) smallest = std::min(smallest, c[i].size()), largest = std::max(largest, c[i].size());
    CHECK(largest - smallest <= 1);
    CHECK(largest <= std::size_t(size));
    CHECK(balanced_clusters(x, size, 5).values == c.values);
  }
  CHECK(balanced_clusters(x, 8, 5).values != balanced_clusters(x, 8, 6).values);
  matrix<float> const none(0, 3);
  CHECK(balanced_clusters(none, 4).size() == 0);
}

TEST_CASE("balanced_clusters: separates what is apart", "[mining]") {
  auto x = unit_noise<double>(40, 3, 2);
  for (idx i = 0; i < 40; ++i) x(i, 0) += i % 2 ? 5 : -5;
  auto const c = balanced_clusters(x, 20);
  REQUIRE(c.size() == 2);
  for (idx side = 0; side < 2; ++side)
    for (idx i : c[side]) CHECK(i % 2 == c[side][0] % 2);
}

TEST_CASE("balanced_split: identical and zero rows end, index order decides", "[mining]") {
  matrix<double> const same = matrix<double>::Zero(5, 3);
  std::vector<idx> const members{4, 0, 3, 1, 2};
  auto const h = balanced_split(as_view(same), members, {0, 1});
  CHECK(h.first == std::vector<idx>{4, 0, 3});
  CHECK(h.second == std::vector<idx>{1, 2});
  CHECK_THROWS_AS(balanced_split(as_view(same), members, {0, 5}), error);
  CHECK(balanced_split(as_view(same), std::vector<unsigned short>{4, 0, 3, 1, 2}, {0, 1}, 1e-300).first == h.first);
}

TEST_CASE("cluster_batches: batches partition the rows, whole clusters stay whole", "[mining]") {
  auto const x = unit_noise<float>(64, 4, 3);
  auto const c = balanced_clusters(x, 4);
  auto const b = cluster_batches(c.lists(), random_stream(1, purpose::batch, 2), 16);
  CHECK(std::set<idx>(b.order.begin(), b.order.end()).size() == 64);
  CHECK(b.batches.size() == 4);
  std::vector<idx> batch_of(64);
  for (idx t = 0; t < 4; ++t)
    for (idx i : b.batches[t]) batch_of[std::size_t(i)] = t;
  for (idx k = 0; k < c.size(); ++k)
    for (idx i : c[k]) CHECK(batch_of[std::size_t(i)] == batch_of[std::size_t(c[k][0])]);
  CHECK(cluster_batches(c.lists(), random_stream(1, purpose::batch, 2), 60, true).batches.size() == 1);
  std::vector<idx> const wrong{0}, offsets{0, 5}, ids{3, 2};
  CHECK_THROWS_AS(cluster_batches(c.lists(), wrong, 4), error);
  CHECK_THROWS_AS(cluster_batches({offsets, ids}, wrong, 4), error);
  CHECK_THROWS_AS(sample_labels({}, 1, 0), error);
}

TEST_CASE("label_mask: a row's own label is never a negative", "[mining]") {
  std::vector<idx> const offsets{0, 2, 3, 3, 6}, values{5, 7, 5, 1, 2, 7};
  ragged const labels{offsets, values};
  auto const sampled = sample_labels(labels, 3, 0);
  CHECK(sampled[2] == -1);
  std::vector<idx> const batch{3, 0, 2, 1};
  auto const mask = label_mask(batch, sampled, labels);
  for (std::size_t i : {0u, 1u, 3u}) CHECK(mask[5 * i] == 1);
  CHECK(mask[5 * 2] == 0);  // a row without labels has none to share
  CHECK(label_mask(std::vector<unsigned char>{3, 0, 2, 1}, std::vector<int>(sampled.begin(), sampled.end()), labels) == mask);
  std::vector<idx> counts(3, 0);
  for (std::uint32_t e = 0; e < 30000; ++e) {
    idx const label = sample_labels(labels, 3, e)[3];
    ++counts[std::size_t(label == 1 ? 0 : label == 2 ? 1 : 2)];
  }
  CHECK(statistics::chi_square(counts, {1.0 / 3, 1.0 / 3, 1.0 / 3}) < statistics::one_in_a_million);
}

TEST_CASE("duplicates_of_positives: monotone in the threshold, positives are never reported", "[mining]") {
  auto x = unit_noise<float>(20, 3, 4);
  for (idx k = 0; k < 3; ++k) x(5, k) = 2 * x(1, k), x(9, k) = x(1, k) + (k == 0 ? 0.05f : 0);
  std::vector<idx> const offsets{0, 2, 2, 3}, values{1, 5, 8};
  std::size_t before = 0;
  for (double t : {1.1, 0.9999999, 0.98, 0.5, -1.0}) {
    auto const bans = duplicates_of_positives(x, {offsets, values}, t);
    CHECK(bans.values.size() >= before);
    before = bans.values.size();
    CHECK(bans.size() == 3);
    CHECK(bans[1].empty());
    for (idx c : bans[0]) CHECK((c != 1 && c != 5));
    if (t > 1) CHECK(bans.values.empty());
    if (t == 0.98) CHECK(std::count(bans[0].begin(), bans[0].end(), 9) == 1);
  }
  CHECK(before == 18 + 19);
  auto const of = representatives(x);
  CHECK(of[5] == 1);
  CHECK(of[9] == 9);
  for (idx i : of) CHECK(of[std::size_t(i)] == i);
}

TEST_CASE("audit_hubs: nothing mined is all zeros, padding is not counted", "[mining]") {
  std::vector<idx> const none{-1, -1}, some{3, 3, -1, 0}, wrong{7};
  auto const empty = audit_hubs(none, 5);
  CHECK(empty.occurrence == std::vector<idx>(5, 0));
  CHECK(empty.skewness == 0);
  auto const r = audit_hubs(some, 5);
  CHECK(r.largest == 2);
  CHECK(r.top_share == Approx(2.0 / 3));
  CHECK(r.skewness > 0);
  CHECK_THROWS_AS(audit_hubs(wrong, 5), error);
}
