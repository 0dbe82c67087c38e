// SPDX-License-Identifier: BSD-3-Clause
// Options of filters reach the caller by name, and a user's own weight by its pair.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/bias/bounds.hpp"
#include "foil/bias/per_pair.hpp"
#include "foil/bias/ramp.hpp"
#include "foil/engine/checks.hpp"
#include "foil/pool/bank.hpp"

using namespace foil;

TEST_CASE("bias: a filter whose bound is not a number is refused by name", "[bias]") {
  matrix<float> const c = matrix<float>::Ones(3, 2);
  auto const told = [&](auto filter) {
    return refusal([&] { check_pool("mine", 2, 4, 0, pool::bank(c, roles::all_negative{}, filter)); });
  };
  CHECK(says(told(bias::max_score{quiet_nan<double>()}), {"max_score: score", "nan"}));
  CHECK(says(told(bias::min_score{quiet_nan<double>()}), {"min_score: score", "nan"}));
  CHECK(says(told(bias::bounds{.lower = quiet_nan<double>()}), {"bounds: lower", "nan"}));
  CHECK(says(told(bias::ramp{.start = infinity<double>()}), {"ramp: start", "inf"}));
  CHECK(told(bias::max_score{infinity<double>()}) == "");
}

TEST_CASE("bias: per_pair refuses a weight that is not one, naming the pair", "[bias]") {
  auto const told = [](double w) {
    double const score[2] = {0.5, 0.25};
    double bias[2] = {0, 0};
    auto const f = [w](bias::pair_view<double> p) { return p.column == 8 ? w : 0.0; };
    return refusal([&] { bias::per_pair(f).weigh(bias_row<double>{.row = 2, .first = 7, .size = 2, .score = score}, bias); });
  };
  for (double bad : {quiet_nan<double>(), -quiet_nan<double>(), infinity<double>(), 1e30})
    CHECK(says(told(bad), {"per_pair", "row 2", "column 8"}));
  for (double good : {minus_infinity<double>(), -1e300, -1.0, 0.0, 1e28}) CHECK(told(good) == "");
}
