// SPDX-License-Identifier: BSD-3-Clause
// Filters of a scored list, windows of a ranked one, and the order in which both are read.
// Tests mine/shortage.hpp.
#include <set>

#include "../catch.hpp"
#include "../statistics.hpp"
#include "foil/core/canonical_order.hpp"
#include "foil/core/random.hpp"
#include "foil/lists/iqr.hpp"
#include "foil/lists/positive_aware.hpp"
#include "foil/lists/window.hpp"

namespace {

using namespace foil;
using namespace foil::mining;
using statistics::any_of_many, statistics::chi_square, statistics::one_in_a_million, statistics::worst_inclusion;

constexpr idx many = 200000;

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
  for (idx n : {100, 3007}) {
    std::vector<double> x = some_scores(n, 1);
    x[3] = quiet_nan<double>(), x[7] = minus_infinity<double>(), x[9] = infinity<double>(), x[11] = -0.0, x[10] = 0.0;
    std::vector<idx> all;
    for (idx j = 0; j < n; ++j)
      if (j != 3 && j != 7) all.push_back(j);
    std::stable_sort(all.begin(), all.end(), [&](idx a, idx b) { return x[std::size_t(a)] > x[std::size_t(b)]; });
    for (idx k : {idx(0), idx(1), idx(5), idx(97), n - 3, n - 2, idx(5000)}) {
      auto const got = canonical_order(x, k);
      CHECK(got == std::vector<idx>(all.begin(), all.begin() + (std::min)(k, n - 2)));
    }
    std::stable_sort(all.begin(), all.end(), [&](idx a, idx b) { return x[std::size_t(a)] < x[std::size_t(b)]; });
    CHECK(ascending_order(x) == all);
  }
}

TEST_CASE("iqr_filter: quartiles whose difference no number holds", "[mining]") {
  std::vector<double> const x{-1.7e308, -1.7e308, 0, 1.7e308};
  CHECK(iqr_filter(x, 0).kept == std::vector<idx>{0, 1, 2, 3});
  CHECK(iqr_filter(x, 1).kept.size() == 4);
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

TEST_CASE("draw_window: members of the pool are included alike, in rank order", "[mining]") {
  std::vector<idx> const ranked{9, 3, 5, 3, 8, 1, 0, -1, 7}, banned{8};
  std::vector<idx> counts(10, 0);
  for (idx t = 0; t < many; ++t) {
    auto const r = draw_window(ranked, banned, 10, t, {.range_min = 1, .range_max = 9, .negatives = 2});
    REQUIRE(r.ids.size() == 2);
    auto const rank = [&](idx id) { return std::find(ranked.begin(), ranked.end(), id) - ranked.begin(); };
    if (rank(r.ids[0]) >= rank(r.ids[1])) FAIL("out of rank order");
    for (idx id : r.ids) ++counts[std::size_t(id)];
  }
  std::vector<double> p(10, 0.0);
  for (std::size_t id : {3u, 5u, 1u, 0u}) p[id] = window_inclusion(4, 2);
  CHECK(worst_inclusion(counts, p, many) < any_of_many);
}

TEST_CASE("draw_window: each shortage policy does what its name says", "[mining]") {
  std::vector<idx> const ranked{4, 2, 6, 1, 5, 7}, banned{2, 5};
  auto const draw = [&](shortage s, idx columns = 10) {
    return draw_window(ranked, banned, columns, 3, {.range_min = 0, .range_max = 3, .negatives = 4, .shortage = s});
  };
  CHECK(draw(shortage::keep_short).ids == std::vector<idx>{4, 6});
  CHECK(draw(shortage::keep_short).missing == 2);
  CHECK(draw(shortage::drop_query).ids.empty());
  CHECK(draw(shortage::repeat).ids == std::vector<idx>{4, 6, 4, 6});
  CHECK(draw(shortage::repeat).filled == 2);
  auto const deeper = draw(shortage::fill_deeper);
  CHECK(std::set<idx>(deeper.ids.begin() + 2, deeper.ids.end()) == std::set<idx>{1, 7});
  for (idx columns : {7, 8, 100}) {
    auto const filled = draw(shortage::fill_random, columns);
    std::set<idx> const ids(filled.ids.begin(), filled.ids.end());
    CHECK(ids.size() == 4);
    CHECK(ids.count(2) + ids.count(5) == 0);
    CHECK(filled.missing == 0);
  }
  auto const exhausted = draw(shortage::fill_random, 4);  // of 0 .. 3, id 2 is banned: only 0, 1, 3 remain
  CHECK(exhausted.ids.size() == 4);
  CHECK(draw(shortage::fill_random, 1).missing == 1);
  try {
    draw(shortage::error);
    FAIL("not refused");
  } catch (error const& e) {
    CHECK(std::string(e.what()) == "foil: draw_window: row 3 has 2 negatives left, 4 were asked for (shortage::error)");
  }
}

TEST_CASE("draw_window: an empty pool leaves everything to fill", "[mining]") {
  std::vector<idx> const none;
  CHECK(draw_window(none, none, 20, 0, {.negatives = 5}).filled == 5);
  CHECK(draw_window(none, none, 20, 0, {.negatives = 5, .shortage = shortage::repeat}).missing == 5);
  CHECK_THROWS_AS(draw_window(none, none, 20, 0, {.range_min = 3, .range_max = 3}), error);
  std::vector<idx> const ended{4, -1, 7, 8};  // -1 ends a list wherever it stands
  for (shortage policy : {shortage::keep_short, shortage::fill_deeper})
    CHECK(draw_window(ended, none, 20, 0, {.range_min = 0, .range_max = 2, .negatives = 3, .shortage = policy}).ids == std::vector<idx>{4});
  CHECK(draw_window(ended, none, 20, 0, {.range_min = 2, .range_max = 4, .shortage = shortage::keep_short}).ids.empty());
}

TEST_CASE("draw_outside: all that is not excluded, alike", "[mining]") {
  std::vector<idx> counts(8, 0);
  std::vector<double> p(8, 0.2);
  p[1] = p[4] = p[7] = 0;
  for (idx t = 0; t < many; ++t)
    for (idx id : draw_outside(8, 1, {4, 1, 7, 4, -1, 99}, random_stream(6, purpose::fill, 0, std::uint64_t(t)))) ++counts[std::size_t(id)];
  CHECK(chi_square(counts, p) < one_in_a_million);
  auto const all = draw_outside(8, 50, {4, 1, 7}, random_stream(6, purpose::fill));
  CHECK(std::set<idx>(all.begin(), all.end()) == std::set<idx>{0, 2, 3, 5, 6});
}

TEST_CASE("positive_aware: a score equal to p v survives percent", "[mining]") {
  for (int t = 1; t < 1000; ++t) {
    double const p = t / 1000.0;
    CHECK(positive_aware(std::vector<double>{p * 0.95}, p, {.value = 0.95}).survivors.size() == 1);
  }
}
