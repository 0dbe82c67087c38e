// SPDX-License-Identifier: BSD-3-Clause
// Projections, targets and probabilities: conditions that hold for any numbers.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/random.hpp"
#include "foil/sample/capped_simplex.hpp"
#include "foil/sample/difficulty.hpp"
#include "foil/sample/replay.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

}  // namespace

TEST_CASE("capped_simplex: the projection's conditions hold, whatever the numbers", "[mining]") {
  random_stream draw(1, purpose::user);
  for (idx round = 0; round < 400; ++round) {
    idx const n = 1 + draw.below(9);
    double const cap = round % 3 == 0 ? 1 : 0.1 + draw.uniform(), total = cap * double(n) * draw.uniform(),
                 size = std::exp(9 * draw.normal());
    std::vector<double> a;
    for (idx i = 0; i < n; ++i) a.push_back(round % 4 == 0 ? double(draw.below(3)) : size * draw.normal());
    auto const x = capped_simplex(a, total, cap);
    double sum = 0, low = -1e300, high = 1e300;  // every x strictly inside says what mu is, the others bound it
    for (std::size_t i = 0; i < a.size(); ++i) {
      sum += x[i];
      CHECK(x[i] >= 0);
      CHECK(x[i] <= cap);
      if (x[i] > 0) high = (std::min)(high, a[i] - x[i]);
      if (x[i] < cap) low = (std::max)(low, a[i] - x[i]);
    }
    CHECK(sum == Approx(total).epsilon(1e-9).margin(1e-9 * size));
    CHECK(low <= high + 1e-12 * (1 + size));
  }
  CHECK(capped_simplex(std::vector<double>{}, 3).empty());
  CHECK(capped_simplex(std::vector<double>{4, 1, 2}, 2) == std::vector<double>{1, 0, 1});
  CHECK(capped_simplex(std::vector<double>{1e16, 1e16, 3e15}, 1) == std::vector<double>{0.5, 0.5, 0});
  CHECK(capped_simplex(std::vector<double>{1e16, 1e16, 3e15}, 1.5) == std::vector<double>{0.75, 0.75, 0});
  CHECK(capped_simplex(std::vector<double>{5, 1}, 1, 0) == std::vector<double>{0, 0});
  CHECK(capped_simplex(std::vector<double>{1e30, -1e30, 0, 5}, 1.5) == std::vector<double>{1, 0, 0, 0.5});  // 1e30 - 1 is 1e30
  CHECK(says(refusal([] { capped_simplex(std::vector<double>{1, quiet_nan<double>()}, 1); }), {"capped_simplex", "element 1"}));
  CHECK(says(refusal([] { capped_simplex(std::vector<double>{1}, -1); }), {"capped_simplex", "total", "-1"}));
}

TEST_CASE("dart_targets: rounding gives nobody one more, in float as in double", "[mining]") {
  for (idx most : {1, 3, 10, 30, 192, 1000})
    for (int tenths = 0; tenths <= 10; ++tenths) {
      std::vector<double> const rates{tenths / 10.0, 0};
      std::vector<float> const floats(rates.begin(), rates.end());
      idx const want = (std::max)(idx(1), (most * (10 - tenths) + 9) / 10);
      CHECK(dart_targets(rates, {.max_target = most}).targets[0] == want);
      CHECK(dart_targets(floats, {.max_target = most}).targets[0] == want);
    }
  auto const endless = dart_targets(std::vector<double>{0, 0.5}, {.by = difficulty::uniform, .max_target = 4, .cap = infinity<double>()});
  CHECK(endless.expected_trials == std::vector<double>{infinity<double>(), 8});
  CHECK(says(refusal([] { dart_targets(std::vector<double>{1.5}); }), {"dart_targets", "1.5", "query 0"}));
  CHECK(dart_targets(std::vector<double>{}).targets.empty());
}

TEST_CASE("replay_probabilities: a distribution for any advantages", "[mining]") {
  std::vector<double> const wide{-1e308, 1e308, 0, infinity<double>(), quiet_nan<double>()};
  auto const p = replay_probabilities(wide, {.alpha = 2});
  CHECK(p == std::vector<double>{0.5, 0.5, 0, 0, 0});
  CHECK(replay_probabilities(std::vector<double>{0, 0}) == std::vector<double>{0.5, 0.5});
  CHECK(replay_probabilities(std::vector<double>{0, 3}, {.floor = 1}) == std::vector<double>{0.2, 0.8});
  CHECK(replay_probabilities(std::vector<double>{0, 3}, {.alpha = 0}) == std::vector<double>{0.5, 0.5});
  CHECK(replay_probabilities(std::vector<double>{quiet_nan<double>()}) == std::vector<double>{0});
}
