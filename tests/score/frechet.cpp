// SPDX-License-Identifier: BSD-3-Clause
// Predictions on a metric space of classes.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/score/frechet_mean.hpp"

using namespace foil;

TEST_CASE("frechet_mean: a class that was never observed wins in the middle", "[score]") {
  matrix<float> p(2, 2), path(2, 3);
  p << 0.5f, 0.5f, 0.9f, 0.1f;
  path << 0, 1, 2, 2, 1, 0;
  auto const r = score::frechet_mean(p, path);
  CHECK(r.pick == std::vector<idx>{1, 0});
  CHECK(r.cost(0, 0) == 2);
  CHECK(score::frechet_mean(p, path, 1).pick == std::vector<idx>{0, 0});  // a tie of all three: the lower index
  CHECK(score::frechet_mean(matrix<float>(1, 0), matrix<float>(0, 2)).pick == std::vector<idx>{0});
  path(1, 2) = -1;
  CHECK(says(refusal([&] { score::frechet_mean(p, path); }), {"frechet_mean", "class 1", "class 2", "-1"}));
  CHECK(says(refusal([&] { score::frechet_mean(path, path); }), {"frechet_mean", "3", "2"}));
}

TEST_CASE("farthest_class: farthest first covers a path from its ends", "[score]") {
  matrix<double> d(5, 5);
  for (idx i = 0; i < 5; ++i)
    for (idx j = 0; j < 5; ++j) d(i, j) = std::abs(double(i - j));
  std::vector<unsigned char> covered(5, 0);
  std::vector<idx> order;
  for (int t = 0; t < 6; ++t) {
    idx const next = score::farthest_class(d, covered);
    order.push_back(next);
    if (next >= 0) covered[std::size_t(next)] = 1;
  }
  CHECK(order == std::vector<idx>{0, 4, 2, 1, 3, -1});
}
