// SPDX-License-Identifier: BSD-3-Clause
// Leverage, groups by their distance, virtual outliers: against brute force, definitions and laws.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "foil/engine/threads.hpp"
#include "foil/sample/leverage.hpp"
#include "foil/sample/mmd.hpp"
#include "foil/sample/virtual_outliers.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

}  // namespace

TEST_CASE("leverage_scores: range, rank, column maps, duplicates, zero rows", "[mining]") {
  matrix<double> a = normal_rows(30, 4, 2);
  a.row(7).setZero(), a.col(3) = a.col(0) - 2 * a.col(1);
  auto const r = leverage_scores(a);
  CHECK(r.rank == 3);
  CHECK(r.scores[7] == 0);
  double sum = 0;
  for (double t : r.scores) {
    sum += t;
    CHECK(t >= 0);
    CHECK(t <= 1);
  }
  CHECK(sum == Approx(3));
  matrix<double> map = normal_rows(4, 4, 3);
  map.row(1) *= 1e6;
  auto const mapped = leverage_scores(matrix<double>(a * map));
  for (std::size_t i = 0; i < 30; ++i) CHECK(mapped.scores[i] == Approx(r.scores[i]).margin(1e-9));
  matrix<double> twice(31, 4);
  twice << a, a.row(5);
  auto const copies = leverage_scores(twice);
  CHECK(copies.scores[5] == Approx(r.scores[5] / (1 + r.scores[5])));
  CHECK(copies.scores[30] == Approx(copies.scores[5]));
  matrix<double> const scaled = a * 1e-200;
  CHECK(leverage_scores(scaled).rank == 3);
  matrix<float> const in_float = a.cast<float>();
  CHECK(leverage_scores(in_float).rank == 3);
  CHECK(leverage_scores(matrix<double>::Zero(3, 2).eval()).scores == std::vector<double>{0, 0, 0});
  CHECK(leverage_scores(matrix<double>::Identity(2, 5).eval()).scores == std::vector<double>{1, 1});
}

TEST_CASE("root_leverage: rows kept with their probability leave the p-norm unbiased", "[mining]") {
  matrix<double> const a = normal_rows(12, 3, 4);
  auto const r = leverage_scores(a);
  auto const plan = root_leverage(r.scores, {.p = 1.5, .oversampling = 0.7});
  Eigen::Vector3d const x(0.3, -1, 2);
  double whole = 0, mean = 0, square = 0;
  for (idx i = 0; i < 12; ++i) {
    double const p = plan.probability[std::size_t(i)], one = std::pow(std::abs(a.row(i).dot(x)), 1.5);
    CHECK(std::pow(plan.factor[std::size_t(i)], 1.5) * p == Approx(1));
    whole += one;
  }
  idx const rounds = 20000;
  for (idx t = 0; t < rounds; ++t) {
    double sum = 0;
    for (idx i : kept_rows(plan.probability, random_stream(5, purpose::sample, 0, std::uint64_t(t))))
      sum += std::pow(plan.factor[std::size_t(i)] * std::abs(a.row(i).dot(x)), 1.5);
    mean += sum / double(rounds), square += sum * sum / double(rounds);
  }
  CHECK(std::abs(mean - whole) < 5.5 * std::sqrt((square - mean * mean) / double(rounds)));
  auto const never = root_leverage(std::vector<double>{0, 1});
  CHECK(never.factor == std::vector<double>{0, 1});
  CHECK(says(refusal([] { root_leverage(std::vector<double>{1.5}); }), {"root_leverage", "1.5", "row 0"}));
}

TEST_CASE("mmd_to_groups: identical groups are at the floor, sizes may differ, strategies", "[mining]") {
  matrix<double> const anchor = normal_rows(7, 2, 6);
  matrix<double> samples(7 + 5 + 9, 2);
  samples << normal_rows(5, 2, 7).array() + 3, anchor.colwise().reverse(), normal_rows(9, 2, 8).array() + 0.5;
  std::vector<int> const offsets{0, 5, 12, 21};
  auto const r = mmd_to_groups(as_view(anchor), as_view(samples), offsets);
  CHECK(r.order == std::vector<idx>{1, 2, 0});
  CHECK(r.mmd[1] == 1e-4);
  matrix<double> const first = samples.topRows(5);
  std::vector<int> const whole{0, 7};
  CHECK(mmd_to_groups(as_view(first), as_view(anchor), whole).mmd[0] == Approx(r.mmd[0]));  // symmetric
  using strategy = group_strategy;
  CHECK(choose_groups(r).negatives == std::vector<idx>{1});
  CHECK(choose_groups(r, strategy::all).negatives == std::vector<idx>{0, 1, 2});
  CHECK(choose_groups(r, strategy::rest).negatives == std::vector<idx>{2, 0});
  CHECK(choose_groups(r, strategy::next_two).negatives == std::vector<idx>{2, 0});
  CHECK(says(refusal([&] { choose_groups(r, strategy(4)); }), {"choose_groups", "by", "0 .. 3", "4"}));
  auto const shares = choose_groups(r, strategy::all, true);
  CHECK(shares.weights[1] == 1);
  CHECK(shares.positive_weight == Approx(1e-4));
  std::vector<int> const one{0, 21};
  CHECK(choose_groups(mmd_to_groups(as_view(anchor), as_view(samples), one), strategy::rest).negatives == std::vector<idx>{0});
  std::vector<int> const hole{0, 5, 5, 21};
  CHECK(says(refusal([&] { mmd_to_groups(as_view(anchor), as_view(samples), hole); }), {"mmd_to_groups", "group 1"}));
}

TEST_CASE("virtual_outliers: the definition by sorting everything, any number of threads", "[mining]") {
  matrix<double> x = normal_rows(40, 3, 9);
  x.row(4).setZero();
  matrix<double> const noise = normal_rows(6, 3, 10);
  outlier_options const o{.neighbour = 5, .boundary = 7, .scale = 0.3, .keep = 11};
  auto const r = virtual_outliers(as_view(x), as_view(noise), o);
  matrix<double> u = x;
  for (idx i = 0; i < 40; ++i)
    if (u.row(i).norm() > 0) u.row(i) /= x.row(i).norm();
  auto const fifth = [&](auto const& p) {
    std::vector<double> all;
    for (idx j = 0; j < 40; ++j) all.push_back((u.row(j) - p).squaredNorm());
    std::sort(all.begin(), all.end());
    return all[4];
  };
  std::vector<double> radius, far;
  for (idx i = 0; i < 40; ++i) radius.push_back(fifth(u.row(i)));
  std::vector<idx> edge = canonical_order(radius, 7);
  std::sort(edge.begin(), edge.end());
  CHECK(r.boundary == edge);
  for (idx i : edge)
    for (idx s = 0; s < 6; ++s) far.push_back(fifth(u.row(i) + 0.3 * noise.row(s)));
  CHECK(r.kept == canonical_order(far, 11));
  for (idx i = 0; i < 11; ++i) {
    idx const c = r.kept[std::size_t(i)];
    CHECK((r.rows.row(i) - u.row(edge[std::size_t(c / 6)]) - 0.3 * noise.row(c % 6)).norm() < 1e-12);
  }
  auto many = o;
  many.executor = threads(3);
  auto const again = virtual_outliers(as_view(x), as_view(noise), many);
  CHECK(again.candidate_distance == r.candidate_distance);
  CHECK(again.rows == r.rows);
  auto const drawn = virtual_outliers(as_view(x), 20, random_stream(1, purpose::mix), {.neighbour = 3, .boundary = 2, .keep = 999});
  CHECK(drawn.rows.rows() == 40);
  CHECK(says(refusal([&] { virtual_outliers(as_view(x), view<double>{nullptr, 0, 2, 2}, o); }), {"virtual_outliers", "dim 3", "got 2"}));
  // More noise than memory holds: were it drawn before options are looked at, this would not end.
  auto const early = [&] { virtual_outliers(as_view(x), idx(1) << 32, random_stream(1, purpose::mix), {.neighbour = 0}); };
  CHECK(says(refusal(early), {"virtual_outliers", "neighbour"}));
}
