// SPDX-License-Identifier: BSD-3-Clause
// Losses of columns and of nearest neighbours: their gradients, their limits, the same bits on any number of threads.
// Tests recipe/column_moments.hpp and recipe/unit_gradient.hpp, through those that take them.
#include <cmath>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "../table/differences.hpp"
#include "foil/engine/threads.hpp"
#include "foil/recipe/barlow_twins.hpp"
#include "foil/recipe/koleo.hpp"
#include "foil/recipe/signal_to_noise.hpp"
#include "foil/recipe/vicreg.hpp"

namespace {

using namespace foil;

}  // namespace

TEST_CASE("vicreg and barlow_twins: gradients, and what they tend to", "[recipe]") {
  auto const x = uniform_rows(6, 5, 1), y = uniform_rows(6, 5, 2);
  auto const v = vicreg(x, y);
  CHECK(table::worst_difference(x, v.z1, [&](auto const& z) { return vicreg(z, y).value; }) < 1e-7);
  CHECK(table::worst_difference(y, v.z2, [&](auto const& z) { return vicreg(x, z).value; }) < 1e-7);
  CHECK(vicreg(x, x).invariance == 0);
  CHECK(vicreg(matrix<double>(matrix<double>::Zero(4, 3)), matrix<double>(matrix<double>::Zero(4, 3))).variance == Approx(1 - 0.01));
  auto const b = barlow_twins(x, y, {.lambda = 0.4});
  CHECK(table::worst_difference(x, b.z1, [&](auto const& z) { return barlow_twins(z, y, {.lambda = 0.4}).value; }) < 1e-7);
  CHECK(table::worst_difference(y, b.z2, [&](auto const& z) { return barlow_twins(x, z, {.lambda = 0.4}).value; }) < 1e-7);
  matrix<double> const moved = ((x.array() * 1000) + 7).matrix();
  CHECK(barlow_twins(moved, moved).invariance < 1e-8);
  CHECK(barlow_twins(x, matrix<double>(-x)).invariance == Approx(4 * 5).epsilon(1e-3));
  CHECK(says(refusal([&] { vicreg(x, uniform_rows(6, 4, 3)); }), {"vicreg: z1 is [6, 5], z2 [6, 4]"}));
  CHECK(says(refusal([&] { vicreg(uniform_rows(1, 5, 3), uniform_rows(1, 5, 4)); }), {"vicreg: covariances need two rows"}));
  CHECK(says(refusal([&] { vicreg(x, y, {.eps = 0}); }), {"vicreg: eps"}));
  CHECK(says(refusal([&] { barlow_twins(x, uniform_rows(5, 5, 3)); }), {"barlow_twins: z1 is [6, 5], z2 [5, 5]"}));
  auto const large = uniform_rows<float>(6, 5, 1), small = uniform_rows<float>(6, 5, 2);
  CHECK(says(refusal([&] { vicreg(matrix<float>(large * 1e10f), small); }), {"vicreg: the loss is beyond what a float holds"}));
  matrix<double> bad = x;
  bad(3, 2) = quiet_nan<double>();
  CHECK(says(refusal([&] { barlow_twins(x, bad); }), {"barlow_twins: z2 holds a NaN", "row 3, column 2"}));
}

TEST_CASE("vicreg and barlow_twins: the same bits on any number of threads", "[recipe]") {
  auto const x = uniform_rows<float>(70, 150, 5), y = uniform_rows<float>(70, 150, 6);
  execution const four{.executor = threads(4)};
  auto const one = vicreg(x, y), many = vicreg(x, y, {}, four);
  CHECK(one.value == many.value);
  CHECK(one.z1 == many.z1);
  CHECK(barlow_twins(x, y).z2 == barlow_twins(x, y, {}, four).z2);
  auto const exact = vicreg(matrix<double>(x.cast<double>()), matrix<double>(y.cast<double>()));
  CHECK(one.value == Approx(exact.value).epsilon(1e-5));
  CHECK((one.z1.cast<double>() - exact.z1).cwiseAbs().maxCoeff() < 1e-5 * exact.z1.cwiseAbs().maxCoeff());
}

TEST_CASE("koleo: away from the nearest row, the lower one of two", "[recipe]") {
  auto const x = uniform_rows(8, 4, 7);
  auto const r = koleo(x);
  CHECK(table::worst_difference(x, r.x, [&](auto const& z) { return koleo(z).value; }) < 1e-7);
  matrix<double> const even = (matrix<double>(3, 2) << 1, 0, 0, 1, 0, -1).finished();
  CHECK(koleo(even).nearest == std::vector<idx>{1, 0, 0});
  CHECK(koleo(even).value == Approx(-std::log(std::sqrt(2.0))));
  matrix<double> const copies = matrix<double>::Ones(3, 2);
  CHECK(finite_bits(koleo(copies).value));
  CHECK(koleo(copies).x.allFinite());
  CHECK(koleo(matrix<double>(0, 4)).value == 0);
  CHECK(says(refusal([&] { koleo(matrix<double>(x.topRows(1))); }), {"koleo: one row has no neighbour"}));
  CHECK(says(refusal([&] { koleo(x, 0); }), {"koleo: eps"}));
}

TEST_CASE("signal_to_noise_contrastive: gradients with and without lengths, rows without a signal", "[recipe]") {
  auto const z = uniform_rows(7, 4, 8);
  std::vector<int> const labels{0, 1, 0, 2, 1, 0, 3}, few{0};
  for (bool normalize : {true, false}) {
    signal_to_noise_options const o{0.3, 2.5, normalize};
    auto const r = signal_to_noise_contrastive(z, labels, o);
    CHECK(table::worst_difference(z, r.anchors, [&](auto const& x) { return signal_to_noise_contrastive(x, labels, o).value; }) < 1e-6);
    if (!normalize) CHECK(r.anchors.rowwise().sum().cwiseAbs().maxCoeff() < 1e-12);  // a constant on a row is no signal
  }
  matrix<double> flat = z;
  flat.row(2).setConstant(0.5);
  CHECK(says(refusal([&] { signal_to_noise_contrastive(flat, labels); }), {"row 2 has no signal"}));
  CHECK(says(refusal([&] { signal_to_noise_contrastive(z, few); }), {"7 rows, but 1 labels"}));
}
