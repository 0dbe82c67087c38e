// SPDX-License-Identifier: BSD-3-Clause
// What accompanies training: the average that a teacher is, and a schedule of learning rates.
#include "../catch.hpp"
#include "foil/train/infinite_lr.hpp"
#include "foil/train/moving_average.hpp"

using namespace foil;
using foil::loss::infinite_lr;
using namespace foil::mining;

TEST_CASE("moving_average: keeps, follows, warms up", "[train]") {
  std::vector<float> teacher{1, -2};
  std::vector<float> const student{3, 4};
  moving_average<float>(teacher, student, 1);
  CHECK(teacher == std::vector<float>{1, -2});
  moving_average<float>(teacher, student, 0);
  CHECK(teacher == student);
  CHECK(warm_decay(0.99, 0) == 0);
  CHECK(warm_decay(0.99, 7) == Approx(0.75));
  CHECK(warm_decay(0.5, 1000) == 0.5);
  CHECK_THROWS_AS(moving_average<float>(teacher, student, 2), error);
}

TEST_CASE("infinite_lr: continuous where its parts meet, and held at the end", "[train]") {
  infinite_lr const lr{
      .highest = 1e-3, .plateau = 4e-4, .lowest = 1e-6, .warmup = 10, .cooldown = 20, .anneal_start = 100, .anneal_steps = 50};
  CHECK(lr.at(0) == 0);
  CHECK(lr.at(10) == Approx(1e-3));
  CHECK(lr.at(20) == Approx(7e-4));
  CHECK(lr.at(30) == Approx(4e-4));
  CHECK(lr.at(99) == Approx(4e-4));
  CHECK(lr.at(100) == Approx(4e-4));
  CHECK(lr.at(125) == Approx(2e-5));
  CHECK(lr.at(150) == Approx(1e-6));
  CHECK(lr.at(1000000) == Approx(1e-6));
  CHECK_THROWS_AS(lr.at(-1), error);
  CHECK_THROWS_AS((infinite_lr{.lowest = 0}.at(1)), error);
  CHECK(infinite_lr{.plateau = 1e-20, .lowest = 1e-40, .anneal_start = 0, .anneal_steps = 2}.at(1) == Approx(1e-30));
}

TEST_CASE("infinite_lr: without a cooldown the rate stays the highest until it anneals from the plateau", "[train]") {
  infinite_lr const no_cooldown{.highest = 1e-3, .plateau = 5e-4, .lowest = 1e-6, .anneal_start = 10, .anneal_steps = 10};
  CHECK(no_cooldown.at(9) == Approx(1e-3));
  CHECK(no_cooldown.at(10) == Approx(5e-4));
  CHECK(no_cooldown.at(15) == Approx(std::sqrt(5e-4 * 1e-6)));
}
