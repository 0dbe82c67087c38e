// SPDX-License-Identifier: BSD-3-Clause
// k-means, soft assignments and densities: against the obvious computation, and by their invariants.
// Tests engine/each_score.hpp.
#include "foil/cluster/k_means.hpp"

#include "../catch.hpp"
#include "foil/cluster/densities.hpp"
#include "foil/cluster/soft_assignment.hpp"
#include "foil/engine/threads.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

/// Directions around `groups` axes.
template <class S>
matrix<S> bundles(idx n, idx dim, idx groups, double spread, std::uint64_t seed) {
  random_stream draw(seed, purpose::user);
  matrix<S> x(n, dim);
  for (idx i = 0; i < n; ++i) {
    double const length = 0.1 + 10 * draw.uniform();
    for (idx k = 0; k < dim; ++k) x(i, k) = S(length * ((k == i % groups) + spread * draw.normal()));
  }
  return x;
}

}  // namespace

TEST_CASE("k_means: the same bits for any number of threads, other clusters for another seed", "[mining]") {
  auto const x = bundles<float>(3000, 17, 9, 0.4, 1);
  k_means_options o{.clusters = 23, .batch = 500, .passes = 4, .restarts = 2, .seed = 5};
  auto const one = k_means(x, o);
  for (int n : {1, 2, 3}) {
    auto const r = k_means(x, o, {threads(n)});
    CHECK(r.labels == one.labels);
    CHECK((r.centres.array() == one.centres.array()).all());
    CHECK(r.objective == one.objective);
  }
  o.seed = 6;
  CHECK(k_means(x, o).labels != one.labels);
  o.seed = 5, o.epoch = 1;
  CHECK(k_means(x, o).labels != one.labels);
}

TEST_CASE("k_means: every row is with its nearest centre, and the counts and the objective say so", "[mining]") {
  for (idx batch : {idx(100), idx(1) << 60}) {
    auto const x = bundles<double>(700, 6, 5, 0.5, 2);
    auto const r = k_means(x, {.clusters = 11, .batch = batch, .seed = 3});
    std::vector<idx> members(11, 0);
    double sum = 0;
    for (idx i = 0; i < x.rows(); ++i) {
      auto const u = x.row(i).normalized();
      idx const mine = r.labels[std::size_t(i)];
      ++members[std::size_t(mine)], sum += u.dot(r.centres.row(mine));
      for (idx c = 0; c < 11; ++c) CHECK(u.dot(r.centres.row(c)) <= u.dot(r.centres.row(mine)) + 1e-12);
    }
    CHECK(r.members == members);
    CHECK(r.objective == Approx(sum / 700));
    for (idx c = 0; c < 11; ++c) CHECK(r.centres.row(c).norm() == Approx(1));
  }
}

TEST_CASE("k_means: finds tight bundles, and lengths of rows mean nothing", "[mining]") {
  auto const x = bundles<float>(600, 8, 6, 0.05, 4);
  for (idx batch : {100, 600}) {
    auto const r = k_means(x, {.clusters = 6, .batch = batch, .restarts = 20, .seed = 1});
    for (idx i = 0; i < 600; ++i) CHECK(r.labels[std::size_t(i)] == r.labels[std::size_t(i % 6)]);
    CHECK(*std::min_element(r.members.begin(), r.members.end()) == 100);
  }
  matrix<float> const longer = 4 * x;
  CHECK(k_means(longer, {.clusters = 7, .seed = 2}).labels == k_means(x, {.clusters = 7, .seed = 2}).labels);
}

TEST_CASE("k_means: plain k-means ends where nothing moves; a centre is the direction of its members", "[mining]") {
  auto const x = bundles<double>(300, 5, 4, 0.6, 7);
  auto const r = k_means(x, {.clusters = 4, .passes = 1000, .seed = 9});
  matrix<double> sums = matrix<double>::Zero(4, 5);
  for (idx i = 0; i < 300; ++i) sums.row(r.labels[std::size_t(i)]) += x.row(i).normalized();
  CHECK((sums.rowwise().normalized() - r.centres).cwiseAbs().maxCoeff() < 1e-12);
  auto const longer = k_means(x, {.clusters = 4, .passes = 1, .seed = 9});
  CHECK(r.objective >= longer.objective);
  auto const best = k_means(x, {.clusters = 4, .passes = 1000, .restarts = 8, .seed = 9});
  CHECK(best.objective >= r.objective);
}

TEST_CASE("k_means: one row, equal rows, zero rows, as many clusters as rows", "[mining]") {
  matrix<float> const one = matrix<float>::Constant(1, 3, 2);
  auto const single = k_means(one, {.clusters = 1});
  CHECK(single.labels == std::vector<idx>{0});
  CHECK(single.objective == Approx(1));
  matrix<float> const equal = matrix<float>::Constant(9, 3, -1);
  auto const few_directions = k_means(equal, {.clusters = 4});
  CHECK(few_directions.objective == Approx(1));
  CHECK(few_directions.members == std::vector<idx>{9, 0, 0, 0});
  auto x = bundles<float>(40, 6, 6, 0.3, 8);
  auto const all = k_means(x, {.clusters = 40});
  CHECK(all.members == std::vector<idx>(40, 1));
  x.row(7).setZero(), x.row(9).setZero();
  auto const with_zeros = k_means(x, {.clusters = 5, .batch = 8});
  CHECK(first_bad(with_zeros.centres.data(), with_zeros.centres.size()) == -1);
  CHECK((with_zeros.labels[7] == 0 && with_zeros.labels[9] == 0 && with_zeros.zero_rows == 2));
  CHECK(with_zeros.members[0] == std::count(with_zeros.labels.begin(), with_zeros.labels.end(), 0));
  matrix<float> const nothing = matrix<float>::Zero(6, 3);
  CHECK_THROWS_WITH(k_means(nothing, {.clusters = 2}), Catch::Contains("0 rows that are not zero"));
  CHECK_THROWS_AS(k_means(x, {.clusters = 41}), error);
  CHECK_THROWS_AS(k_means(x, {.clusters = 0}), error);
  CHECK_THROWS_AS(k_means(x, {.clusters = 2, .batch = 0}), error);
  x(3, 3) = quiet_nan<float>();
  CHECK_THROWS_WITH(k_means(x, {.clusters = 2}), Catch::Contains("row 3"));
}

TEST_CASE("student_t: rows are distributions, nearest centre first; far away it still is one", "[mining]") {
  auto const z = bundles<double>(50, 4, 3, 0.7, 10), m = bundles<double>(300, 4, 3, 0.7, 11);
  for (double v : {1.0, 3.5}) {
    auto const q = student_t(as_view(z), as_view(m), v, {threads(3)});
    std::vector<idx> const of = harden(as_view(q));
    for (idx i = 0; i < 50; ++i) {
      double sum = 0;
      auto const share = [&](idx c) { return std::pow(1 + (z.row(i) - m.row(c)).squaredNorm() / v, -(v + 1) / 2); };
      for (idx c = 0; c < 300; ++c) sum += share(c);
      idx nearest = 0;
      for (idx c = 0; c < 300; ++c) {
        if (std::abs(q(i, c) - share(c) / sum) > 1e-12) FAIL_CHECK("node " << i << ", centre " << c);
        if (share(c) > share(nearest)) nearest = c;
      }
      CHECK(of[std::size_t(i)] == nearest);
    }
  }
  matrix<float> const far = matrix<float>::Constant(1, 2, 1e15f), centres = matrix<float>::Random(3, 2);
  auto const q = student_t(as_view(far), as_view(centres), 200);
  CHECK(q.sum() == Approx(1));
  matrix<double> const tied = matrix<double>::Constant(2, 3, 0.3);
  CHECK(harden(as_view(tied)) == std::vector<idx>{0, 0});
  CHECK_THROWS_AS(student_t(as_view(z), as_view(m), 0), error);
  execution backwards;
  backwards.executor.workers = -3;
  CHECK_THROWS_AS(student_t(as_view(z), as_view(m), 1, backwards), error);
}

TEST_CASE("densities: tight clusters are small, singletons take the largest, the mean is the temperature", "[mining]") {
  matrix<double> const centres{{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
  auto const at = [](double degrees) {
    return std::array{std::cos(degrees * 0.017453292519943295), std::sin(degrees * 0.017453292519943295)};
  };
  matrix<double> z(7, 2);
  std::vector<idx> const of{0, 0, 0, 1, 1, 2, 0};  // cluster 2 has one member, cluster 3 none
  std::vector<double> const angle{5, -5, 10, 120, 70, 181, 0};
  for (idx i = 0; i < 7; ++i) z(i, 0) = 3 * at(angle[std::size_t(i)])[0], z(i, 1) = 3 * at(angle[std::size_t(i)])[1];
  auto const chord = [](double degrees) { return 2 * std::sin(std::abs(degrees) * 0.017453292519943295 / 2); };
  double const d0 = (2 * chord(5) + chord(10)) / 4 / std::log(9), d1 = (chord(30) + chord(20)) / 2 / std::log(7);
  std::vector<double> const d{d0, d1, d1, d1};  // ascending, and so are the quantiles: 0.3 of the way from d0 to d1, and d1
  double const low = d0 + 0.3 * (d1 - d0), mean = (low + 3 * d1) / 4;
  auto const phi = densities(z, of, as_view(centres), {.temperature = 0.7});
  CHECK(phi[0] == Approx(0.7 * low / mean));
  for (std::size_t b = 1; b < 4; ++b) CHECK(phi[b] == Approx(0.7 * d1 / mean));
  CHECK((phi[0] + phi[1] + phi[2] + phi[3]) / 4 == Approx(0.7));

  std::vector<idx> const own{0, 1, 2, 3};
  CHECK(densities(centres, own, as_view(centres)) == std::vector<double>(4, 0.4));
  std::vector<idx> const outside{0, 1, 2, 4};
  CHECK_THROWS_AS(densities(centres, outside, as_view(centres)), error);
  CHECK_THROWS_AS(densities(centres, own, as_view(centres), {.temperature = 0}), error);
}
