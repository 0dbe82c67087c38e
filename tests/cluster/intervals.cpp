// SPDX-License-Identifier: BSD-3-Clause
// Contiguous intervals of least cost: every cut tried.
#include "foil/cluster/intervals.hpp"

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/random.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

struct every_cut {
  double least = infinity<double>();
  idx optima = 0;
  std::vector<idx> boundaries;
};
/// All cuts of n items, as bits; cost(l, r) of an interval.
template <class F>
every_cut try_all(idx n, interval_options const& o, F const& cost) {
  every_cut best;
  for (idx bits = 0; bits < idx(1) << (n - 1); ++bits) {
    std::vector<idx> b{0};
    for (idx i = 1; i < n; ++i)
      if (bits >> (i - 1) & 1) b.push_back(i);
    b.push_back(n);
    if (idx(b.size()) != o.intervals + 1) continue;
    double sum = 0;
    bool fits = true;
    for (std::size_t i = 1; i < b.size(); ++i) {
      idx const size = b[i] - b[i - 1];
      fits = fits && size >= o.min_size && size <= o.max_size, sum += cost(b[i - 1], b[i] - 1);
    }
    if (!fits) continue;
    if (sum < best.least) best = {sum, 0, b};
    best.optima += sum == best.least;
  }
  return best;
}

}  // namespace

TEST_CASE("cluster_intervals: equals every cut tried, with bounds on sizes", "[mining]") {
  random_stream draw(1, purpose::user);
  for (idx round = 0; round < 300; ++round) {
    idx const n = 1 + draw.below(10);
    matrix<double> a(n, n);
    for (idx i = 0; i < a.size(); ++i) a.data()[i] = double(draw.below(round % 2 ? 4 : 1000)) / 8 - 10;
    interval_options o{.intervals = 1 + draw.below(n), .min_size = 1 + draw.below(2)};
    if (round % 3 == 0) o.max_size = o.min_size + draw.below(4);
    auto const cost = [&](idx l, idx r) {
      double sum = 0;
      for (idx t = l; t <= r; ++t) sum -= a((l + r + 1) / 2, t);
      return sum;
    };
    auto const want = try_all(n, o, cost);
    CHECK(o.feasible(n) == (want.optima > 0));
    if (!o.feasible(n)) {
      CHECK(says(refusal([&] { cluster_affinities(a, o); }), {"cluster_affinities", "cannot be cut"}));
      continue;
    }
    auto const got = cluster_affinities(a, o);
    CHECK(got.cost == want.least);  // eighths: every sum is exact
    CHECK(got.optima == double(want.optima));
    if (want.optima == 1) CHECK(got.boundaries == want.boundaries);
    double sum = 0;
    for (std::size_t i = 1; i < got.boundaries.size(); ++i) sum += cost(got.boundaries[i - 1], got.boundaries[i] - 1);
    CHECK(sum == want.least);
  }
}

TEST_CASE("cluster_intervals: more intervals never cost more, one item each costs nothing", "[mining]") {
  std::vector<float> snr;
  for (int i = 0; i < 60; ++i) snr.push_back(10 - float(i) * 0.3f - 4.0f / float(60 - i));
  double before = infinity<double>();
  for (idx k = 1; k <= 60; ++k) {
    double const cost = cluster_values(snr, {.intervals = k}).cost;
    CHECK(cost <= before);
    before = cost;
  }
  CHECK(before == 0);
  CHECK(cluster_timesteps(20, {.intervals = 5}).cost == 20);
  std::vector<double> const bad{1, quiet_nan<double>(), 2};
  CHECK(says(refusal([&] { cluster_values(bad, {.intervals = 1}); }), {"cluster_values", "centre", "item"}));
  idx const many = idx(1) << 31;
  CHECK(says(refusal([&] { cluster_timesteps(many, {.intervals = many}); }), {"cluster_timesteps", "more than memory can hold"}));
  CHECK(says(refusal([&] { cluster_timesteps(4, {.min_size = 3, .max_size = 2}); }), {"min_size", "3", "2"}));
}
