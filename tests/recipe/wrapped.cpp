// SPDX-License-Identifier: BSD-3-Clause
// What must hold for objectives inside of others (prefixes, chunks, heads, batch pairs, a state per sample), for the recipe that
// weighs both attraction and repulsion, and for mixed negatives in a loss.
// Tests recipe/two_views.hpp, engine/held_results.hpp, loss/sogclr.hpp, engine/named.hpp.
#include <cmath>

#include "../refusal.hpp"
#include "../table/differences.hpp"
#include "../table/table.hpp"
#include "foil/engine/unit_rows.hpp"
#include "foil/loss/debiased.hpp"
#include "foil/loss/decoupled.hpp"
#include "foil/pool/between.hpp"
#include "foil/recipe/amcl.hpp"
#include "foil/recipe/angle.hpp"
#include "foil/recipe/cacr.hpp"
#include "foil/recipe/detcon.hpp"
#include "foil/recipe/grad_cache.hpp"
#include "foil/recipe/learned_similarity.hpp"
#include "foil/recipe/matryoshka.hpp"
#include "foil/recipe/mochi_pool.hpp"
#include "foil/recipe/pamc.hpp"
#include "foil/recipe/sogclr.hpp"
#include "foil/recipe/unpg.hpp"

using namespace table;

namespace {

template <class S>
double gap(matrix<S> const& a, matrix<S> const& b) {
  REQUIRE(a.size() == b.size());
  return double((a - b).cwiseAbs().maxCoeff());
}
std::vector<idx> counted(idx n) {
  std::vector<idx> ids;
  for (idx i = 0; i < n; ++i) ids.push_back(i);
  return ids;
}

}  // namespace

TEST_CASE("matryoshka: one whole prefix is the plain loss, weights weigh, unused columns have no gradient", "[loss]") {
  auto const q = normal_rows<double>(9, 8, 1), k = normal_rows<double>(9, 8, 2), hard = normal_rows<double>(18, 8, 3);
  objective const f{loss::info_nce{0.3}};
  std::vector<int> const whole{8}, some{6, 2};
  std::vector<double> const weights{0.5, 2};
  auto const plain = f.value_and_grad(q, pool::in_batch(k), pool::own(hard, 2), pool::self(q));
  auto const one = matryoshka(f, whole, {}, q, pool::in_batch(k), pool::own(hard, 2), pool::self(q));
  CHECK(same_bits(one, plain));
  CHECK(one.rows == plain.rows);
  auto const run = [&](matrix<double> const& a, matrix<double> const& b, matrix<double> const& c) {
    return matryoshka(f, some, weights, a, pool::in_batch(b), pool::own(c, 2), pool::self(a));
  };
  auto const r = run(q, k, hard);
  double by_hand = 0;
  for (std::size_t n : {0u, 1u}) {
    matrix<double> const a = q.leftCols(some[n]), b = k.leftCols(some[n]), c = hard.leftCols(some[n]);
    by_hand += weights[n] * f.value(a, pool::in_batch(b), pool::own(c, 2), pool::self(a)).value;
  }
  CHECK(r.value == Approx(by_hand).epsilon(1e-13));
  CHECK(r.anchors.rightCols(2).cwiseAbs().maxCoeff() == 0);
  differences(q, r.anchors, [&](auto const& x) { return run(x, k, hard).value; });
  differences(k, r.pools[0], [&](auto const& x) { return run(q, x, hard).value; });
  differences(hard, r.pools[1], [&](auto const& x) { return run(q, k, x).value; });
  std::vector<int> const none, zero{0}, large{9};
  std::vector<double> const short_of{1};
  for (auto const& dims : {none, zero, large}) CHECK_THROWS_AS(matryoshka(f, dims, {}, q, pool::in_batch(k)), error);
  CHECK_THROWS_AS(matryoshka(f, some, short_of, q, pool::in_batch(k)), error);
  CHECK_THROWS_AS(matryoshka(f, whole, {}, q, pool::given(k, roles::diagonal{})), error);
  auto const wide = normal_rows<double>(9, 12, 4);
  auto const told = [&](auto const& pool) { return refusal([&] { matryoshka(f, some, {}, q, pool::in_batch(k), pool); }); };
  CHECK(says(told(pool::bank(wide)), {"matryoshka", "dim 8", "pool 1", "candidates of dim 12"}));
  CHECK(says(told(pool::between(wide, k, roles::all_negative{})), {"matryoshka", "the anchors of pool 1", "12"}));
  matrix<double> const empty(0, 0);
  CHECK(told(pool::bank(empty)) == "");
  matrix<double> odd = k;
  odd(1, 0) = quiet_nan<double>();
  CHECK(says(told(pool::bank(odd)), {"matryoshka: ", "row 1"}));
}

TEST_CASE("grad_cache: the encoder's gradient is that of the whole batch for every chunk size and loss", "[loss]") {
  auto const x = normal_rows<double>(11, 7, 1), y = normal_rows<double>(11, 7, 2), w = normal_rows<double>(7, 5, 3);
  auto const each = [&](auto const& f) {
    matrix<double> const q = x * w, k = y * w;
    auto const plain = f(q, k);
    matrix<double> const want = x.transpose() * plain.anchors + y.transpose() * plain.pools[0];
    for (idx chunk : {1, 3, 10, 11, 100}) {
      matrix<double> dw = matrix<double>::Zero(7, 5);
      std::vector<int> pulled(11, 0);
      auto const side = [&](matrix<double> const& inputs) {
        return tower(
            inputs.rows(), [&inputs, &w](idx first, idx count) -> matrix<double> { return inputs.middleRows(first, count) * w; },
            [&inputs, &dw, &pulled](idx first, view<double> g) {
              for (idx i = 0; i < g.rows(); ++i) {
                ++pulled[std::size_t(first + i)];
                for (idx j = 0; j < g.cols(); ++j) dw.col(j) += inputs.row(first + i).transpose() * g(i, j);
              }
            });
      };
      auto const r = grad_cache<double>(chunk, f, side(x), side(y));
      CHECK(r.value == Approx(plain.value).epsilon(1e-13));
      CHECK(gap(dw, want) < 1e-12);
      CHECK(pulled == std::vector<int>(11, 2));
    }
  };
  each([](auto const& q, auto const& k) { return objective(loss::info_nce{0.3}).value_and_grad(q, pool::in_batch(k)); });
  each([](auto const& q, auto const& k) { return objective(loss::info_nce{0.3}).symmetric(q, pool::in_batch(k)); });
  each([](auto const& q, auto const& k) { return two_views(objective(loss::debiased{.beta = 1}), q, k); });
  auto const plain = [](auto const& q) { return objective(loss::uniformity{}, similarity::neg_sq_l2{}).value_and_grad(q, pool::self(q)); };
  auto const identity = [&](idx first, idx count) { return as_view(x).middle(first, count); };
  matrix<double> alone(11, 7);
  grad_cache<double>(
      4, plain, tower(11, identity, [&](idx first, view<double> g) { std::copy_n(g.data(), g.rows() * 7, alone.data() + first * 7); }));
  CHECK(gap(alone, plain(x).anchors) == 0);
  auto const nothing = [](idx, view<double>) {};
  matrix<double> const huge = matrix<double>::Constant(11, 7, 1e39);
  CHECK_THROWS_AS(
      grad_cache<float>(4, plain,
                        tower(
                            11, [&](idx first, idx count) { return as_view(huge).middle(first, count); }, [](idx, view<float>) {})),
      error);
  CHECK_THROWS_AS(grad_cache<double>(0, plain, tower(11, identity, nothing)), error);
  CHECK_THROWS_AS(grad_cache<double>(4, plain,
                                     tower(
                                         11, [&](idx, idx) { return as_view(x); }, nothing)),
                  error);
  bool moved = false;
  auto const moves = [&moved](idx, view<double>) { moved = true; };
  CHECK_THROWS_AS(grad_cache<double>(
                      4, [&](auto const& q, auto const&) { return plain(q); }, tower(11, identity, moves), tower(11, identity, moves)),
                  error);
  CHECK(!moved);
}
TEST_CASE("cached_infonce: value and gradients do not depend on the tile or on what is kept", "[loss]") {
  auto const q = normal_rows<float>(90, 17, 1), k = normal_rows<float>(90, 17, 2);
  auto const plain = objective(loss::info_nce{}).value_and_grad(q, pool::in_batch(k));
  for (idx chunk : {1, 2, 7, 89, 90, 1000}) {
    objective const f{loss::info_nce{}, similarity::cosine{}, reduce::mean{}, {.budget = 0, .tile = {chunk, chunk}}};
    CHECK(same_bits(f.value_and_grad(q, pool::in_batch(k)), plain));
  }
}

TEST_CASE("amcl: one head of constant temperature is InfoNCE, heads add, gradients are differences", "[loss]") {
  auto const sim = normal_rows<double>(3 * 5, 6, 1), logit = normal_rows<double>(3 * 5, 6, 2);
  std::vector<int> const target{5, 0, 2, 2, 1};
  matrix<double> const first = sim.topRows(5), first_logit = logit.topRows(5);
  auto const plain = objective(loss::info_nce{0.4}).value_and_grad(pool::given(first, roles::target(target)));
  auto const constant = amcl(first, first_logit, target, 1, {.min_temperature = 0.4, .max_temperature = 0.4, .reg_weight = 0});
  CHECK(constant.value == Approx(plain.value).epsilon(1e-13));
  CHECK(gap(constant.sim, plain.pools[0]) < 1e-14);
  CHECK(constant.temp_logit.cwiseAbs().maxCoeff() == 0);
  amcl_options const o{.min_temperature = 0.05, .max_temperature = 1.5, .reg_weight = 0.2, .head_dim = 5};
  auto const all = amcl(sim, logit, target, 3, o);
  double sum = 0;
  for (idx c = 0; c < 3; ++c) sum += amcl(sim.middleRows(5 * c, 5).eval(), logit.middleRows(5 * c, 5).eval(), target, 1, o).value;
  CHECK(all.value == Approx(sum).epsilon(1e-13));
  CHECK(all.value == Approx(all.contrast + all.regulariser));
  differences(sim, all.sim, [&](auto const& x) { return amcl(x, logit, target, 3, o).value; });
  differences(logit, all.temp_logit, [&](auto const& x) { return amcl(sim, x, target, 3, o).value; });
  // the regulariser alone is least at 2 / head_dim
  auto const price = [&](double t) {
    return amcl(first, first_logit, target, 1, {.min_temperature = t, .max_temperature = t, .head_dim = 5}).regulariser;
  };
  CHECK(price(0.4) < price(0.39));
  CHECK(price(0.4) < price(0.41));
}
TEST_CASE("amcl: tiny temperatures stay finite; what does not fit is refused", "[loss]") {
  auto const sim = normal_rows<float>(4, 6, 1);
  matrix<float> const cold = matrix<float>::Constant(4, 6, -90);
  std::vector<int> const target{5, 0, 2, 2}, bad{6, 0, 2, 2};
  auto const r = amcl(sim, cold, target, 1);
  CHECK(finite_bits(r.value));
  CHECK(r.value > 1e4f);
  CHECK(r.sim.allFinite());
  CHECK(r.temp_logit.allFinite());
  CHECK_THROWS_AS(amcl(sim, cold, bad, 1), error);
  CHECK_THROWS_AS(amcl(sim, cold, target, 2), error);
  CHECK_THROWS_AS(amcl(sim, cold.leftCols(5).eval(), target, 1), error);
  CHECK_THROWS_AS(amcl(sim, cold, target, 1, {.min_temperature = 0}), error);
  CHECK_THROWS_AS(amcl(sim, cold, target, 1, {.min_temperature = 2, .max_temperature = 1}), error);
  matrix<float> odd = cold;
  odd(1, 1) = quiet_nan<float>();
  CHECK_THROWS_AS(amcl(sim, odd, target, 1), error);
}

TEST_CASE("sogclr: gamma 1 has temperature times the gradient of decoupled contrast; the state averages", "[loss]") {
  auto const a = normal_rows<double>(9, 5, 1), b = normal_rows<double>(9, 5, 2);
  sogclr_state state(20);
  std::vector<int> const samples{3, 1, 4, 0, 5, 9, 2, 6, 19};
  auto const r = sogclr(a, b, samples, state, {.temperature = 0.2, .gamma = 1});
  auto const dcl = two_views(objective(loss::decoupled{0.2}), a, b, 1.0);
  CHECK(gap(r.anchors, matrix<double>(0.2 * dcl.anchors)) < 1e-14);
  CHECK(gap(r.pools[0], matrix<double>(0.2 * dcl.pools[0])) < 1e-14);
  CHECK(r.scale == Approx(0).margin(1e-12));
  auto const cosine = [](auto const& x, auto const& y) { return x.normalized().dot(y.normalized()); };
  auto const mean = [&](matrix<double> const& x, matrix<double> const& y, idx i) {
    double sum = 0;
    for (idx j = 0; j < 9; ++j)
      if (j != i) sum += std::exp(cosine(x.row(i), y.row(j)) / 0.2) + std::exp(cosine(x.row(i), x.row(j)) / 0.2);
    return sum / 16;
  };
  for (idx i = 0; i < 9; ++i) CHECK(state.u(samples[std::size_t(i)]) == Approx((mean(a, b, i) + mean(b, a, i)) / 2).epsilon(1e-12));
  CHECK(state.log_u[7] == log_zero<double>);
  // a second batch: half of it new, whose first visit takes all of its own mean
  auto const before = state;
  std::vector<int> const mixed{3, 7, 4, 8, 5, 10, 2, 11, 19};
  auto const second = sogclr(b, a, mixed, state, {.temperature = 0.2, .gamma = 0.3});
  double value = 0;
  for (idx i = 0; i < 9; ++i) {
    double const u = before.u(mixed[std::size_t(i)]), g = u > 0 ? 0.3 : 1;
    double const v1 = (1 - g) * u + g * mean(b, a, i), v2 = (1 - g) * u + g * mean(a, b, i);
    CHECK(state.u(mixed[std::size_t(i)]) == Approx((v1 + v2) / 2).epsilon(1e-12));
    value -= 2 * cosine(a.row(i), b.row(i)) / 9;
    for (auto const* x : {&b, &a}) {
      auto const& y = x == &b ? a : b;
      for (idx j = 0; j < 9; ++j)
        for (double s : {cosine(x->row(i), y.row(j)), cosine(x->row(i), x->row(j))})
          if (j != i) value += std::exp(s / 0.2) / (x == &b ? v1 : v2) * s / 16 / 9;
    }
  }
  CHECK(second.value == Approx(value).epsilon(1e-12));
}
TEST_CASE("sogclr: the slopes are those of the surrogate with its weights held", "[loss]") {
  auto const a = normal_rows<double>(6, 4, 3), b = normal_rows<double>(6, 4, 4);
  std::vector<double> const log_u{0.3, 0.1, log_zero<double>, 1, 2, 0.5};
  std::vector<double> sum(6, log_zero<double>);
  loss::sogclr const l{.temperature = 0.4, .gamma = 0.6, .first_visit = false, .log_u = log_u, .log_sum = sum};
  auto const r = objective(l).value_and_grad(a, pool::in_batch(b));
  auto const s = [](matrix<double> const& x, matrix<double> const& y, idx i, idx j) {
    return x.row(i).normalized().dot(y.row(j).normalized());
  };
  auto const held = [&](matrix<double> const& x) {
    double total = 0;
    for (idx i = 0; i < 6; ++i) {
      total -= s(x, b, i, i) / 6;
      for (idx j = 0; j < 6; ++j)
        if (j != i) total += std::exp(s(a, b, i, j) / 0.4 - sum[std::size_t(i)]) * s(x, b, i, j) / 5 / 6;
    }
    return total;
  };
  CHECK(r.value == Approx(held(a)).epsilon(1e-12));
  differences(a, r.anchors, held);
}
TEST_CASE("sogclr: a temperature of 0.005 in float stays finite; a refused call leaves the state alone", "[loss]") {
  auto const a = normal_rows<float>(6, 4, 1);
  auto const samples = counted(6);
  sogclr_state state(6);
  matrix<float> const same = matrix<float>::Constant(6, 4, 1);
  for (int epoch = 0; epoch < 3; ++epoch) {
    auto const r = sogclr(same, same, samples, state, {.temperature = 0.005, .gamma = 0.5});
    CHECK(finite_bits(r.value));
    CHECK(r.anchors.allFinite());
    CHECK(state.log_u[0] == Approx(200).epsilon(1e-5));
  }
  auto const before = state.log_u;
  auto const one = counted(1);
  std::vector<int> const outside{0, 1, 2, 3, 4, 6};
  CHECK_THROWS_AS(sogclr(a, a, outside, state), error);
  CHECK_THROWS_AS(sogclr(a, a, one, state), error);
  CHECK_THROWS_AS(sogclr(a, a, samples, state, {.gamma = 1.5}), error);
  CHECK_THROWS_AS(sogclr(a, a, samples, state, {.temperature = 0}), error);
  matrix<float> const single = a.topRows(1);
  CHECK_THROWS_AS(sogclr(single, single, one, state), error);
  matrix<float> odd = a;
  odd(5, 3) = quiet_nan<float>();
  CHECK_THROWS_AS(sogclr(a, odd, samples, state), error);
  CHECK(state.log_u == before);
}

TEST_CASE("sogclr: a sample whose row is skipped keeps its u", "[loss]") {
  matrix<double> a = normal_rows<double>(6, 4, 1), b = normal_rows<double>(6, 4, 2);
  auto const samples = counted(6);
  sogclr_state state(6);
  sogclr(a, b, samples, state, {.temperature = 0.5});
  auto const before = state.log_u;
  a(2, 1) = quiet_nan<double>();
  auto const r = sogclr(a, b, samples, state, {.temperature = 0.5}, {.bad_rows = bad_rows::skip});
  CHECK(r.rows_used == 10);
  CHECK(state.log_u[2] == before[2]);
  CHECK(says(refusal([&] { state.u(6); }), {"sogclr_state", "sample 6", "0 .. 5"}));
  CHECK(state.log_u[1] != before[1]);
  CHECK(finite_bits(r.value));
}

TEST_CASE("unpg: the fence holds the pairs that sorting keeps, ties and panels included", "[loss]") {
  for (idx n : {2, 5, 40, 300}) {
    auto x = normal_rows<float>(n, 6, 1);
    for (idx i = 0; i + 4 < n; i += 5) x.row(i + 4) = x.row(i);  // ties
    auto const w = normal_rows<float>(7, 6, 2);
    auto const y = labels(n, 7, 3);
    matrix<float> const g = unit_rows(x);
    std::vector<double> v;
    for (idx a = 0; a < n; ++a)
      for (idx b = a + 1; b < n; ++b)
        if (y[std::size_t(a)] != y[std::size_t(b)]) v.push_back(double(g.row(a).dot(g.row(b))));
    std::sort(v.begin(), v.end());
    double const head = double(objective(loss::margin_softmax{.temperature = 0.1}).value(x, pool::in_batch(w, roles::target(y))).value);
    for (double r : {0.5, 1.0, 1.5, 1e300}) {
      auto const got = unpg(x, w, y, {.temperature = 0.1}, r);
      idx kept = 0, doubtful = 0;
      if (!v.empty()) {
        double const q1 = v[v.size() / 4], q3 = v[v.size() * 3 / 4], low = q1 - r * (q3 - q1), high = q3 + r * (q3 - q1);
        for (double s : v) kept += r > 1e299 || (s >= low && s <= high), doubtful += std::abs(s - low) < 1e-6 || std::abs(s - high) < 1e-6;
      }
      CHECK(std::abs(got.kept_pairs - kept) <= doubtful);
      CHECK(double(got.value) >= head - 1e-5);
      if (got.kept_pairs > 0) CHECK(double(got.value) > head);
      for (idx i = 0; i < n; ++i) CHECK(std::abs(got.x.row(i).dot(x.row(i))) < 1e-4f);
    }
    if (v.size() > 4) {  // no range beyond the quartiles: they themselves stay
      auto const quartiles = unpg(x, w, y, {.temperature = 0.1}, 0).kept_pairs;
      CHECK(quartiles >= idx(v.size() * 3 / 4 - v.size() / 4 + 1));
      CHECK(quartiles < idx(v.size()));
    }
  }
}
TEST_CASE("unpg: value by hand, gradients by differences, threads and plans agree", "[loss]") {
  auto const x = normal_rows<double>(9, 5, 1), w = normal_rows<double>(4, 5, 2);
  auto const y = labels(9, 4, 3);
  loss::margin_softmax const o{loss::margin_head::arcface, 0.3, 0.2};
  auto const r = unpg(x, w, y, o, 0.4);
  CHECK(r.kept_pairs > 0);
  double value = 0, pairs = 0;
  std::vector<double> v;
  for (idx a = 0; a < 9; ++a)
    for (idx b = a + 1; b < 9; ++b)
      if (y[std::size_t(a)] != y[std::size_t(b)]) v.push_back(x.row(a).normalized().dot(x.row(b).normalized()));
  std::sort(v.begin(), v.end());
  double const q1 = v[v.size() / 4], q3 = v[v.size() * 3 / 4];
  for (double s : v)
    if (s >= q1 - 0.4 * (q3 - q1) && s <= q3 + 0.4 * (q3 - q1)) pairs += std::exp(s / 0.2);
  for (idx i = 0; i < 9; ++i) {
    double sum = pairs, target = 0;
    for (idx c = 0; c < 4; ++c) {
      double const cosine = x.row(i).normalized().dot(w.row(c).normalized());
      bool const own = c == y[std::size_t(i)];
      double const z = (own ? (cosine < -std::cos(0.3) ? cosine - 0.3 * std::sin(0.3) : std::cos(std::acos(cosine) + 0.3)) : cosine) / 0.2;
      sum += std::exp(z), target += own ? z : 0;
    }
    value += (std::log(sum) - target) / 9;
  }
  CHECK(r.value == Approx(value).epsilon(1e-12));
  differences(x, r.x, [&](auto const& at) { return unpg(at, w, y, o, 0.4).value; });
  differences(w, r.weight, [&](auto const& at) { return unpg(x, at, y, o, 0.4).value; });
  for (std::size_t budget : {std::size_t(0), std::size_t(1) << 26}) {
    auto const other = unpg(x, w, y, o, 0.4, {.executor = threads(2), .budget = budget});
    CHECK(other.value == r.value);
    CHECK(same_bits(other.x, r.x));
  }
  std::vector<int> const one(9, 2), outside(9, 4);
  auto const alone = unpg(x, w, one, o);
  auto const head = objective(o).value_and_grad(x, pool::in_batch(w, roles::target(one)));
  CHECK(alone.kept_pairs == 0);
  CHECK(alone.value == Approx(head.value).epsilon(1e-14));
  CHECK(gap(alone.x, head.anchors) < 1e-15);
  CHECK_THROWS_AS(unpg(x, w, outside, o), error);
  CHECK_THROWS_AS(unpg(x, w, y, o, -1), error);
  CHECK_THROWS_AS(unpg(x, w, y, o, std::nan("")), error);
}

TEST_CASE("cacr: temperature 0 is uniform, weights never help, two views attract by the plain mean", "[loss]") {
  auto const x = normal_rows<double>(3 * 7, 4, 1);
  for (bool unit : {false, true}) {
    auto const even = cacr(x, 3, {.t_pos = 0, .t_neg = 0}, unit);
    for (double t : {0.5, 2.0}) {
      auto const r = cacr(x, 3, {.t_pos = t, .t_neg = t}, unit);
      CHECK(r.attraction > even.attraction);
      CHECK(r.repulsion > even.repulsion);
      CHECK(r.value == Approx(r.attraction + r.repulsion));
      if (!unit) CHECK(r.views.colwise().sum().cwiseAbs().maxCoeff() < 1e-12);  // translating all points changes nothing
      auto const value = [&](matrix<double> const& at) { return cacr(at, 3, {.t_pos = t, .t_neg = t}, unit).value; };
      differences(x, r.views, value, 1e-6);
    }
  }
  auto const two = normal_rows<double>(2 * 6, 4, 2);
  double mean = 0;
  for (idx i = 0; i < 6; ++i) mean += (two.row(i) - two.row(6 + i)).squaredNorm() / 6;
  for (double t : {0.0, 1.0, 7.0}) CHECK(cacr(two, 2, {.t_pos = t}, false).attraction == Approx(mean));
  auto gap_in = two;
  gap_in(3, 0) = quiet_nan<double>();
  auto const run = [&](matrix<double> const& at) { return cacr(at, 2, {}, false, {.bad_rows = bad_rows::skip}); };
  auto const partial = run(gap_in);  // row 9 has no partner
  CHECK(partial.attraction == Approx((mean * 6 - (two.row(3) - two.row(9)).squaredNorm()) / 5));
  CHECK(partial.views.row(3).cwiseAbs().maxCoeff() == 0);
  for (idx i : {idx(0), idx(9)})
    for (idx k = 0; k < 4; ++k) {
      auto up = gap_in, down = gap_in;
      up(i, k) += 1e-5, down(i, k) -= 1e-5;
      CHECK(partial.views(i, k) == Approx((run(up).value - run(down).value) / 2e-5).epsilon(1e-6).margin(1e-7));
    }
}

TEST_CASE("cacr: stopped weights are constants; one sample repels nothing; views must be even", "[loss]") {
  auto const x = normal_rows<double>(3 * 5, 4, 3);
  loss::cacr const o{.alpha = 0.8, .beta = 1.1, .t_pos = 0.6, .t_neg = 0.9, .stop_gradient_weight = true};
  auto const r = cacr(x, 3, o, false);
  auto const d = [](matrix<double> const& at, idx a, idx n, idx b, idx m) { return (at.row(a * 5 + n) - at.row(b * 5 + m)).squaredNorm(); };
  auto const held = [&](matrix<double> const& at) {  // weights of x, distances of `at`
    double total = 0;
    for (idx a = 0; a < 3; ++a)
      for (idx n = 0; n < 5; ++n) {
        double top = 0, sum = 0;
        for (idx b = 0; b < 3; ++b)
          if (b != a) sum += std::exp(o.t_pos * d(x, a, n, b, n)), top += std::exp(o.t_pos * d(x, a, n, b, n)) * d(at, a, n, b, n);
        total += o.alpha * top / sum / 15;
        for (idx b = a + 1; b < 3; ++b) {
          top = sum = 0;
          for (idx m = 0; m < 5; ++m)
            if (m != n) sum += std::exp(-o.t_neg * d(x, a, n, b, m)), top += std::exp(-o.t_neg * d(x, a, n, b, m)) * d(at, a, n, b, m);
          total -= o.beta * top / sum / 15;
        }
      }
    return total;
  };
  CHECK(r.value == Approx(held(x)).epsilon(1e-12));
  differences(x, r.views, held, 1e-6);
  auto const lone = cacr(matrix<double>(x.topRows(3)), 3, o);
  CHECK(lone.repulsion == 0);
  CHECK(lone.attraction > 0);
  CHECK_THROWS_AS(cacr(x, 2), error);
  CHECK_THROWS_AS(cacr(x, 1), error);
  CHECK_THROWS_AS(cacr(x, 3, {.t_pos = std::nan("")}), error);
}

TEST_CASE("mixed negatives as a pool: the loss by hand, constants, gradients by finite differences", "[loss]") {
  idx const b = 5, d = 6;
  auto const q = normal_rows<double>(b, d, 1), k = normal_rows<double>(b, d, 2), memory = normal_rows<double>(20, d, 3);
  auto const mixed = mining::mix_batch(q, memory, 7, 2, {.hardest = 8, .between = 4, .with_query = 3});
  REQUIRE(mixed.rows.rows() == b * 7);
  objective const contrast{loss::info_nce{.temperature = 0.2}, similarity::cosine{}};
  auto const r = contrast.value_and_grad(q, pool::in_batch(k), pool::bank(memory), mixed.pool());
  CHECK(r.pools[1].size() == 0);
  CHECK(r.pools[2].size() == 0);  // no gradient flows through a mix
  double sum = 0;
  for (idx i = 0; i < b; ++i) {
    auto const one = q.row(i).normalized();
    double all = 0;
    auto const add = [&](auto const& row) { all += std::exp(one.dot(row) / 0.2); };
    for (idx j = 0; j < b; ++j) add(k.row(j).normalized());
    for (idx j = 0; j < 20; ++j) add(memory.row(j).normalized());
    for (idx j = 0; j < 7; ++j) add(mixed.rows.row(i * 7 + j));
    sum += std::log(all) - one.dot(k.row(i).normalized()) / 0.2;
  }
  CHECK(r.value == Approx(sum / double(b)));
  differences(
      q, r.anchors, [&](auto const& x) { return contrast.value(x, pool::in_batch(k), pool::bank(memory), mixed.pool()).value; }, 1e-6);
  differences(
      k, r.pools[0], [&](auto const& x) { return contrast.value(q, pool::in_batch(x), pool::bank(memory), mixed.pool()).value; }, 1e-6);

  // Keyed by row: alone in the batch a query gets the same mixes; another epoch gives others.
  matrix<double> const first = q.topRows(1);
  mining::mochi_options const o{.hardest = 8, .between = 4, .with_query = 3};
  CHECK(mining::mix_batch(first, memory, 7, 2, o).rows == matrix<double>(mixed.rows.topRows(7)));
  CHECK(mining::mix_batch(first, memory, 7, 3, o).rows != matrix<double>(mixed.rows.topRows(7)));
  matrix<double> const empty(0, d), narrow = normal_rows<double>(4, d - 1, 1);
  auto const none = mining::mix_batch(q, empty, 7);
  CHECK(none.per_row == 0);
  CHECK(contrast.value(q, pool::in_batch(k), none.pool()).value == Approx(double(contrast.value(q, pool::in_batch(k)).value)));
  CHECK_THROWS_AS(mining::mix_batch(q, narrow, 7), error);
}

TEST_CASE("recipes: what they add up behind the engine is refused where float cannot hold it", "[loss]") {
  auto const k = normal_rows<float>(4, 4, 1);
  auto const tiny = [](float length) { return matrix<float>(length * normal_rows<float>(4, 4, 2)); };
  std::vector<idx> const two{0, 0, 1, 1}, in_turn{0, 1, 0, 1};
  auto const refused = [](auto const& call, char const* name) { return says(refusal(call), {name, "more than float holds"}); };

  matrix<float> const own = tiny(1e-6f);
  std::vector<int> const dims{2, 4};
  std::vector<double> const weights{1e34, 1e34};
  CHECK(refused(
      [&] { matryoshka(objective{loss::info_nce{}}, dims, weights, k, pool::in_batch(k), pool::between(own, k, roles::all_negative{})); },
      "matryoshka: the gradient of row"));
  matrix<float> const small = tiny(1e-38f), all = matrix<float>::Ones(4, 4);
  CHECK(refused([&] { pamc(small, hard_clusters{two, 2}, all, {.sharpness = 1e3}); }, "pamc: "));
  CHECK(refused([&] { unpg(small, k, two); }, "unpg: "));
  std::vector<double> const labels{0, 1, 1, 0};
  CHECK(refused([&] { angle(k, small, labels); }, "angle: the gradient of row"));
  CHECK(refused([&] { detcon_s(small, k, in_turn, in_turn, 2, 0.02); }, "detcon_s: "));
  matrix<float> const w = matrix<float>(1e8f * normal_rows<float>(4, 4, 3));
  CHECK(refused([&] { bilinear(w).value_and_grad(objective{loss::info_nce{0.005}}, small, pool::in_batch(k)); }, "bilinear: "));
}
