// SPDX-License-Identifier: BSD-3-Clause
// Labelled pairs and orders: what their losses are at their limits, and what they refuse.
// Tests listwise/on_pairs.hpp, listwise/on_labels.hpp, listwise/sigmoids.hpp, listwise/smooth_ap.hpp and listwise/soft_bins.hpp.
#include <cmath>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "../table/differences.hpp"
#include "foil/engine/check_gradient.hpp"
#include "foil/listwise/adr_mse.hpp"
#include "foil/listwise/cosent.hpp"
#include "foil/listwise/histogram.hpp"
#include "foil/listwise/intra_pair_variance.hpp"
#include "foil/listwise/list_mle.hpp"
#include "foil/listwise/mean_squared_error.hpp"
#include "foil/listwise/pnp.hpp"
#include "foil/listwise/squared_contrastive.hpp"
#include "foil/recipe/angle.hpp"
#include "foil/recipe/average_precision.hpp"
#include "foil/recipe/embedding_distillation.hpp"

namespace {

using namespace foil;
using namespace foil::loss;

matrix<double> row_of(std::initializer_list<double> x) {
  matrix<double> m(1, idx(x.size()));
  std::copy(x.begin(), x.end(), m.data());
  return m;
}
/// The list loss's gradient against central differences, on one list.
template <class L>
double worst_difference(L const& l, matrix<double> const& s, matrix<double> const& y) {
  return table::worst_difference(s, value_and_grad_lists(l, s, y).scores,
                                 [&](matrix<double> const& x) { return value_and_grad_lists(l, x, y).value; });
}

}  // namespace

TEST_CASE("cosent: every pair of different labels once, whatever the size of the scores", "[loss]") {
  auto const s = uniform_rows(1, 9, 1), y = row_of({3, 1, 2, 2, 0, 1, 3, 3, 0});
  double sum = 1;
  for (idx i = 0; i < 9; ++i)
    for (idx j = 0; j < 9; ++j)
      if (y(0, i) < y(0, j)) sum += std::exp((s(0, i) - s(0, j)) / 0.05);
  CHECK(value_and_grad_lists(cosent{}, s, y).value == Approx(std::log(sum)));
  CHECK(worst_difference(cosent{.temperature = 0.3}, s, y) < 1e-8);
  auto const far = value_and_grad_lists(cosent{1}, row_of({1000, -1000}), row_of({0, 1}));
  CHECK(far.value == Approx(2000));
  CHECK(far.scores(0, 0) == Approx(1));
  CHECK(value_and_grad_lists(cosent{}, s, matrix<double>(matrix<double>::Zero(1, 9))).scores.cwiseAbs().maxCoeff() == 0);
  for (double x : {-1e31, 1e31}) {
    CHECK(value_and_grad_lists(cosent{}, row_of({x, x}), row_of({1, 1})).value == 0);
    CHECK(value_and_grad_lists(cosent{}, row_of({x, x}), row_of({0, 1})).value == Approx(std::log(2)));
  }
}

TEST_CASE("pairs: one label a pair; angle needs rows of one shape", "[loss]") {
  auto const x = uniform_rows(4, 6, 2), y = uniform_rows(4, 6, 3);
  std::vector<double> const labels{1, 0, 0.5, 0.25}, short_one{1, 0};
  objective const f{on_pairs(cosent{}, labels)};
  CHECK(check_gradient(f, x, pool::positives(y)).error < 1e-6);
  CHECK(says(refusal([&] { objective(on_pairs(cosent{}, short_one)).value(x, pool::positives(y)); }), {"cosent: 4 pairs, but 2 labels"}));
  CHECK(says(refusal([&] { angle(x, y, short_one); }), {"angle: 4 pairs, but 2 labels"}));
  CHECK(says(refusal([&] { angle(x, uniform_rows(4, 5, 4), labels); }), {"angle: x is [4, 6], y [4, 5]"}));
  CHECK(says(refusal([&] { angle(x, y, labels, {.temperature = 0}); }), {"temperature"}));
  matrix<double> const none(0, 6);
  CHECK(angle(none, none, std::span<double const>{}).value == 0);
  CHECK(embedding_distillation(x, x).value == Approx(0).margin(1e-15));
  CHECK(embedding_distillation(x, x, embedding_distance::l2).anchors.cwiseAbs().maxCoeff() == 0);
  CHECK(embedding_distillation(x, y).pools[0].size() == 0);
  auto const skipping = [&](matrix<double> const& at) {
    return embedding_distillation(at, y, embedding_distance::cosine, {.bad_rows = bad_rows::skip});
  };
  auto some = x;
  some(1, 2) = quiet_nan<double>();
  auto const three = skipping(some);
  CHECK(three.rows[1] == 0);
  CHECK(three.value == Approx((three.rows[0] + three.rows[2] + three.rows[3]) / 3));
  auto const nobody = skipping(matrix<double>::Constant(4, 6, quiet_nan<double>()));
  CHECK(nobody.rows_used == 0);
  CHECK(nobody.value == 0);
}

TEST_CASE("online_contrastive: only the hard pairs, ignoring labels that are neither", "[loss]") {
  // distances 0.1 0.6 of pairs that belong together, 0.3 0.9 of others, 0.2 of neither
  auto const s = row_of({0.9, 0.4, 0.7, 0.1, 0.8}), y = row_of({1, 1, 0, 0, 0.5});
  auto const r = value_and_grad_lists(online_contrastive{}, s, y);
  CHECK(r.value == Approx(0.36 + 0.04));
  CHECK(r.scores(0, 1) == Approx(-1.2));
  CHECK(r.scores(0, 2) == Approx(0.4));
  CHECK(r.scores(0, 0) == 0);
  CHECK(worst_difference(squared_contrastive{.margin = 0.7}, s, y) < 1e-8);
  CHECK(value_and_grad_lists(mean_squared_error{}, s, s).value == 0);
}

TEST_CASE("list_mle: a constant changes nothing, the first place weighs most if asked", "[loss]") {
  auto const s = uniform_rows(1, 6, 5), y = row_of({0, 5, 3, 1, 4, 2});
  for (bool aware : {false, true}) {
    list_mle const l{aware};
    CHECK(worst_difference(l, s, y) < 1e-8);
    auto const moved = value_and_grad_lists(l, (s.array() + 700).matrix().eval(), y);
    CHECK(moved.value == Approx(value_and_grad_lists(l, s, y).value));
    CHECK(std::abs(moved.scores.sum()) < 1e-12);
    for (double x : {3.0, -1e31, 1e31}) {
      auto const one = value_and_grad_lists(l, row_of({x}));
      CHECK((one.value == 0 && one.scores(0, 0) == 0));
    }
  }
  matrix<double> const many = uniform_rows(1, 2000, 6);
  CHECK(finite_bits(value_and_grad_lists(list_mle{true}, many).value));
}

TEST_CASE("smooth_ap tends to one minus average precision; items below 0 are not there", "[loss]") {
  auto const s = row_of({0.9, 0.8, 0.7, 0.6, 0.5}), y = row_of({1, 0, 1, 0, 1});
  CHECK(value_and_grad_lists(loss::smooth_ap{.temperature = 1e-3}, s, y).value == Approx(1 - (1 + 2.0 / 3 + 3.0 / 5) / 3));
  auto const without = row_of({1, -1, 1, 0, 1});
  CHECK(value_and_grad_lists(loss::smooth_ap{.temperature = 1e-3}, s, without).value == Approx(1 - (1 + 1 + 3.0 / 4) / 3));
  CHECK(worst_difference(loss::smooth_ap{.temperature = 0.2}, s, y) < 1e-8);
  CHECK(worst_difference(loss::smooth_ap{.temperature = 0.2}, s, without) < 1e-8);
  matrix<double> const d = -4 * (uniform_rows(1, 8, 7).array() / 2 + 0.5).matrix();
  CHECK(worst_difference(loss::fast_ap{.bins = 7}, d, row_of({1, 0, 0, 1, 1, -1, 0, 1})) < 1e-7);
  CHECK(says(refusal([&] { value_and_grad_lists(loss::smooth_ap{}, s, matrix<double>(matrix<double>::Zero(1, 5))); }),
             {"smooth_ap", "no list counts"}));
  auto const z = uniform_rows(6, 4, 8);
  std::vector<int> const labels{0, 1, 1, 2, 2, 2}, alone{0, 1, 2, 3, 4, 5}, few{0, 1};
  CHECK(check_gradient(objective(on_labels(loss::smooth_ap{0.1}, labels, 1)), z, pool::self(z)).error < 1e-6);
  CHECK(foil::fast_ap(z, alone).value == 0);
  CHECK(foil::smooth_ap(z, alone).value < 1);
  CHECK(says(refusal([&] { foil::smooth_ap(z, few); }), {"smooth_ap: 6 rows against 6, but 2 labels"}));
  CHECK(says(refusal([&] { foil::fast_ap(z, labels, {.bins = 0}); }), {"fast_ap: bins"}));
}

TEST_CASE("histogram: the chance that a negative pair is the closer one", "[loss]") {
  auto const s = uniform_rows(1, 9, 11), y = row_of({1, 0, 1, 0, -1, 0, 1, 0, 0});
  CHECK(worst_difference(loss::histogram{7}, s, y) < 1e-7);
  CHECK(value_and_grad_lists(loss::histogram{50}, row_of({1, 0.5, -0.5, -1}), row_of({1, 1, 0, 0})).value == Approx(0).margin(1e-12));
  CHECK(value_and_grad_lists(loss::histogram{50}, row_of({1, 0.5, -0.5, -1}), row_of({0, 0, 1, 1})).value == Approx(1));
  CHECK(value_and_grad_lists(loss::histogram{4}, row_of({0.25, 0.25}), row_of({1, 0})).value == Approx(0.75));  // half in each of two bins
  auto const alike = value_and_grad_lists(loss::histogram{}, s, matrix<double>(matrix<double>::Ones(1, 9)));
  CHECK(alike.value == 0);
  CHECK(alike.scores.isZero(0));
  CHECK(says(refusal([&] { value_and_grad_lists(loss::histogram{0}, s, y); }), {"histogram: bins"}));
}

TEST_CASE("intra_pair_variance: pairs on the wrong side of their kind's mean, each kind apart", "[loss]") {
  auto const s = uniform_rows(1, 9, 12), y = row_of({1, 0, 1, 0, -1, 0, 1, 0, 0});
  CHECK(worst_difference(loss::intra_pair_variance{0.1, 0.2}, s, y) < 1e-7);
  // Means 0.6 and 0.2: the positive 0.4 is 0.14 short of 0.54, the negative 0.3 is 0.06 above 0.24.
  auto const r = value_and_grad_lists(loss::intra_pair_variance{0.1, 0.2}, row_of({0.4, 0.8, 0.1, 0.3}), row_of({1, 1, 0, 0}));
  CHECK(r.value == Approx(0.14 * 0.14 / 2 + 0.06 * 0.06 / 2));
  CHECK(value_and_grad_lists(loss::intra_pair_variance{}, row_of({0.4, 0.8}), row_of({0, 0})).value == Approx(0.194 * 0.194 / 2));
}

TEST_CASE("pnp: prices on the negatives in front; adr_mse: squared errors of ranks", "[loss]") {
  auto const s = uniform_rows(1, 7, 13), y = row_of({1, 0, 1, 0, -1, 0, 1}), grades = row_of({2, 0, 1, 1, 0, 2, 3});
  using enum pnp_price;
  for (auto price : {original, increasing, increasing_to_b, decreasing, decreasing_to_alpha})
    CHECK(worst_difference(loss::pnp{.temperature = 0.5, .price = price, .alpha = 1.5, .b = 3}, s, y) < 1e-7);
  auto const sharp = row_of({0.9, 0.5, 0.7, 0.1, 0.6}), relevant = row_of({0, 1, 0, 1, 0});  // 3 negatives in front of each
  CHECK(value_and_grad_lists(loss::pnp{.temperature = 1e-3}, sharp, relevant).value == Approx(3));
  CHECK(value_and_grad_lists(loss::pnp{1e-3, decreasing_to_alpha, 2}, sharp, relevant).value == Approx(1 - 1 / 16.0));
  CHECK(value_and_grad_lists(loss::pnp{1e-3, increasing_to_b, 1, 1e-12}, sharp, relevant).value == Approx(4.5));
  CHECK(value_and_grad_lists(loss::pnp{1e-3, increasing_to_b, 1, 3.4e-4}, sharp, relevant).value ==
        Approx(value_and_grad_lists(loss::pnp{1e-3, increasing_to_b, 1, 3.3e-4}, sharp, relevant).value).epsilon(2e-5));
  CHECK(says(refusal([&] { value_and_grad_lists(loss::pnp{}, s, matrix<double>(matrix<double>::Zero(1, 7))); }), {"pnp: no list counts"}));
  CHECK(worst_difference(adr_mse{0.5}, s, grades) < 1e-7);
  CHECK(value_and_grad_lists(adr_mse{1e-3}, row_of({3, 2, 2, 1}), row_of({9, 5, 5, 0})).value == Approx(0).margin(1e-12));
  // Ranks 2, 1 against 1, 2: errors 1, weights 1 and 1 / log2 3, over two items.
  CHECK(value_and_grad_lists(adr_mse{1e-3}, row_of({1, 2}), row_of({1, 0})).value == Approx((1 + 1 / std::log2(3)) / 2));
  CHECK(says(refusal([&] { value_and_grad_lists(adr_mse{0}, s, grades); }), {"adr_mse: temperature"}));
}
