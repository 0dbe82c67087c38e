// SPDX-License-Identifier: BSD-3-Clause
// Mining of embeddings of any length: the lists of rows near 1, or the row is refused.
// Tests similarity/wide_rows.hpp.
#include <cmath>
#include <set>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "foil/bias/guide.hpp"
#include "foil/bias/near_duplicate.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/unit_rows.hpp"
#include "foil/foil.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/roles/target.hpp"
#include "foil/similarity.hpp"

namespace {

using namespace foil;
using namespace foil::similarity;

template <class S>
std::vector<int> powers() {
  return sizeof(S) == 4 ? std::vector<int>{-140, -127, -90, -60, -41, -20, 20, 40, 60}
                        : std::vector<int>{-1000, -600, -500, -300, 300, 511, 900, 1000};
}
/// Same answer as at scale 1, or a refusal that names a row.
template <class F, class T>
void same_or_refused(F const& answer, T const& want, bool must_hold) {
  T got{};
  std::string const said = refusal([&] { got = answer(); });
  if (said.empty())
    CHECK(got == want);
  else
    CHECK(says(said, {"row", "length"}));
  if (must_hold) CHECK(said == "");
}

}  // namespace

TEST_CASE("scale: the samples of large rows in mining", "[mine]") {
  matrix<float> const q = matrix<float>::Zero(1, 1), docs = (matrix<float>(2, 1) << 2e19f, 3e19f).finished();
  auto const m = mine(q, pool::bank(docs), {.negatives = 2}, neg_l2{});
  REQUIRE(m.counts[0] == 2);
  CHECK(m.ids == std::vector<idx>{0, 1});
  CHECK(m.scores == std::vector<float>{-2e19f, -3e19f});
  CHECK(says(refusal([&] { mine(q, pool::bank(docs), {.negatives = 2}, neg_sq_l2{}); }), {"mine", "row 0", "length 2e+19"}));
  CHECK(says(refusal([&] { mine(docs, pool::bank(docs), {.negatives = 2}, dot{}); }), {"mine", "row", "length"}));
  if (!has_denormals()) return;
  matrix<double> const tiny = (matrix<double>(2, 2) << 3e-310, 4e-310, 4e-310, 3e-310).finished();
  CHECK(mine(tiny, pool::bank(tiny), {.negatives = 2}).scores[1] == Approx(0.96));
}
TEMPLATE_TEST_CASE("scale: mined lists do not depend on a power of two", "[mine]", float, double) {
  using S = TestType;
  auto const q = coarse_rows<S>(20, 6, 1), c = coarse_rows<S>(300, 6, 2);
  auto const at = [&](int power, auto similarity) {
    auto const documents = times_power(c, power);
    auto const m = mine(times_power(q, power), pool::bank(documents), {.negatives = 7}, similarity);
    CHECK(m.nan == 0);
    return std::pair{m.ids, m.counts};
  };
  auto const distance = at(0, neg_l2{}), square = at(0, neg_sq_l2{}), product = at(0, dot{}), angle = at(0, cosine{}),
             sphere = at(0, normalized<neg_l2>{});
  for (int power : powers<S>()) {
    if (power < -120 && sizeof(S) == 4 && !has_denormals()) continue;
    INFO("times 2^" << power);
    bool const squares_fit = 2 * std::abs(power) < (sizeof(S) == 4 ? 121 : 1010);
    same_or_refused([&] { return at(power, neg_l2{}); }, distance, true);
    same_or_refused([&] { return at(power, cosine{}); }, angle, true);
    same_or_refused([&] { return at(power, normalized<neg_l2>{}); }, sphere, true);
    if (power > 0 || squares_fit) {  // smaller squares are all 0
      same_or_refused([&] { return at(power, neg_sq_l2{}); }, square, squares_fit);
      same_or_refused([&] { return at(power, dot{}); }, product, squares_fit);
    }
  }
}
TEST_CASE("scale: near pairs far from the origin are mined by their own distances", "[mine]") {
  matrix<float> c(400, 3);
  random_stream draw(5, purpose::user);
  for (idx k = 0; k < c.size(); ++k) c.data()[k] = 1e5f + float(draw.below(2000)) / 64;
  auto const m = mine(c, pool::bank(c), {.negatives = 5}, neg_l2{});
  for (idx i = 0; i < 400; ++i) {
    std::vector<std::pair<double, idx>> want;
    for (idx j = 0; j < 400; ++j) want.push_back({(c.row(i).cast<double>() - c.row(j).cast<double>()).norm(), j});
    std::stable_sort(want.begin(), want.end(), [](auto const& a, auto const& b) { return float(a.first) < float(b.first); });
    for (idx k = 0; k < 5; ++k) CHECK(double(-m.score(i, k)) == Approx(want[std::size_t(k)].first).epsilon(1e-6).margin(1e-12));
  }
  // distances whose squares no float holds
  matrix<float> const a = (matrix<float>(1, 2) << 1, 0).finished(),
                      b = (matrix<float>(3, 2) << 1, 3e-30f, 1, 1e-30f, 1, -2e-30f).finished();
  CHECK(mine(a, pool::bank(b), {.negatives = 3}, neg_l2{}).ids == std::vector<idx>{1, 2, 0});
}
TEMPLATE_TEST_CASE("scale: miners of a batch, clusters and audits do not depend on a power of two", "[mine]", float, double) {
  using S = TestType;
  auto const z = coarse_rows<S>(24, 5, 3);
  std::vector<idx> label, positive;
  for (idx i = 0; i < 24; ++i) label.push_back(i % 5), positive.push_back((i * 7) % 24);
  auto const triplets = [](mining::index_triplets const& t) { return std::tuple{t.anchors, t.positives, t.negatives}; };
  auto const hard = [&](int k, auto similarity) {
    auto const x = times_power(z, k);
    auto const b = mining::batch(x, label, similarity);
    return std::tuple{triplets(mining::batch_hard(b)), triplets(mining::batch_easy_hard(b))};
  };
  auto const angular = [&](int k) { return triplets(mining::angular_miner(times_power(z, k), label, {.degrees = 20}).triplets); };
  auto const clusters = [&](int k) { return mining::k_means(times_power(z, k), {.clusters = 4, .seed = 3}).labels; };
  auto const split = [&](int k) { return mining::balanced_clusters(times_power(z, k), 6, 9).values; };
  auto const twins = [&](int k) { return mining::representatives(times_power(z, k), 0.9); };
  auto const greedy = [&](int k) { return mining::saha(times_power(z, k), times_power(z, k), positive).clusters.values; };
  auto const prototypes = [&](int k) {
    auto const x = times_power(z, k);
    auto const p = mining::prototypes(as_view(x), label, 5);
    std::vector<double> all(p.rows.data(), p.rows.data() + p.rows.size());
    all.push_back(std::ldexp(p.radius, -k));
    return all;
  };
  for (int power : powers<S>()) {
    if (power < -120 && sizeof(S) == 4 && !has_denormals()) continue;
    INFO("times 2^" << power);
    bool const squares_fit = 2 * std::abs(power) < (sizeof(S) == 4 ? 121 : 1010);
    same_or_refused([&] { return hard(power, neg_l2{}); }, hard(0, neg_l2{}), true);
    same_or_refused([&] { return hard(power, cosine{}); }, hard(0, cosine{}), true);
    if (power > 0 || squares_fit) same_or_refused([&] { return hard(power, dot{}); }, hard(0, dot{}), squares_fit);
    same_or_refused([&] { return angular(power); }, angular(0), true);
    same_or_refused([&] { return clusters(power); }, clusters(0), true);
    same_or_refused([&] { return split(power); }, split(0), true);
    same_or_refused([&] { return twins(power); }, twins(0), true);
    same_or_refused([&] { return greedy(power); }, greedy(0), true);
    same_or_refused([&] { return prototypes(power); }, prototypes(0), true);
  }
}
TEST_CASE("scale: near-duplicates and guides are compared by cosine, whatever their lengths", "[mine]") {
  auto const test = [](auto zero, std::vector<double> const& factors) {
    using S = decltype(zero);
    matrix<S> q(1, 2), c(4, 2), guide(4, 2);
    q << 1, 0;
    c << S(.9), S(.1), S(.8), S(.1), S(.7), S(.1), S(.6), S(.1);
    guide << 1, 0, S(.995), S(.1), S(.6), S(.8), 0, 1;
    for (double f : factors)
      for (double g : factors) {
        matrix<S> scaled = guide;
        for (idx k = 0; k < 2; ++k)
          scaled(0, k) = S(double(scaled(0, k)) * f), scaled(1, k) = S(double(scaled(1, k)) * g),
                    scaled(2, k) = S(double(scaled(2, k)) * g);
        std::vector<idx> const own{0}, offsets{0, 1};
        auto const m = mine(q, pool::bank(c, roles::target(own), bias::near_duplicate<S>(as_view(scaled), offsets, own)), {.negatives = 3});
        INFO(f << " " << g);
        CHECK(m.ids == std::vector<idx>{2, 3, -1});
        matrix<S> const row = scaled.topRows(1);
        std::vector<S> const limit{S(.98)};
        auto const h = mine(q, pool::bank(c, roles::target(own), bias::guide<S>(as_view(row), as_view(scaled), limit)), {.negatives = 3});
        CHECK(h.ids == std::vector<idx>{2, 3, -1});
      }
  };
  test(0.f, {1, 7, 1e-3, 1e19, 1e-30, 1e38, 1e-35}), test(0.0, {1, 7, 1e-3, 1e200, 1e-200, 1e308, 1e-305});
  matrix<float> columns = matrix<float>::Ones(3, 2);
  std::vector<idx> const own{0}, offsets{0, 1};
  bias::near_duplicate<float> const filter(as_view(columns), offsets, own);
  columns(1, 1) = 5;
  matrix<float> const q = matrix<float>::Ones(1, 2);
  CHECK(says(refusal([&] { mine(q, pool::bank(columns, roles::target(own), filter), {.negatives = 1}); }),
             {"near_duplicate", "row 1", "changed"}));
}
TEST_CASE("scale: k-means gives every cluster a direction and counts rows without one", "[mine]") {
  matrix<float> z = matrix<float>::Zero(30, 3);
  for (idx i = 0; i < 6; ++i) z(5 * i + 4, i % 3) = i < 3 ? 2.f : -1e-30f;
  for (std::uint64_t seed = 1; seed < 6; ++seed) {
    auto const r = mining::k_means(z, {.clusters = 6, .batch = 7, .seed = seed});
    CHECK(r.zero_rows == 24);
    for (idx c = 0; c < 6; ++c) CHECK(r.centres.row(c).norm() == Approx(1));
    for (idx i = 0; i < 30; ++i)
      if (z.row(i).isZero(0)) CHECK(r.labels[std::size_t(i)] == 0);
  }
  CHECK(says(refusal([&] { mining::k_means(z, {.clusters = 7}); }), {"k_means", "clusters", "6", "not zero", "got 7"}));
  CHECK(says(refusal([&] { mining::k_means(matrix<float>::Zero(5, 2).eval(), {.clusters = 2}); }), {"k_means", "not zero"}));
}
TEST_CASE("scale: ids of members and clusters are checked", "[mine]") {
  matrix<double> unit = matrix<double>::Zero(6, 2);
  for (idx i = 0; i < 6; ++i) unit(i, i % 2) = 1;
  std::vector<idx> const far{0, 1, 2, 77000}, below{0, -1, 2};
  CHECK(says(refusal([&] { mining::balanced_split(as_view(unit), far, {0, 1}); }), {"balanced_split", "77000", "0 .. 5"}));
  CHECK(says(refusal([&] { mining::balanced_split(as_view(unit), below, {0, 1}); }), {"balanced_split", "-1"}));
  std::vector<idx> const offsets{0, 2, 3}, ids{0, 1, 2}, twice{1, 1}, fine{1, 0};
  CHECK(says(refusal([&] {
               mining::cluster_batches(ragged{offsets, ids}, twice, 2);
             }),
             {"cluster_batches", "permutation", "cluster 1 twice"}));
  CHECK(mining::cluster_batches(ragged{offsets, ids}, fine, 2).order == std::vector<idx>{2, 0, 1});
}
