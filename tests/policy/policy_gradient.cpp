// SPDX-License-Identifier: BSD-3-Clause
// What the policy losses promise beyond their values: the table of tapers, clips, advantages and masks.
// Tests policy/log_probability.hpp, policy/surrogate.hpp.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/random.hpp"
#include "foil/policy/cispo.hpp"
#include "foil/policy/grpo_advantages.hpp"
#include "foil/policy/ppo_clip.hpp"
#include "foil/policy/step_advantages.hpp"
#include "foil/policy/tilt.hpp"
#include "foil/policy/token_topk_mask.hpp"
#include "foil/policy/topr.hpp"

namespace {

using namespace foil;
using namespace foil::loss;
using numbers = matrix<double>;
using list = std::vector<double>;
using view_of_list = std::span<double const>;

double const inf = infinity<double>();

numbers log_probabilities(idx rows, idx columns, std::uint64_t seed, double scale = 1) {
  random_stream r(seed, purpose::user);
  numbers m(rows, columns);
  for (idx i = 0; i < m.size(); ++i) m.data()[i] = -std::abs(scale * r.normal());
  return m;
}
numbers const logp = log_probabilities(5, 4, 1), logmu = log_probabilities(5, 4, 2);
list const reward{1, -1, 0.5, -2, 0};

topr_outcome<double> with(taper positive, taper negative, numbers const& mu = logmu, topr o = {}) {
  o.positive = positive, o.negative = negative;
  return value_and_grad(o, logp, mu, reward);
}
numbers reinforce() {
  numbers g(5, 4);
  for (idx i = 0; i < 5; ++i) g.row(i).setConstant(-reward[std::size_t(i)] / 5);
  return g;
}

}  // namespace

TEST_CASE("topr: its table of reductions", "[loss]") {
  numbers const g = reinforce();
  auto const same = [](numbers const& a, numbers const& b) { return (a - b).cwiseAbs().maxCoeff() < 1e-14; };
  CHECK(same(with({1, 1}, {1, 1}).gradient, g));                     // REINFORCE, whatever the ratio
  for (taper const t : {taper{0, 1}, taper{0.5, 2}, taper{0, inf}})  // on-policy every taper around 1 is
    CHECK(same(with(t, t, logp).gradient, g));
  CHECK(same(with({1, 1}, {0, 0}).gradient, g.cwiseMin(0)));  // likelihood of the good ones
  auto const importance = with({0, inf}, {0, inf});
  for (idx i = 0; i < 5; ++i) {
    double const rho = std::exp((logp.row(i) - logmu.row(i)).sum());
    for (idx t = 0; t < 4; ++t) CHECK(importance.gradient(i, t) == Approx(-reward[std::size_t(i)] * rho / 5).margin(1e-15));
  }
  auto const truncated = with({0, 1}, {0, 1});
  for (idx k = 0; k < 20; ++k) CHECK(truncated.weight.data()[k] == Approx((std::min)(1.0, importance.weight.data()[k])));
}

TEST_CASE("topr: linear in the reward, and a bad answer weighs more as it becomes likelier", "[loss]") {
  topr const o{};
  list twice = reward;
  for (double& r : twice) r *= 2;
  CHECK(value_and_grad(o, logp, logmu, twice).value == Approx(2 * value_and_grad(o, logp, logmu, reward).value));
  numbers const mu = numbers::Constant(1, 3, -1);
  list const bad{-1};
  double before = 0;
  for (double l = -9; l <= -1; ++l) {
    double const w = value_and_grad(o, numbers::Constant(1, 3, l).eval(), mu, bad).weight(0, 0);
    CHECK(w > before);
    CHECK(w <= 1);
    before = w;
  }
}

TEST_CASE("topr: impossible tokens, masked rows and no rows", "[loss]") {
  numbers p = logp;
  p(1, 2) = minus_infinity<double>();  // a bad answer that the policy has left for good
  auto const left = value_and_grad(topr{}, p, logmu, reward);
  CHECK(finite_bits(left.value));
  CHECK(finite_bits(left.potential));
  CHECK(left.gradient.row(1).cwiseAbs().maxCoeff() == 0);
  for (auto level : {ratio_of::token, ratio_of::geomean}) CHECK(finite_bits(value_and_grad(topr{.level = level}, p, logmu, reward).value));
  p(0, 0) = minus_infinity<double>();  // a good one
  auto const lost = value_and_grad(topr{}, p, logmu, reward);
  CHECK((!finite_bits(lost.value) && lost.value > 0));
  list small = reward;
  for (double& x : small) x *= 1e-25;
  for (auto level : {ratio_of::sequence, ratio_of::token, ratio_of::geomean}) {  // also one that is hardly good
    auto const r = value_and_grad(topr{.level = level}, p, logmu, view_of_list(small));
    CHECK((r.value == inf && r.potential == inf));
  }
  p(4, 0) = minus_infinity<double>();
  list const nothing(5, 0.0);
  CHECK(value_and_grad(topr{}, p, logmu, nothing).value == 0);

  std::vector<unsigned char> mask(20, 1);
  for (std::size_t k = 0; k < 4; ++k) mask[k] = 0;
  p = logp, p.row(0).setConstant(quiet_nan<double>());  // what is masked is not read
  for (bool norm : {false, true}) {
    auto const r = value_and_grad(topr{.length_norm = norm}, p, logmu, reward, mask);
    CHECK(finite_bits(r.value));
    CHECK(r.weight.row(0).maxCoeff() == 0);
  }
  CHECK(value_and_grad(topr{}, numbers(0, 4), numbers(0, 4), {}).value == 0);
  CHECK_THROWS_AS(value_and_grad(topr{}, p, logmu, reward), error);
  CHECK_THROWS_AS(value_and_grad(topr{}, logp, numbers(5, 3), reward), error);
  CHECK_THROWS_AS(value_and_grad(topr{}, logp, logmu, list{1, 2}), error);
  CHECK_THROWS_AS(value_and_grad(topr{.negative = {1, 0.5}}, logp, logmu, reward), error);
  CHECK_THROWS_AS(value_and_grad(topr{.baseline = inf}, logp, logmu, reward), error);
}

TEST_CASE("ppo_clip: on-policy it is REINFORCE; beyond the clip a gain pushes no further; huge ratios stay numbers", "[loss]") {
  list const l{-1, -2, -3}, a{1, -2, 0.5};
  auto const on = value_and_grad(ppo_clip{}, view_of_list(l), view_of_list(l), view_of_list(a));
  for (std::size_t i = 0; i < 3; ++i) CHECK(on.gradient[i] == Approx(-a[i] / 3));
  auto const one = [](double log_ratio, double advantage) {
    list const p{log_ratio - 9}, old{-9}, adv{advantage};
    return value_and_grad(ppo_clip{.low = 0.2, .high = 0.28}, view_of_list(p), view_of_list(old), view_of_list(adv));
  };
  CHECK(one(std::log(1.3), 1).gradient[0] == 0);
  CHECK(one(std::log(1.25), 1).gradient[0] == Approx(-1.25));
  CHECK(one(std::log(0.7), -1).gradient[0] == 0);
  CHECK(one(std::log(0.7), 1).value == Approx(-0.7));
  CHECK(one(std::log(5), -1).value == Approx(5));
  for (double x : {-5000.0, 5000.0})
    for (double adv : {-1.0, 1.0}) CHECK(finite_bits(one(x, adv).value));
  std::vector<unsigned char> const off{0, 0, 0}, some{1, 0, 1};
  CHECK(value_and_grad(ppo_clip{}, view_of_list(l), view_of_list(l), view_of_list(a), off).value == 0);
  CHECK(value_and_grad(ppo_clip{}, view_of_list(l), view_of_list(l), view_of_list(a), some).value == Approx(-0.75));
  CHECK_THROWS_AS(value_and_grad(ppo_clip{.low = 1.5}, view_of_list(l), view_of_list(l), view_of_list(a)), error);
  CHECK_THROWS_AS(value_and_grad(ppo_clip{}, view_of_list(l), view_of_list(l), view_of_list(a).first(2)), error);
}

TEST_CASE("ppo_clip: what is off may hold anything; extreme ratios and advantages stay numbers", "[loss]") {
  list p{-1, quiet_nan<double>(), -3}, old{-1.5, inf, -3}, a{1, quiet_nan<double>(), -2};
  std::vector<unsigned char> const some{1, 0, 1};
  auto const r = value_and_grad(ppo_clip{}, view_of_list(p), view_of_list(old), view_of_list(a), some);
  CHECK(r.value == Approx((-1.2 + 2) / 2));
  CHECK(r.gradient[1] == 0);
  CHECK_THROWS_AS(value_and_grad(ppo_clip{}, view_of_list(p), view_of_list(old), view_of_list(a)), error);
  for (double adv : {-1e6, 1e6, -1e300})
    for (double ratio : {1000.0, -1000.0}) {
      list const up{ratio - 1}, was{-1}, one{adv};
      auto const x = value_and_grad(ppo_clip{}, view_of_list(up), view_of_list(was), view_of_list(one));
      CHECK(finite_bits(x.value));
      CHECK(finite_bits(x.gradient[0]));
      if (ratio > 0 && adv < 0) CHECK(x.value == Approx(std::exp(700.0)).epsilon(1e-10));
    }
}

TEST_CASE("ppo_clip: means over tokens, answers or a constant; a ratio of the answer moves all its tokens", "[loss]") {
  numbers const p = log_probabilities(3, 4, 8, 0.1), old = log_probabilities(3, 4, 9, 0.1);
  list const adv{1, -0.5, 2};
  std::vector<unsigned char> const on{1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0};
  auto const rows = value_and_grad(ppo_clip{}, p, old, view_of_list(adv), on).rows;
  double tokens = 0, answers = 0;
  for (std::size_t k = 0; k < 12; ++k) tokens += rows[k] / 6, answers += rows[k] / (k < 4 ? 2 : 4) / 3;
  CHECK(value_and_grad(ppo_clip{}, p, old, view_of_list(adv), on).value == Approx(tokens));
  CHECK(value_and_grad(ppo_clip{.over = mean_over::answers}, p, old, view_of_list(adv), on).value == Approx(answers));
  CHECK(value_and_grad(ppo_clip{.over = mean_over::constant, .divisor = 12}, p, old, view_of_list(adv), on).value == Approx(tokens / 2));
  for (auto level : {ratio_of::token, ratio_of::geomean, ratio_of::sequence})
    for (auto over : {mean_over::tokens, mean_over::answers, mean_over::constant}) {
      ppo_clip const o{.low = 0.9, .high = 9, .over = over, .level = level, .divisor = 5};
      auto const r = value_and_grad(o, p, old, view_of_list(adv), on);
      for (idx k = 0; k < 12; ++k) {
        numbers moved = p;
        auto const at = [&](double x) {
          return moved.data()[k] = p.data()[k] + x, value_and_grad(o, moved, old, view_of_list(adv), on).value;
        };
        CHECK(r.gradient[std::size_t(k)] == Approx((at(1e-5) - at(-1e-5)) / 2e-5).epsilon(1e-7).margin(1e-10));
      }
    }
  CHECK_THROWS_AS(value_and_grad(ppo_clip{.over = mean_over::constant, .divisor = 0}, p, old, view_of_list(adv)), error);
  CHECK_THROWS_AS(value_and_grad(ppo_clip{.width = 2}, view_of_list(adv), view_of_list(adv), view_of_list(adv)), error);
  CHECK(value_and_grad(ppo_clip{.over = mean_over::answers}, numbers(0, 4), numbers(0, 4), view_of_list()).value == 0);
}

TEST_CASE("grpo_advantages: rewards one rounding apart, and a whole double apart", "[loss]") {
  numbers x(1, 3);
  x << 0.3, 0.1 + 0.2, 0.3;
  numbers const close = grpo_advantages(x, {.eps = 0});
  double const want[] = {-0.5773502691896258, 1.1547005383792515, -0.5773502691896258};
  for (idx j = 0; j < 3; ++j) CHECK(close(0, j) == Approx(want[j]).epsilon(1e-12));
  x << -1.7e308, 1.7e308, -1.7e308;
  numbers const wide = grpo_advantages(x);
  for (idx j = 0; j < 3; ++j) CHECK(wide(0, j) == Approx(want[j]).epsilon(1e-12));
  CHECK_THROWS_AS(grpo_advantages(x, {.scale = false}), error);
  x << 0, 3e-310, 0;
  if (has_denormals()) CHECK(grpo_advantages(x, {.scale = false})(0, 1) == Approx(2e-310).epsilon(1e-9));
  x << 1, 2, 6;
  CHECK(grpo_advantages(x, {.scale = false})(0, 2) == Approx(3));
  CHECK(grpo_advantages(x, {.eps = 0.5})(0, 2) == Approx(3 / (std::sqrt(7.0) + 0.5)));
}

TEST_CASE("grpo_advantages: rows sum to 0; shifts change nothing, scales only by eps; equal rewards say nothing", "[loss]") {
  numbers const x = log_probabilities(4, 6, 3);
  numbers const a = grpo_advantages(x), up = grpo_advantages((x.array() + 3).matrix().eval()),
                wide = grpo_advantages((10 * x).eval(), {.eps = 0}), exact = grpo_advantages(x, {.eps = 0});
  for (idx i = 0; i < 4; ++i) {
    CHECK(a.row(i).sum() == Approx(0).margin(1e-13));
    CHECK(exact.row(i).squaredNorm() == Approx(5));
    CHECK(grpo_advantages(x, {.eps = 0, .ddof = 0}).row(i).squaredNorm() == Approx(6));
  }
  CHECK((a - up).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((wide - exact).cwiseAbs().maxCoeff() < 1e-12);
  CHECK(grpo_advantages(numbers::Constant(2, 5, 0.1).eval(), {.eps = 0}).cwiseAbs().maxCoeff() == 0);
  CHECK(grpo_advantages(numbers::Constant(3, 1, 0.1).eval(), {.eps = 0, .ddof = 0}).cwiseAbs().maxCoeff() == 0);
  numbers holes = numbers::Constant(1, 4, quiet_nan<double>());
  CHECK(grpo_advantages(holes).cwiseAbs().maxCoeff() == 0);
  holes(0, 1) = 1, holes(0, 3) = 3;
  numbers const h = grpo_advantages(holes, {.eps = 0, .ddof = 0});
  CHECK(h(0, 0) == 0);
  CHECK(h(0, 1) == Approx(-1));
  CHECK(h(0, 3) == Approx(1));
  holes(0, 0) = inf;
  CHECK_THROWS_AS(grpo_advantages(holes), error);
  CHECK_THROWS_AS(grpo_advantages(x, {.ddof = 2}), error);
}

TEST_CASE("step_advantages: they telescope, and the pit is the first of the lowest values", "[loss]") {
  list const q{0.6, 0.2, 0.8, 0.2};
  auto const r = step_advantages(view_of_list(q), 0.5);
  double sum = 0;
  for (double a : r.advantage) sum += a;
  CHECK(sum == Approx(0.2 - 0.5));
  CHECK(r.first_pit == 1);
  CHECK(step_advantages(view_of_list(), 0.5).first_pit == -1);
  list const lost{minus_infinity<double>(), -1}, weights{0, 2};
  CHECK(advantage_weighted_nll(weights, view_of_list(lost)).value == 1);
  list const little{1e-25, 0}, less{-1e-25, 0};
  CHECK(advantage_weighted_nll(little, view_of_list(lost)).value == inf);
  CHECK(advantage_weighted_nll(less, view_of_list(lost)).value == -inf);
  CHECK_THROWS_AS(step_advantages(view_of_list(q), inf), error);
  CHECK_THROWS_AS(advantage_weighted_nll(weights, view_of_list(q)), error);
}

TEST_CASE("token_topk_mask: as many as asked for, ties to the lower index, only among the tokens that are on", "[loss]") {
  numbers const ones = numbers::Ones(5, 6);
  auto const tied = token_topk_mask(ones, ones, 0.1);
  CHECK(tied.kept == 3);  // 0.1 * 30 is a little more than 3
  for (std::size_t k = 0; k < 30; ++k) CHECK(tied.mask[k] == (k < 3));
  std::vector<unsigned char> on(30, 0);
  on[7] = on[9] = on[20] = 1;
  auto const some = token_topk_mask(ones, ones, 0.5, on);
  CHECK(some.kept == 2);
  CHECK((some.mask[7] == 1 && some.mask[9] == 1 && some.mask[20] == 0));
  CHECK(token_topk_mask(ones, ones, 0.5, std::vector<unsigned char>(30, 0)).kept == 0);
  CHECK(token_topk_mask((-ones).eval(), ones, 1e-9).kept == 1);
  CHECK_THROWS_AS(token_topk_mask(ones, ones, 0), error);
  CHECK_THROWS_AS(token_topk_mask(ones, numbers(5, 5), 0.5), error);
  numbers padded = ones;  // what is off may hold anything
  padded(0, 0) = quiet_nan<double>(), padded(4, 5) = inf;
  auto const beside = token_topk_mask(padded, ones, 0.5, on);
  CHECK((beside.mask == some.mask && beside.key(0, 0) == 0 && beside.key(4, 5) == 0));
  on[0] = 1;
  CHECK_THROWS_AS(token_topk_mask(padded, ones, 0.5, on), error);
  CHECK_THROWS_AS(token_topk_mask(padded, ones, 0.5), error);
}

TEST_CASE("tilt: sums to 1, keeps p for a large beta and takes the best for a tiny one", "[loss]") {
  list const p{std::log(0.5), std::log(0.3), std::log(0.2), minus_infinity<double>()}, gain{1, 4, 4, 9};
  for (double beta : {1e-300, 1e-3, 0.7, 1e9}) {
    double sum = 0;
    for (double x : tilt(view_of_list(p), beta, view_of_list(gain))) sum += finite_bits(x) ? std::exp(x) : 0;
    CHECK(sum == Approx(1));
  }
  auto const cold = tilt(view_of_list(p), 1e-300, view_of_list(gain)), warm = tilt(view_of_list(p), 1e12),
             sharp = tilt(view_of_list(p), 1.0);
  CHECK(cold[1] == Approx(std::log(0.6)));  // ties share as they did
  CHECK(cold[2] == Approx(std::log(0.4)));
  CHECK((std::exp(cold[0]) == 0 && !finite_bits(cold[3]) && cold[3] < 0));
  for (std::size_t i = 0; i < 3; ++i) CHECK(warm[i] == Approx(p[i]));
  CHECK(sharp[0] - sharp[1] == Approx(2 * (p[0] - p[1])));
  CHECK(tilt(view_of_list(p).subspan(3), 1.0)[0] < 0);
  CHECK(tilt(view_of_list(), 1.0).empty());
  list const awful(4, -1e200);
  for (std::size_t i = 0; i < 3; ++i) CHECK(tilt(view_of_list(p), 1.0, view_of_list(awful))[i] == Approx(p[i]));
  CHECK_THROWS_AS(tilt(view_of_list(p), 0.0), error);
  CHECK_THROWS_AS(tilt(view_of_list(p), 1.0, view_of_list(p)), error);
}

TEST_CASE("ppo_clip: a two-sided bound caps what a bad answer costs, and ends its gradient", "[loss]") {
  auto const one = [](ppo_clip o, double ratio, double advantage) {
    list const p{std::log(ratio) - 9}, old{-9}, adv{advantage};
    return value_and_grad(o, view_of_list(p), view_of_list(old), view_of_list(adv));
  };
  CHECK(one({}, 5, -1).value == Approx(5));
  CHECK(one({.max_ratio = 3}, 5, -1).value == Approx(3));
  CHECK(one({.max_ratio = 3}, 5, -1).gradient[0] == 0);
  CHECK(one({.max_ratio = 3}, 2.5, -1).gradient[0] == Approx(2.5));
  CHECK(one({.max_ratio = 3}, 5, 1).value == Approx(-1.2));
  CHECK(one({.max_ratio = 1.1}, 1.15, 1).value == Approx(-1.1));  // below 1 + high it acts in its place
  CHECK(one({.max_ratio = 1.1}, 1.15, -1).gradient[0] == Approx(1.15));
  CHECK_THROWS_AS(one({.max_ratio = 0}, 1, 1), error);
}

TEST_CASE("cispo: every token keeps a gradient; sapo, vespo: slope 1 at ratio 1, fading on both sides", "[loss]") {
  auto const one = [](auto o, double ratio, double advantage) {
    list const p{std::log(ratio) - 2}, old{-2}, adv{advantage};
    return value_and_grad(o, view_of_list(p), view_of_list(old), view_of_list(adv));
  };
  CHECK(one(cispo{.max_ratio = 3}, 50, 2).gradient[0] == Approx(-6));
  CHECK(one(cispo{.max_ratio = 3}, 0.5, 2).gradient[0] == Approx(-1));
  CHECK(one(cispo{.max_ratio = 3}, 50, 2).value == Approx(-6 * (std::log(50) - 2)));
  for (double a : {1.0, -2.0}) {
    CHECK(one(sapo{}, 1, a).gradient[0] == Approx(-a));
    double before = 1;
    for (double ratio : {2.0, 4.0, 8.0, 1e300}) {
      double const slope = std::abs(one(sapo{}, ratio, a).gradient[0]) / ratio / std::abs(a);
      CHECK(slope < before);
      before = slope;
    }
    CHECK(one(sapo{.positive = 2, .negative = 0.5}, 1e9, a).value == Approx(a > 0 ? -2 * a : -8 * a));
  }
  CHECK(one(vespo{}, 1, 2).gradient[0] == Approx(-2));
  CHECK(one(vespo{}, 0.5, 2).gradient[0] == Approx(-2 * 0.25 * std::exp(1.5)));
  CHECK(one(vespo{}, 2, -1).gradient[0] == Approx(8 * std::exp(-2)));
  CHECK(one(vespo{}, 1e9, -1).gradient[0] == 0);
  list const gone{minus_infinity<double>()}, old{-1}, a{1};
  for (double x : {value_and_grad(vespo{}, view_of_list(gone), view_of_list(old), view_of_list(a)).gradient[0],
                   value_and_grad(cispo{}, view_of_list(gone), view_of_list(old), view_of_list(a)).value,
                   value_and_grad(sapo{}, view_of_list(gone), view_of_list(old), view_of_list(a)).value})
    CHECK(finite_bits(x));
  CHECK_THROWS_AS(one(cispo{.max_ratio = -1}, 1, 1), error);
  CHECK_THROWS_AS(one(sapo{.positive = 0}, 1, 1), error);
  CHECK_THROWS_AS(one(vespo{.k_negative = -1}, 1, 1), error);
}

TEST_CASE("surrogates: gradients at every level and mean, with a KL and without", "[loss]") {
  numbers const p = log_probabilities(3, 4, 8, 0.3), old = log_probabilities(3, 4, 9, 0.3), ref = log_probabilities(3, 4, 10, 0.3);
  list const adv{1, -0.5, 2}, flat(ref.data(), ref.data() + 12);
  std::vector<unsigned char> const on{1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0};
  auto const check = [&](auto o) {
    auto const of = [&](numbers const& at) {
      return value_and_grad(o, at, old, view_of_list(adv), on, view_of_list(flat).first(o.kl > 0 ? 12 : 0));
    };
    auto const r = of(p);
    for (idx k = 0; k < 12; ++k) {
      numbers moved = p;
      auto const at = [&](double x) { return moved.data()[k] = p.data()[k] + x, of(moved).value; };
      CHECK(r.gradient[std::size_t(k)] == Approx((at(1e-5) - at(-1e-5)) / 2e-5).epsilon(1e-6).margin(1e-9));
    }
  };
  for (auto level : {ratio_of::token, ratio_of::geomean, ratio_of::sequence})
    for (auto over : {mean_over::tokens, mean_over::answers, mean_over::constant})
      for (double kl : {0.0, 0.7})
        for (bool by_ratio : {false, true}) {
          check(ppo_clip{.over = over, .level = level, .divisor = 5, .max_ratio = 1.1, .kl = kl, .kl_by_ratio = by_ratio});
          check(sapo{.over = over, .level = level, .divisor = 5, .kl = kl, .kl_by_ratio = by_ratio});
        }
}

TEST_CASE("surrogates: the KL is 0 at the reference, never negative, and needs one", "[loss]") {
  list const p{-1, -2, -3}, old{-1, -2, -3}, a{0, 0, 0}, ref{-1, -0.5, -4}, gone{-1, minus_infinity<double>(), -3};
  ppo_clip const o{.kl = 0.5};
  auto const run = [&](ppo_clip const& with, list const& at, view_of_list of) {
    return value_and_grad(with, view_of_list(at), view_of_list(old), view_of_list(a), {}, of);
  };
  auto const r = run(o, p, ref);
  CHECK(r.rows[0] == 0);
  CHECK(r.rows[1] == Approx(0.5 * (std::exp(1.5) - 2.5)));
  CHECK(r.rows[2] > 0);
  CHECK(says(refusal([&] { run(o, p, {}); }), {"ppo_clip: ref (kl > 0)", "3"}));
  CHECK(says(refusal([&] { run({}, p, ref); }), {"ppo_clip: ref (kl = 0)"}));
  CHECK(says(refusal([&] { run(o, gone, ref); }), {"ppo_clip: logp", "position 1"}));
  CHECK_THROWS_AS(run({.kl = -1}, p, ref), error);
}
