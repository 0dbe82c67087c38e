// SPDX-License-Identifier: BSD-3-Clause
// Batches made of clusters, of label lists and around prototypes: partitions, proportions, what ends a split.
#include <set>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "../statistics.hpp"
#include "foil/cluster/balanced_split.hpp"
#include "foil/cluster/cluster_batches.hpp"
#include "foil/cluster/prototypes.hpp"
#include "foil/cluster/saha.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

matrix<float> random_rows(idx n, idx dim, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  matrix<float> m(n, dim);
  for (idx i = 0; i < m.size(); ++i) m.data()[i] = float(r.below(33)) / 16 - 1;
  return m;
}

}  // namespace

TEST_CASE("prototypes: one class is certain, an empty one needs a fallback", "[mining]") {
  auto const x = unit_normal_rows<float>(6, 4, 1);
  std::vector<idx> const one(6, 0), gap{0, 0, 2, 2, 2, 0};
  auto const p = prototypes(as_view(x), one, 1);
  auto const h = hardness_of(as_view(p.rows));
  CHECK(h.probabilities == std::vector<double>{1});
  CHECK_THROWS_AS(prototypes(as_view(x), gap, 3), error);
  auto const fallback = unit_normal_rows<float>(3, 4, 2);
  auto const f = prototypes(as_view(x), gap, 3, as_view(fallback));
  for (idx k = 0; k < 4; ++k) CHECK(f.rows(1, k) == Approx(fallback(1, k)));
  CHECK(f.counts == std::vector<idx>{3, 0, 3});
  CHECK_THROWS_AS(prototypes(as_view(x), gap, 2), error);
}

TEST_CASE("draw_around_prototypes: classes in proportion, noise of the radius", "[mining]") {
  auto const x = unit_normal_rows<double>(40, 6, 3);
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
  random_stream const stream(1, purpose::sample);
  CHECK(says(refusal([&] { draw_around_prototypes(p, h, 3, stream, quiet_nan<double>()); }), {"draw_around_prototypes: scale", "number"}));
  CHECK(says(refusal([&] { around_prototypes(p, labels, as_view(x), infinity<double>()); }), {"around_prototypes: scale", "number"}));
}

TEST_CASE("balanced_clusters: a partition of even sizes, the same for the same seed", "[mining]") {
  auto const x = unit_normal_rows<float>(101, 6, 1);
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
  auto x = unit_normal_rows<double>(40, 3, 2);
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
  auto const x = unit_normal_rows<float>(64, 4, 3);
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
