// SPDX-License-Identifier: BSD-3-Clause
// Embeddings of any length and anywhere: losses are those of rows near 1 and near the origin, or the row is refused.
// Tests engine/pair.hpp, engine/near.hpp, engine/pool_access_of.hpp.
#include <cmath>

#include "../refusal.hpp"
#include "../rows.hpp"
#include "../table/table.hpp"
#include "foil/pool/listed.hpp"
#include "foil/roles/listed.hpp"

using namespace table;
using namespace foil::similarity;

namespace {

template <class S>
double difference(matrix<S> const& a, matrix<double> const& b, double unit = 1) {
  return (a.template cast<double>() * unit - b).norm() / (1e-300 + b.norm());
}
template <class S>
matrix<double> wide(matrix<S> const& x) {
  return x.template cast<double>();
}

std::vector<idx> const own_positive{0, 1, 2, 3, 4, 5, 6, 7, 8}, own_offsets{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

/// f(name, call) for every layout, call(objective) the result of 9 anchors.
template <class S, class F>
void each_layout(matrix<S> const& q, matrix<S> const& k, matrix<S> const& hard, F const& f) {
  static std::vector<idx> const ids{0, 3, 5, 1, 1, -1, 2, 0, 26, 4, 4, 4, 7, 9, 2, 25, 13, 11, 3, 1, 6, 8, -1, 2, 20, 21, 22};
  static std::vector<int> const label{0, 1, 2, 0, 1, 2, 0, 1, 2};
  f("shared", [&](auto const& o) { return o.value_and_grad(q, pool::in_batch(k), pool::trained(pool::bank(hard))); });
  f("own", [&](auto const& o) { return o.value_and_grad(q, pool::positives(k), pool::own(hard, 3)); });
  f("listed", [&](auto const& o) { return o.value_and_grad(q, pool::positives(k), pool::trained(pool::listed(hard, ids, 3))); });
  f("self", [&](auto const& o) { return o.value_and_grad(q, pool::self(q, roles::by_label(label))); });
}
execution const kept{}, tiled{.budget = 1, .tile = {256, 256}};

}  // namespace

TEST_CASE("scale: the samples of large rows", "[engine]") {
  matrix<float> const q = (matrix<float>(2, 1) << 2e19f, -2e19f).finished();
  auto const r = objective(loss::info_nce{.temperature = 1}, neg_l2{}).value_and_grad(q, pool::in_batch(q));
  CHECK(r.value == 0);
  CHECK(r.anchors.cwiseAbs().maxCoeff() == 0);
  for (auto const& said : {refusal([&] { objective(loss::info_nce{.temperature = 1}, dot{}).value_and_grad(q, pool::in_batch(q)); }),
                           refusal([&] { objective(loss::info_nce{.temperature = 1}, neg_sq_l2{}).value(q, pool::in_batch(q)); })})
    CHECK(says(said, {"row 0", "length 2e+19", "float"}));
  CHECK(objective(loss::info_nce{.temperature = 1}).value(q, pool::in_batch(q)).value == Approx(std::log1p(std::exp(-2.0))));
}
TEMPLATE_TEST_CASE("scale: losses of rows times 2^k, the temperature along, are those of the rows", "[engine]", float, double) {
  using S = TestType;
  auto const q = coarse_rows<S>(9, 5, 1), k = coarse_rows<S>(9, 5, 2), hard = coarse_rows<S>(27, 5, 3);
  double const tolerance = sizeof(S) == 4 ? 2e-5 : 1e-13;
  for (execution const& how : {kept, tiled})
    for (int power : {-60, -41, -17, 0, 13, 30, 55}) {
      auto const qs = times_power(q, power), ks = times_power(k, power), hs = times_power(hard, power);
      auto const check = [&](auto similarity, int degree) {
        if (degree * power > 60 || degree * power < -60) return;  // the temperature is at least 1e-20
        double const t = std::ldexp(1.0, degree * power);
        objective const at_one(loss::info_nce{.temperature = 1}, similarity, reduce::mean{}, how);
        objective const scaled(loss::info_nce{.temperature = t}, similarity, reduce::mean{}, how);
        std::vector<outcome<S>> want;
        each_layout(q, k, hard, [&](char const*, auto const& call) { want.push_back(call(at_one)); });
        std::size_t n = 0;
        each_layout(qs, ks, hs, [&](char const* layout, auto const& call) {
          auto const got = call(scaled);
          INFO(layout << " times 2^" << power << ", degree " << degree);
          CHECK(double(got.value) == Approx(double(want[n].value)).epsilon(tolerance));
          CHECK(difference(got.anchors, wide(want[n].anchors), std::ldexp(1.0, power)) < tolerance);
          for (std::size_t p = 0; p < got.pools.size(); ++p)
            if (got.pools[p].size()) CHECK(difference(got.pools[p], wide(want[n].pools[p]), std::ldexp(1.0, power)) < tolerance);
          ++n;
        });
      };
      check(neg_l2{}, 1), check(dot{}, 2), check(neg_sq_l2{}, 2), check(cosine{}, 0), check(normalized<neg_l2>{}, 0);
    }
}
TEMPLATE_TEST_CASE("scale: distances and cosines keep their value and slope to the ends of the numbers", "[engine]", float, double) {
  using S = TestType;
  auto const q = coarse_rows<S>(9, 5, 1), k = coarse_rows<S>(9, 5, 2), hard = coarse_rows<S>(27, 5, 3);
  double const tolerance = sizeof(S) == 4 ? 2e-5 : 1e-13;
  objective const distances(loss::alignment{1}, neg_l2{});
  objective const cosines(loss::info_nce{.temperature = 0.1});
  std::vector<outcome<S>> distance, cosine;
  each_layout(q, k, hard, [&](char const*, auto const& call) { distance.push_back(call(distances)), cosine.push_back(call(cosines)); });
  for (int power : sizeof(S) == 4 ? std::vector<int>{-140, -126, -110, -70, 0, 60, 78} : std::vector<int>{-1000, -700, -500, 0, 60, 78}) {
    if (power < -120 && sizeof(S) == 4 && !has_denormals()) continue;
    std::size_t n = 0;
    auto const qs = times_power(q, power), ks = times_power(k, power), hs = times_power(hard, power);
    each_layout(qs, ks, hs, [&](char const* layout, auto const& call) {
      INFO(layout << " times 2^" << power);
      auto const d = call(distances);
      CHECK(std::ldexp(double(d.value), -power) == Approx(double(distance[n].value)).epsilon(power < -130 ? 1e-2 : tolerance));
      CHECK(difference(d.anchors, wide(distance[n].anchors)) < tolerance);
      for (std::size_t p = 0; p < d.pools.size(); ++p)
        if (d.pools[p].size()) CHECK(difference(d.pools[p], wide(distance[n].pools[p])) < tolerance);
      auto const c = call(cosines);
      CHECK(double(c.value) == Approx(double(cosine[n].value)).epsilon(tolerance));
      if (power > -105) CHECK(difference(times_power(c.anchors, power), wide(cosine[n].anchors)) < (power > 60 ? 1e-2 : tolerance));
      ++n;
    });
  }
  // Doubles beyond: the cosine alone.
  if (sizeof(S) == 8)
    for (int power : {-1070, 1020}) {
      if (power < 0 && !has_denormals()) continue;
      auto const ks = times_power(k, power);
      auto const got = cosines.value(times_power(q, power), pool::in_batch(ks));
      CHECK(double(got.value) == Approx(double(cosines.value(q, pool::in_batch(k)).value)).epsilon(1e-12));
      CHECK(got.zero_rows == 0);
    }
}
TEST_CASE("scale: huge, ordinary and tiny rows in one batch keep their own distances", "[engine]") {
  matrix<float> a(4, 2), c(4, 2);
  a << 3e23f, 4e23f, 1, 2, 3e-30f, 0, 0, 0;
  c << 0, 0, 4, 6, 0, 4e-30f, 0, 2e-38f;
  objective const f(loss::alignment{1}, neg_l2{});
  auto const check = [&](outcome<float> const& r) {
    double const want[] = {5e23, 5, 5e-30, 2e-38};
    for (std::size_t i = 0; i < 4; ++i) CHECK(double(r.rows[i]) == Approx(want[i]).epsilon(1e-6));
    matrix<double> slope(4, 2);
    slope << .6, .8, -.6, -.8, .6, -.8, 0, -1;
    CHECK(difference(r.anchors, matrix<double>(slope / 4)) < 1e-6);
    CHECK(difference(r.pools[0], matrix<double>(-slope / 4)) < 1e-6);
  };
  check(f.value_and_grad(a, pool::in_batch(c))), check(f.value_and_grad(a, pool::positives(c)));
}
TEST_CASE("scale: Euclidean gradients far from the origin", "[engine]") {
  matrix<float> const a = (matrix<float>(1, 2) << 1e5f, 1e5f).finished(),
                      c = (matrix<float>(1, 2) << 1e5f + 3.f / 64, 1e5f + 4.f / 64).finished();
  objective const f(loss::alignment{1}, neg_l2{});
  auto const check = [&](outcome<float> const& r) {
    CHECK(r.value == 5.f / 64);
    matrix<double> const want = (matrix<double>(1, 2) << -.6, -.8).finished();
    CHECK(difference(r.anchors, want) < 1e-6);
    CHECK(difference(r.pools[0], matrix<double>(-want)) < 1e-6);
  };
  check(f.value_and_grad(a, pool::in_batch(c))), check(f.value_and_grad(a, pool::positives(c)));
}
TEST_CASE("scale: gradients of data far from the origin are those of double, for every loss, layout and plan", "[engine]") {
  // float rows whose spread is 0.01 at an offset of 1e3: as doubles they are the same rows
  auto const near = [](idx n, std::uint64_t seed) {
    matrix<float> x = normal_rows<float>(n, 6, seed) * 0.01f;
    x.array() += 1e3f;
    return x;
  };
  auto const q = near(9, 1), k = near(9, 2), hard = near(27, 3);
  auto const qd = wide(q), kd = wide(k), hd = wide(hard);
  auto const compare = [&](auto const& loss, auto similarity, execution const& how) {
    objective const narrow(loss, similarity, reduce::mean{}, how), exact(loss, similarity, reduce::mean{}, kept);
    std::vector<outcome<double>> want;
    each_layout(qd, kd, hd, [&](char const*, auto const& call) { want.push_back(call(exact)); });
    std::size_t n = 0;
    each_layout(q, k, hard, [&](char const* layout, auto const& call) {
      auto const got = call(narrow);
      INFO(layout);
      CHECK(double(got.value) == Approx(double(want[n].value)).epsilon(1e-5).margin(1e-7));
      if (want[n].anchors.norm() > 1e-3) CHECK(difference(got.anchors, want[n].anchors) < 1e-5);
      for (std::size_t p = 0; p < got.pools.size(); ++p)
        if (got.pools[p].size() && want[n].pools[p].norm() > 1e-3) CHECK(difference(got.pools[p], want[n].pools[p]) < 1e-5);
      ++n;
    });
  };
  execution const on_threads{.executor = threads(2)};
  for (execution const& how : {kept, tiled, on_threads}) {
    compare(loss::info_nce{.temperature = 0.01}, neg_l2{}, how), compare(loss::info_nce{.temperature = 0.001}, neg_sq_l2{}, how);
    compare(loss::sup_con{.temperature = 0.02}, neg_l2{}, how), compare(loss::triplet{.margin = 0.01}, neg_l2{}, how);
    compare(loss::hardest_triplet{.margin = 0.05}, neg_l2{}, how), compare(loss::alignment{1}, neg_l2{}, how);
    compare(loss::multi_similarity{2, 50, -0.02}, neg_l2{}, how);
  }
  auto const both = [&](auto const& a, auto const& b, execution const& how) {
    return objective(loss::info_nce{.temperature = 0.01}, neg_l2{}, reduce::mean{}, how).symmetric(a, pool::in_batch(b));
  };
  for (execution const& how : {kept, tiled}) {
    auto const got = both(q, k, how);
    auto const want = both(qd, kd, kept);
    CHECK(difference(got.anchors, want.anchors) < 1e-5);
    CHECK(difference(got.pools[0], want.pools[0]) < 1e-5);
  }
}
TEST_CASE("scale: two tight clusters on opposite sides of the origin", "[engine]") {
  // centring the data would not help here
  auto q = normal_rows<float>(300, 4, 1), k = normal_rows<float>(300, 4, 2);
  for (idx i = 0; i < 300; ++i)
    for (idx j = 0; j < 4; ++j) {
      float const centre = i % 2 ? 1e4f : -1e4f;
      q(i, j) = centre + q(i, j), k(i, j) = centre + k(i, j);
    }
  auto const solve = [](auto const& a, auto const& b, execution const& how) {
    return objective(loss::info_nce{.temperature = 0.5}, neg_l2{}, reduce::mean{}, how).value_and_grad(a, pool::in_batch(b));
  };
  auto const want = solve(wide(q), wide(k), kept);
  auto const one = solve(q, k, kept);
  CHECK(difference(one.anchors, want.anchors) < 1e-5);
  CHECK(difference(one.pools[0], want.pools[0]) < 1e-5);
  // the same bits for any plan, tile and number of threads
  for (execution const& how :
       {execution{.executor = threads(2)}, execution{.budget = 1}, execution{.executor = threads(2), .budget = 1, .tile = {512, 1024}}})
    CHECK(table::same_bits(solve(q, k, how), one));
}
