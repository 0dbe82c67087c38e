// SPDX-License-Identifier: BSD-3-Clause
#include "../catch.hpp"
#include "foil/core/random.hpp"
#include "foil/lists/iqr.hpp"
#include "foil/lists/positive_aware.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

std::vector<double> some_scores(idx n, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  std::vector<double> x;
  for (idx i = 0; i < n; ++i) x.push_back(double(r.below(64)) / 32 - 1);
  return x;
}
bool nested(std::vector<idx> const& small, std::vector<idx> const& large) {
  for (idx j : small)
    if (std::find(large.begin(), large.end(), j) == large.end()) return false;
  return true;
}

}  // namespace

TEST_CASE("canonical_order: a prefix of the stable sort, without what is not eligible", "[mining]") {
  std::vector<double> x = some_scores(100, 1);
  x[3] = quiet_nan<double>(), x[7] = minus_infinity<double>(), x[9] = infinity<double>(), x[11] = -0.0, x[10] = 0.0;
  std::vector<idx> all;
  for (idx j = 0; j < 100; ++j)
    if (j != 3 && j != 7) all.push_back(j);
  std::stable_sort(all.begin(), all.end(), [&](idx a, idx b) { return x[std::size_t(a)] > x[std::size_t(b)]; });
  for (idx k : {0, 1, 5, 97, 98, 500}) {
    auto const got = canonical_order(x, k);
    CHECK(got == std::vector<idx>(all.begin(), all.begin() + (std::min)(k, idx(98))));
  }
  std::stable_sort(all.begin(), all.end(), [&](idx a, idx b) { return x[std::size_t(a)] < x[std::size_t(b)]; });
  CHECK(ascending_order(x) == all);
}

TEST_CASE("iqr_filter: affine maps commute, wider whiskers keep more", "[mining]") {
  auto const x = some_scores(60, 2);
  std::vector<double> y;
  for (double v : x) y.push_back(4 * v - 3);
  for (double w : {0.0, 0.5, 1.5}) {
    auto const a = iqr_filter(x, w), b = iqr_filter(y, w);
    CHECK(a.kept == b.kept);
    CHECK(nested(a.kept, iqr_filter(x, w + 0.25).kept));
    CHECK(a.values.size() == a.kept.size());
  }
}

TEST_CASE("iqr_filter: what is not a finite number is not there", "[mining]") {
  std::vector<float> const x{0.1f, quiet_nan<float>(), 0.2f, infinity<float>(), 0.3f, minus_infinity<float>()};
  CHECK(iqr_filter(x).kept == std::vector<idx>{0, 2, 4});
  CHECK(nan_bits(iqr_filter(std::vector<float>{quiet_nan<float>()}).lower));
  CHECK_THROWS_AS(iqr_filter(x, -1), error);
  CHECK_THROWS_AS(iqr_filter(x, quiet_nan<double>()), error);
}

TEST_CASE("positive_aware: percent is nested in its fraction and, for p > 0, is a margin", "[mining]") {
  auto const x = some_scores(80, 3);
  using rule = positive_rule;
  for (double p : {0.5, -0.5, 0.0}) {
    auto const loose = positive_aware(x, p, {rule::percent, 0.75, 4}), tight = positive_aware(x, p, {rule::percent, 0.5, 4});
    CHECK(nested(tight.survivors, loose.survivors));
    if (p > 0) CHECK(loose.survivors == positive_aware(x, p, {rule::margin, p * 0.25, 4}).survivors);
    for (idx j : tight.survivors) CHECK(x[std::size_t(j)] <= p);
  }
  CHECK(positive_aware(x, 0, {rule::shifted, 100, 4}).survivors.empty());
}

TEST_CASE("positive_aware: a positive without a score keeps nothing where it is asked", "[mining]") {
  auto const x = some_scores(10, 4);
  double const p = quiet_nan<double>();
  CHECK(positive_aware(x, p).positive_undefined);
  CHECK(positive_aware(x, p).survivors.empty());
  CHECK_FALSE(positive_aware(x, p, {positive_rule::absolute, 0.5, 4}).positive_undefined);
  CHECK_THROWS_AS(positive_aware(x, 0, {positive_rule::percent, 0, 4}), error);
  CHECK_THROWS_AS(positive_aware(x, 0, {positive_rule::margin, -0.1, 4}), error);
  CHECK_THROWS_AS(positive_aware(x, 0, {positive_rule::naive, 0, 0}), error);
}
