// SPDX-License-Identifier: BSD-3-Clause
// Every loss of the table: its gradients are the finite differences of its value.
// Tests engine/gradients.hpp, engine/pool_access.hpp, engine/field_program.hpp, engine/transposed_tile.hpp, engine/shared_exp_columns.hpp,
// engine/column_side.hpp, loss/alignment.hpp, loss/siglip.hpp.
// Tests engine/block.hpp, engine/column_pass.hpp, engine/column_totals.hpp, engine/edge_pass.hpp, engine/general_rows.hpp, engine/graph.hpp,
// engine/in_place_rows.hpp, engine/in_place_states.hpp, engine/pass_state.hpp, engine/passes.hpp, engine/row_pass.hpp, engine/row_slots.hpp,
// engine/row_states.hpp, engine/row_totals.hpp, engine/scale_gradient.hpp, engine/score_slopes.hpp, engine/shared_exp_sums.hpp,
// engine/slice_builder.hpp, engine/transposed_columns.hpp.
#include "foil/bias/bounds.hpp"
#include "foil/engine/check_gradient.hpp"
#include "foil/pool/listed.hpp"
#include "table.hpp"

using namespace table;

namespace {

constexpr double h = 1e-5;

/// Largest difference between a gradient and central differences of value(), over every number of x.
template <class F>
double worst(matrix<double>& x, matrix<double> const& gradient, F const& value) {
  double most = 0;
  for (idx k = 0; k < x.size(); ++k) {
    double const at = x.data()[k];
    x.data()[k] = at + h;
    double const up = value();
    x.data()[k] = at - h;
    double const down = value();
    x.data()[k] = at;
    most = (std::max)(most, std::abs((up - down) / (2 * h) - gradient.data()[k]));
  }
  return most;
}

/// The same loss with its scores multiplied: the derivative with respect to scale() by finite differences, the
/// temperature changed as a user would change it.
template <class L>
L rescaled(L loss, double factor) {
  if constexpr (requires { loss.temperature; }) loss.temperature /= factor;
  if constexpr (requires { loss.log_scale; }) loss.log_scale += std::log(factor);
  if constexpr (requires { loss.t; }) loss.t *= factor;
  return loss;
}

template <class L, class Sim>
void check(char const* name, L const& loss, Sim similarity) {
  INFO(name);
  auto q = normal_rows<double>(6, 5, 1), k = normal_rows<double>(6, 5, 2), hard = normal_rows<double>(12, 5, 3),
       old = normal_rows<double>(9, 5, 4);
  auto const ids = labels(6, 5, 5);
  auto const result = [&](L const& l, bool gradients) {
    objective const f{l, similarity};
    auto const batch = pool::in_batch(k, roles::diagonal{}, bias::same_id(ids, ids));
    auto const own = pool::own(hard, 2);
    auto const memory = pool::trained(pool::bank(old));
    auto const self = pool::self(q, roles::by_label(ids));
    return gradients ? f.value_and_grad(q, batch, own, memory, self) : f.value(q, batch, own, memory, self);
  };
  auto const r = result(loss, true);
  auto const value = [&] { return result(loss, false).value; };
  CHECK(value() == r.value);
  CHECK(worst(q, r.anchors, value) < 2e-7);
  CHECK(worst(k, r.pools[0], value) < 2e-7);
  CHECK(worst(hard, r.pools[1], value) < 2e-7);
  CHECK(worst(old, r.pools[2], value) < 2e-7);
  double const s = loss.scale(), e = 1e-6;
  auto const up = rescaled(loss, 1 + e), down = rescaled(loss, 1 - e);
  if (up.scale() != s)
    CHECK(r.scale ==
          Approx((result(up, false).value - result(down, false).value) / (up.scale() - down.scale())).epsilon(1e-6).margin(1e-7));
}

template <class L>
void check_given(char const* name, L const& loss) {
  INFO(name);
  auto scores = normal_rows<double>(7, 9, 6);
  scores *= 0.3;
  auto const rows = labels(7, 3, 7), columns = labels(9, 3, 8);
  objective const f{loss};
  auto const run = [&] { return f.value_and_grad(pool::given(scores, roles::by_label(rows, columns))); };
  auto const r = run();
  CHECK(worst(scores, r.pools[0], [&] { return run().value; }) < 2e-7);
  double total = 0;
  for (idx k = 0; k < scores.size(); ++k) total += r.pools[0].data()[k];
  CHECK(r.shift * loss.scale() == Approx(total).margin(1e-12));  // adding a constant to every score
}

}  // namespace

TEST_CASE("table: gradients are finite differences under the cosine", "[table]") {
  each_loss([](char const* name, auto const& loss) { check(name, loss, similarity::cosine{}); });
}
TEST_CASE("table: gradients are finite differences on given scores", "[table]") {
  each_loss([](char const* name, auto const& loss) { check_given(name, loss); });
}
TEST_CASE("table: gradients are finite differences under distances", "[table]") {
  each_loss([](char const* name, auto const& loss) { check(name, loss, similarity::neg_l2{}); });
}
TEST_CASE("similarities: gradients are finite differences for every one", "[table]") {
  loss::info_nce const l{.temperature = 0.7};
  check("dot", l, similarity::dot{});
  check("neg_sq_l2", l, similarity::neg_sq_l2{});
  check("unit neg_l2", l, similarity::normalized<similarity::neg_l2>{});
}
TEST_CASE("alignment: gradients are finite differences for several exponents", "[table]") {
  for (double alpha : {1.0, 2.0, 2.5}) {
    auto x = normal_rows<double>(5, 4, 1), y = normal_rows<double>(5, 4, 2);
    objective const f{loss::alignment{alpha}, similarity::neg_l2{}};
    auto const r = f.value_and_grad(x, pool::positives(y));
    auto const value = [&] { return f.value(x, pool::positives(y)).value; };
    CHECK(worst(x, r.anchors, value) < 1e-7);
    CHECK(worst(y, r.pools[0], value) < 1e-7);
  }
}
namespace {

/// Both directions in one pass against the two calls, over several tiles with tails.
template <class L, class Pool>
void check_symmetric(L const& loss, matrix<double> const& q, matrix<double> const& k, Pool const& over) {
  for (bool tiled : {false, true}) {
    objective const f{loss, similarity::cosine{}, reduce::mean{}, {.budget = tiled ? 0u : 1u << 24}};
    auto const both = f.symmetric(q, over(k));
    auto const one = f.value_and_grad(q, over(k)), two = f.value_and_grad(k, over(q));
    CHECK(both.chosen == (tiled ? plan::tiled : plan::keep_all));
    CHECK(both.value == Approx((one.value + two.value) / 2).epsilon(1e-12));
    double const size = one.anchors.cwiseAbs().maxCoeff() + two.anchors.cwiseAbs().maxCoeff();
    CHECK(size > 0);
    CHECK((both.anchors - (one.anchors + two.pools[0]) / 2).cwiseAbs().maxCoeff() < 1e-12 * size);
    CHECK((both.pools[0] - (one.pools[0] + two.anchors) / 2).cwiseAbs().maxCoeff() < 1e-12 * size);
    CHECK(both.scale == Approx((one.scale + two.scale) / 2).epsilon(1e-10).margin(1e-12));
    CHECK(both.shift == Approx((one.shift + two.shift) / 2).epsilon(1e-10).margin(1e-12));
    CHECK(both.rows_used == one.rows_used);
    auto const alone = f.symmetric_value(q, over(k));
    CHECK((alone.value == both.value && alone.anchors.size() == 0 && alone.pools[0].size() == 0));
  }
}

}  // namespace

TEST_CASE("symmetric: both directions in one walk are the two calls", "[table]") {
  auto const plain = [](auto const& k) { return pool::in_batch(k); };
  auto const small = normal_rows<double>(9, 5, 1), other = normal_rows<double>(9, 5, 2);
  check_symmetric(loss::info_nce{.temperature = 0.3}, small, other, plain);
  auto const q = normal_rows<double>(530, 5, 3), k = normal_rows<double>(530, 5, 4);
  // At the last temperature most columns of a tile lie far below its largest pair, beyond what exponentials can hold.
  for (double temperature : {0.5, 0.05, 0.0005}) {
    INFO("temperature " << temperature);
    check_symmetric(loss::info_nce{.temperature = temperature}, q, k, plain);
    check_symmetric(loss::decoupled{.temperature = temperature}, q, k, plain);
  }
  check_symmetric(loss::siglip{}, q, k, plain);  // keeps no exponentials
  std::vector<int> const ids = labels(530, 200, 5), few = labels(530, 2, 6);
  check_symmetric(loss::info_nce{}, q, k, [&](auto const& x) { return pool::in_batch(x, roles::diagonal{}, bias::same_id(ids, ids)); });
  check_symmetric(loss::sup_con{}, q, k, [&](auto const& x) { return pool::in_batch(x, roles::by_label(few)); });
}
TEST_CASE("symmetric: further pools are candidates of the rows alone, whatever the plan", "[table]") {
  auto const q = normal_rows<double>(300, 6, 3), k = normal_rows<double>(300, 6, 4), old = normal_rows<double>(280, 6, 5),
             hard = normal_rows<double>(600, 6, 6);
  std::vector<idx> ids;
  for (idx i = 0; i < 600; ++i) ids.push_back(i % 7 == 0 ? -1 : i * 37 % 280);
  auto const check = [&](auto const& loss, std::size_t budget, int workers) {
    objective const f{loss, similarity::cosine{}, reduce::mean{}, {.executor = threads(workers), .budget = budget}};
    auto const batch = pool::in_batch(k);
    auto const bank = pool::trained(pool::bank(old, roles::all_negative{}, bias::max_score{0.6}));
    auto const own = pool::own(hard, 2);
    auto const some = pool::listed(old, ids, 2);
    auto const both = f.symmetric(q, batch, bank, own, some, 0.7);
    auto const one = f.value_and_grad(q, batch, bank, own, some), two = f.value_and_grad(k, pool::in_batch(q));
    CHECK(both.value == Approx(0.7 * (one.value + two.value)).epsilon(1e-12));
    double const size = one.anchors.cwiseAbs().maxCoeff() + two.anchors.cwiseAbs().maxCoeff();
    CHECK((both.anchors - 0.7 * (one.anchors + two.pools[0])).cwiseAbs().maxCoeff() < 1e-12 * size);
    CHECK((both.pools[0] - 0.7 * (one.pools[0] + two.anchors)).cwiseAbs().maxCoeff() < 1e-12 * size);
    for (std::size_t n : {1u, 2u, 3u}) CHECK((both.pools[n] - 0.7 * one.pools[n]).cwiseAbs().maxCoeff() < 1e-12 * size);
    CHECK(both.scale == Approx(0.7 * (one.scale + two.scale)).epsilon(1e-10));
  };
  for (std::size_t budget : {std::size_t(0), std::size_t(1) << 24})
    for (int workers : {1, 3}) {
      check(loss::info_nce{.temperature = 0.1}, budget, workers);
      check(loss::siglip{}, budget, workers);
    }
}
TEST_CASE("symmetric: in float a tile's far columns are not lost", "[table]") {
  auto const q = normal_rows<float>(300, 64, 3), k = normal_rows<float>(300, 64, 4);
  matrix<double> const wide_q = q.cast<double>(), wide_k = k.cast<double>();
  for (double temperature : {0.05, 0.005, 0.002, 0.001}) {
    objective const f{loss::info_nce{.temperature = temperature}};
    auto const r = f.symmetric(q, pool::in_batch(k));
    auto const exact = f.symmetric(wide_q, pool::in_batch(wide_k));
    INFO("temperature " << temperature);
    CHECK(double(r.value) == Approx(exact.value).epsilon(1e-6));
    double const size = exact.anchors.cwiseAbs().maxCoeff();
    CHECK((r.anchors.cast<double>() - exact.anchors).cwiseAbs().maxCoeff() < 1e-4 * size);
    CHECK((r.pools[0].cast<double>() - exact.pools[0]).cwiseAbs().maxCoeff() < 1e-4 * size);
    CHECK(r.scale == Approx(exact.scale).epsilon(1e-4));
  }
}
/// A loss whose slope by the positive is a fifth too small.
struct wrong_slope : loss::decoupled {
  template <Scalar S>
  row_loss<S, 2> row(S negatives, S positive) const {
    return {negatives - positive, {1, S(-0.8)}};
  }
};
TEST_CASE("check_gradient: passes a right formula, finds a wrong one, and says how much it looked at", "[table]") {
  auto const q = normal_rows<double>(7, 5, 1), k = normal_rows<double>(7, 5, 2), frozen = normal_rows<double>(9, 5, 3);
  auto const right = check_gradient(objective{loss::decoupled{0.3}}, q, pool::in_batch(k), pool::bank(frozen));
  CHECK(right.error < 1e-6);
  CHECK(right.checked == 2 * 35);  // nothing trains the bank
  auto const wrong = check_gradient(objective{wrong_slope{{0.3}}}, q, pool::in_batch(k), pool::bank(frozen));
  CHECK(wrong.error > 0.05);
  CHECK((wrong.matrix == -1 || wrong.matrix == 0));
  CHECK((wrong.row >= 0 && wrong.row < 7 && wrong.column >= 0 && wrong.column < 5));
  CHECK(wrong.analytic != Approx(wrong.numeric).epsilon(0.01));
  CHECK(check_gradient(objective{loss::decoupled{0.3}}, {.numbers = 4}, q, pool::in_batch(k)).checked == 2 * 4);
  CHECK_THROWS_AS(check_gradient(objective{loss::decoupled{0.3}}, {.step = 0}, q, pool::in_batch(k)), error);
}
