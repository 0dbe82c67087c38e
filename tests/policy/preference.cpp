// SPDX-License-Identifier: BSD-3-Clause
// What the preference losses promise beyond their values: limits, symmetries, impossible answers, refusals.
// Tests policy/preference.hpp.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/random.hpp"
#include "foil/policy/alphapo.hpp"
#include "foil/policy/aot.hpp"
#include "foil/policy/apo.hpp"
#include "foil/policy/dpo.hpp"
#include "foil/policy/exo.hpp"
#include "foil/policy/f_divergence.hpp"
#include "foil/policy/ipo.hpp"
#include "foil/policy/kto.hpp"
#include "foil/policy/nca.hpp"
#include "foil/policy/orpo.hpp"
#include "foil/policy/redi.hpp"
#include "foil/policy/simpo.hpp"

namespace {

using namespace foil;
using namespace foil::loss;
using list = std::vector<double>;

constexpr idx B = 7;
double const inf = infinity<double>();

list log_probabilities(std::uint64_t seed, double scale = 5) {
  random_stream r(seed, purpose::user);
  list x;
  for (idx i = 0; i < B; ++i) x.push_back(-std::abs(scale * r.normal()) - 0.01);
  return x;
}
list const lw = log_probabilities(1), ll = log_probabilities(2), rw = log_probabilities(3), rl = log_probabilities(4),
           gw = log_probabilities(5), gl = log_probabilities(6);
std::vector<idx> const nw{3, 1, 9, 0, 4, 2, 7}, nl{5, 2, 1, 6, 0, 3, 8};

/// What a loss asks for is given to it, nothing else.
template <class L>
preference_outcome<double> of(L const& loss, list const& w, list const& l, list const& w0 = rw, list const& l0 = rl) {
  std::size_t const n = w.size();
  auto const some = [n](auto const& x, bool wanted) { return std::span(x).first(wanted ? n : 0); };
  pair_terms const t = loss.terms();
  return value_and_grad(loss, preference_pairs<double>{w, l, some(w0, t.reference), some(l0, t.reference), some(nw, t.per_token),
                                                       some(nl, t.per_token), some(gw, t.rewards), some(gl, t.rewards)});
}
/// Calls f with each preference loss whose cost of an impossible chosen answer has no bound.
template <class F>
void each(F f) {
  f(dpo{.per_token = true}), f(nca_pair{}), f(bco_pair{}), f(bco_pair{.shift = 0.3}), f(sppo_hard{}), f(discopop{}), f(discopop{.tau = 1});
  f(alphapo{}), f(alphapo{.alpha = 0}), f(f_divergence{ipo{}, reference_divergence::js});
  f(f_divergence{dpo{}, reference_divergence::js}), f(f_divergence{dpo{}, reference_divergence::forward_kl}), f(f_divergence{dpo{}});
  f(dpo{}), f(cdpo{.flipped = 0.2}), f(rdpo{.flipped = 0.2}), f(hinge_preference{}), f(ipo{}), f(ipo{.per_token = true});
  f(sharpen_regression{}), f(simpo{}), f(orpo{}), f(redi{}), f(redi{.gamma = 0.5});
}
list shifted(list x, double by) {
  for (double& v : x) v += by;
  return x;
}

}  // namespace

TEST_CASE("preference losses: of the difference alone, the two gradients are opposite, and references cancel", "[loss]") {
  auto const check = [](auto const& loss) {
    auto const r = of(loss, lw, ll), moved = of(loss, shifted(lw, -3), ll, shifted(rw, -3), rl);
    for (std::size_t i = 0; i < std::size_t(B); ++i) {
      CHECK(r.chosen[i] == -r.rejected[i]);
      CHECK(moved.pairs[i] == Approx(r.pairs[i]).epsilon(1e-12));
    }
  };
  check(dpo{}), check(cdpo{.flipped = 0.2}), check(rdpo{.flipped = 0.2}), check(hinge_preference{}), check(ipo{}),
      check(sharpen_regression{});
}

TEST_CASE("dpo: log 2 without a difference; cdpo and rdpo with no flips are dpo; only beta h counts", "[loss]") {
  auto const equal = of(dpo{.beta = 0.3}, lw, lw, rw, rw);
  for (double x : equal.pairs) CHECK(x == Approx(std::log(2.0)));
  for (double x : equal.chosen) CHECK(x == Approx(-0.15 / double(B)));
  auto const d = of(dpo{}, lw, ll);
  CHECK(of(cdpo{}, lw, ll).pairs == d.pairs);
  CHECK(of(rdpo{}, lw, ll).chosen == d.chosen);
  list w = lw, l = ll, w0 = rw, l0 = rl;
  for (list* x : {&w, &l, &w0, &l0})
    for (double& v : *x) v /= 4;
  CHECK(of(dpo{.beta = 0.4}, w, l, w0, l0).value == Approx(d.value).epsilon(1e-13));
}

TEST_CASE("cdpo: least where sigmoid(beta h) is one less the flipped share; ipo where h is 1 / (2 beta)", "[loss]") {
  double const flipped = 0.2, h = std::log((1 - flipped) / flipped) / 0.1;
  CHECK(of(cdpo{.flipped = flipped}, {h}, {0.0}, {0.0}, {0.0}).chosen[0] == Approx(0).margin(1e-15));
  CHECK(of(ipo{}, {5.0}, {0.0}, {0.0}, {0.0}).value == Approx(0).margin(1e-25));
  CHECK(of(hinge_preference{}, {10.0}, {0.0}, {0.0}, {0.0}).chosen[0] == 0);  // the kink
}

TEST_CASE("simpo with a small beta pulls as redi with alpha 1; redi with alpha 0 is likelihood of the chosen", "[loss]") {
  double const beta = 1e-6;
  auto const s = of(simpo{.beta = beta, .gamma = 0}, lw, ll), r = of(redi{.alpha = 1}, lw, ll), sft = of(redi{.alpha = 0}, lw, ll);
  double mean = 0;
  for (std::size_t i = 0; i < std::size_t(B); ++i) {
    CHECK(s.chosen[i] / (beta / 2) == Approx(r.chosen[i]).epsilon(1e-4));
    CHECK(s.rejected[i] / (beta / 2) == Approx(r.rejected[i]).epsilon(1e-4));
    CHECK(sft.rejected[i] == 0);
    mean -= lw[i] / double((std::max)(nw[i], idx(1))) / double(B);
  }
  CHECK(sft.value == Approx(mean));
  // the soft taper turns at b = -1 / gamma
  auto const at = [](double b) { return of(redi{.gamma = 0.5}, {-1.0}, {5 * b}).rejected[0]; };
  CHECK(at(-1.9) > 0);
  CHECK(at(-2.1) < 0);
}

TEST_CASE("preference losses: ten thousand nats apart nothing overflows, in float and in double", "[loss]") {
  each([](auto const& loss) {
    INFO(loss.name);
    for (double a : {-1e4, -0.5})
      for (double b : {-1e4, -0.5}) {
        auto const r = of(loss, {a}, {b}, {-1.0}, {-1.0});
        for (double x : {r.value, r.chosen[0], r.rejected[0]}) CHECK(finite_bits(x));
        std::vector<float> const w{float(a)}, l{float(b)}, one{-1.0f};
        std::vector<idx> const n{1};
        pair_terms const t = loss.terms();
        auto const some = [](auto const& x, bool wanted) { return std::span(x).first(wanted ? 1 : 0); };
        auto const f =
            value_and_grad(loss, preference_pairs<float>{w, l, some(one, t.reference), some(one, t.reference), some(n, t.per_token),
                                                         some(n, t.per_token), some(one, t.rewards), some(one, t.rewards)});
        for (float x : {f.value, f.chosen[0], f.rejected[0]}) CHECK(finite_bits(x));
      }
  });
}

TEST_CASE("preference losses: an impossible chosen answer costs +inf, two impossible ones are undefined", "[loss]") {
  each([](auto const& loss) {
    INFO(loss.name);
    auto const r = of(loss, {minus_infinity<double>(), -1.0}, {-2.0, -2.0});
    CHECK((!finite_bits(r.pairs[0]) && r.pairs[0] > 0));
    CHECK(finite_bits(r.pairs[1]));
    CHECK((!finite_bits(r.value) && !nan_bits(r.value)));
    CHECK(!nan_bits(r.chosen[0]));
    auto const both = of(loss, {minus_infinity<double>()}, {minus_infinity<double>()});
    CHECK(nan_bits(both.value));
    CHECK(nan_bits(both.chosen[0]));
  });
  list const lost{minus_infinity<double>()}, one{-1};
  std::vector<idx> const length{2000000}, short_one{1};
  preference_pairs<double> const pair{lost, one, {}, {}, length, short_one, {}, {}}, flipped{one, lost, {}, {}, short_one, length, {}, {}};
  CHECK(value_and_grad(simpo{.beta = 1e-15}, pair).value == inf);  // a long answer, a small factor
  CHECK(value_and_grad(redi{.alpha = 1e-30}, flipped).value == -inf);
  auto const gone = of(dpo{}, {-1.0}, {minus_infinity<double>()});  // what was to become unlikely is
  CHECK(gone.value == 0);
  CHECK(gone.rejected[0] == 0);
}

TEST_CASE("preference losses: no pair costs nothing, and what cannot be meant is refused by name", "[loss]") {
  each([](auto const& loss) {
    INFO(loss.name);
    CHECK(of(loss, {}, {}).value == 0);
    CHECK_THROWS_AS(of(loss, {-1.0, -2.0}, {-1.0}), error);
    CHECK_THROWS_AS(of(loss, {quiet_nan<double>()}, {-1.0}), error);
    CHECK_THROWS_AS(of(loss, {-1.0}, {inf}), error);
  });
  CHECK_THROWS_AS(of(dpo{}, {-1.0}, {-1.0}, {minus_infinity<double>()}), error);
  for (double beta : {0.0, -1.0, inf, quiet_nan<double>()}) {
    CHECK_THROWS_AS(of(dpo{beta}, lw, ll), error);
    CHECK_THROWS_AS(of(ipo{beta}, lw, ll), error);
    CHECK_THROWS_AS(of(simpo{beta}, lw, ll), error);
  }
  CHECK_THROWS_AS(of(cdpo{.flipped = 0.5}, lw, ll), error);
  CHECK_THROWS_AS(of(cdpo{.flipped = -0.1}, lw, ll), error);
  CHECK_THROWS_AS(of(rdpo{.flipped = 0.5}, lw, ll), error);
  CHECK_NOTHROW(of(rdpo{.flipped = 0.7}, lw, ll));
  CHECK_THROWS_AS(of(redi{.gamma = -1}, lw, ll), error);
  std::vector<idx> const negative{-1}, one{1};
  list const x{-1.0};
  CHECK_THROWS_AS(value_and_grad(simpo{}, preference_pairs<double>{x, x, {}, {}, negative, one, {}, {}}), error);
}

TEST_CASE("orpo: an answer of probability 1 is clamped and marked, and its gradient stays tame", "[loss]") {
  auto const r = of(orpo{}, {0.0, -1.0}, {-3.0, 0.0});
  CHECK(r.clamped == 2);
  for (double x : r.chosen) CHECK((finite_bits(x) && std::abs(x) < 10));
  for (double x : r.pairs) CHECK(finite_bits(x));
  CHECK(of(orpo{}, lw, ll).clamped == 0);
}

TEST_CASE("kto: falls with the likelihood of the desirable; a negative reference point counts 0", "[loss]") {
  std::vector<unsigned char> const good{1}, bad{0};
  list const ref{-5.0};
  auto const at = [&](double logp, std::vector<unsigned char> const& which, double kl = 1) {
    list const l{logp};
    return value_and_grad(kto{.kl = kl}, std::span<double const>(l), std::span<double const>(ref), which);
  };
  for (double l = -40; l < 0; l += 4) {
    CHECK(at(l + 1, good).value < at(l, good).value);
    CHECK(at(l + 1, bad).value > at(l, bad).value);
  }
  CHECK(at(-3, good, -7).value == at(-3, good, 0).value);
  CHECK(at(minus_infinity<double>(), good).value == 1);
  CHECK(at(minus_infinity<double>(), bad).value == 0);
  CHECK_THROWS_AS(at(-3, {1, 0}), error);
  CHECK(value_and_grad(kto{}, std::span<double const>(), std::span<double const>(), {}).value == 0);
}

TEST_CASE("orpo: odds are held at probability 1, without a slope there; the likelihood as a mean over tokens", "[loss]") {
  list const w{-1, 0, -2}, l{0, -1, -3};
  std::vector<idx> const one{1, 1, 1};
  auto const r = value_and_grad(orpo{}, preference_pairs<double>{w, l, {}, {}, one, one, {}, {}});
  CHECK(r.clamped == 2);
  CHECK(r.rejected[0] == 0);               // the loss is what it is for any rejected logp above -1e-12
  CHECK(r.chosen[1] == Approx(-1.0 / 3));  // that of the likelihood
  CHECK(r.chosen[0] < 0);
  CHECK(r.rejected[1] > 0);
  for (double x : r.chosen) CHECK(std::abs(x) < 10);

  list const chosen{-1, -18}, rejected{-2, -20};
  std::vector<idx> const n{1, 9}, m{2, 10};
  auto const nll = [&](orpo o) {
    o.lambda = 0;
    return value_and_grad(o, preference_pairs<double>{chosen, rejected, {}, {}, n, m, {}, {}});
  };
  CHECK(nll({}).value == Approx(1.5));
  auto const tokens = nll({.token_mean = true});
  CHECK(tokens.value == Approx(1.9));
  for (double g : tokens.chosen) CHECK(g == Approx(-0.1));
}

TEST_CASE("preference losses: a loss that no double holds is refused by pair", "[loss]") {
  list const w{-1, -1e200}, l{-1, -1};
  CHECK_THROWS_AS(value_and_grad(ipo{}, preference_pairs<double>{w, l, l, l, {}, {}, {}, {}}), error);
  list const far{-1.7e308, -1.7e308}, none{1.7e308, 1.7e308};
  CHECK(
      finite_bits(value_and_grad(kto{}, std::span<double const>(far), std::span<double const>(l), std::vector<unsigned char>{0, 1}).value));
}

namespace {
/// The others.
template <class F>
void each_bounded(F f) {
  f(exo_pair{}), f(exo_pair{.beta = 2, .flipped = 0.2}), f(apo_zero{}), f(apo_down{}), f(alphapo{.alpha = -0.5});
  for (double alpha : {0.0, 0.5, 1.3, 2.0}) f(f_divergence{dpo{0.3}, reference_divergence::alpha, alpha});
}
}  // namespace

TEST_CASE("preference losses: gradients are those of differences of values", "[loss]") {
  auto const check = [](auto const& loss) {
    INFO(loss.name);
    auto const r = of(loss, lw, ll);
    for (std::size_t i = 0; i < std::size_t(B); ++i)
      for (bool chosen : {true, false}) {
        auto const at = [&](double step) {
          list w = lw, l = ll;
          (chosen ? w : l)[i] += step;
          return of(loss, w, l).value;
        };
        double const want = (at(1e-5) - at(-1e-5)) / 2e-5;
        CHECK((chosen ? r.chosen : r.rejected)[i] == Approx(want).epsilon(1e-6).margin(1e-8));
      }
  };
  each(check), each_bounded(check);
}

TEST_CASE("preference losses with a bound: an impossible answer costs a number; two are undefined; refusals", "[loss]") {
  each_bounded([](auto const& loss) {
    INFO(loss.name);
    for (auto const& r :
         {of(loss, {minus_infinity<double>()}, {-2.0}, {-1.0}, {-1.0}), of(loss, {-2.0}, {minus_infinity<double>()}, {-1.0}, {-1.0})}) {
      CHECK(!nan_bits(r.value));
      CHECK(!nan_bits(r.chosen[0]));
      CHECK(!nan_bits(r.rejected[0]));
    }
    CHECK(nan_bits(of(loss, {minus_infinity<double>()}, {minus_infinity<double>()}).value));
    for (double a : {-1e4, -0.5})
      for (double b : {-1e4, -0.5}) {
        auto const r = of(loss, {a}, {b}, {-1.0}, {-1.0});
        for (double x : {r.value, r.chosen[0], r.rejected[0]}) CHECK(finite_bits(x));
      }
    CHECK(of(loss, {}, {}).value == 0);
    CHECK_THROWS_AS(of(loss, {quiet_nan<double>()}, {-1.0}), error);
  });
  CHECK(of(exo_pair{.flipped = 0.01}, {minus_infinity<double>()}, {-1.0}).value == Approx(-std::log(0.01)));
  CHECK_THROWS_AS(of(exo_pair{.flipped = 0}, lw, ll), error);
  CHECK_THROWS_AS(of(discopop{.tau = 0}, lw, ll), error);
}

TEST_CASE("apo, nca, bco, sppo, exo, discopop: where they are least, and where they rest", "[loss]") {
  auto const at = [](auto const& loss, double c, double r) { return of(loss, {c}, {r}, {0.0}, {0.0}); };
  CHECK(at(apo_zero{1}, 0, 0).value == Approx(1));
  CHECK(at(apo_zero{1}, 50, -50).value == Approx(0).margin(1e-15));
  CHECK(at(apo_down{1}, -50, -200).value == Approx(0).margin(1e-15));
  CHECK(at(apo_down{1}, 1, -1).chosen[0] > 0);  // also the chosen falls
  CHECK(at(apo_zero{1}, 1, -1).chosen[0] < 0);
  CHECK(at(nca_pair{1}, 0, 0).value == Approx(2 * std::log(2.0)));
  CHECK(at(nca_pair{1}, std::log(2.0), -3).chosen[0] == Approx(0).margin(1e-15));
  CHECK(at(bco_pair{.beta = 1, .shift = 2}, 2, 2).value == Approx(2 * std::log(2.0)));
  CHECK(at(sppo_hard{0.5}, 1, -1).value == 0);
  CHECK(at(exo_pair{1, 0.1}, std::log(9.0), 0).value == Approx(0).margin(1e-15));
  CHECK(at(exo_pair{1, 0.1}, std::log(9.0), 0).chosen[0] == Approx(0).margin(1e-15));
  // far on either side one of the two shapes is left
  CHECK(at(discopop{1, 0.05}, 3, 0).value == Approx(std::exp(-3.0)));
  CHECK(at(discopop{1, 0.05}, -3, 0).value == Approx(std::log1p(std::exp(3.0))));
}

TEST_CASE("alphapo: alpha 0 is simpo, bit by bit", "[loss]") {
  auto const s = of(simpo{}, lw, ll), a = of(alphapo{.alpha = 0}, lw, ll), near = of(alphapo{.alpha = 1e-9}, lw, ll);
  CHECK(a.pairs == s.pairs);
  CHECK(a.rejected == s.rejected);
  CHECK(near.value == Approx(s.value).epsilon(1e-7));
}

TEST_CASE("f_divergence: reverse KL changes nothing; alpha 0 is forward KL, alpha 1 reverse KL; a clamp is marked", "[loss]") {
  CHECK(of(f_divergence{cdpo{0.2, 0.1}}, lw, ll).pairs == of(cdpo{0.2, 0.1}, lw, ll).pairs);
  auto const forward = of(f_divergence{dpo{}, reference_divergence::forward_kl}, lw, ll),
             zero = of(f_divergence{dpo{}, reference_divergence::alpha, 0}, lw, ll),
             one = of(f_divergence{dpo{}, reference_divergence::alpha, 1}, lw, ll),
             close = of(f_divergence{dpo{}, reference_divergence::alpha, 1 + 1e-9}, lw, ll), plain = of(dpo{}, lw, ll);
  CHECK(zero.pairs == forward.pairs);
  CHECK(zero.chosen == forward.chosen);
  CHECK(one.pairs == plain.pairs);
  CHECK(close.value == Approx(plain.value).epsilon(1e-7));
  // Near the reference all divergences agree to first order.
  for (auto kind : {reference_divergence::forward_kl, reference_divergence::js, reference_divergence::alpha}) {
    double const slope = of(f_divergence{dpo{}, kind}, {-1.0}, {-2.0}, {-1.0}, {-2.0}).chosen[0];
    CHECK(slope == Approx(kind == reference_divergence::js ? -0.025 : -0.05));
  }
  auto const held = of(f_divergence{dpo{}, reference_divergence::alpha, 0.5}, {-200.0}, {-1.0}, {-1.0}, {-1.0});
  CHECK(held.clamped == 1);
  CHECK(held.chosen[0] == 0);
  CHECK(held.rejected[0] > 0);
  CHECK(of(f_divergence{dpo{}, reference_divergence::alpha, 0.5}, {-160.0}, {-1.0}, {-1.0}, {-1.0}).clamped == 0);
  CHECK(says(refusal([] { of(f_divergence{simpo{}}, lw, ll); }), {"f_divergence: ", "simpo"}));
  CHECK(says(refusal([] { of(f_divergence{dpo{-1}}, lw, ll); }), {"f_divergence: ", "loss.beta", "-1"}));
  CHECK(says(refusal([] { of(f_divergence{rdpo{.flipped = 0.5}}, lw, ll); }), {"rdpo: ", "0.5"}));
  CHECK(says(refusal([] { of(f_divergence{dpo{}, reference_divergence::alpha, 1e3}, lw, ll); }), {"f_divergence: ", "alpha"}));
}

TEST_CASE("aot: the order of pairs is nothing to it; where all pairs are alike it is cdpo; gradients reach the owner", "[loss]") {
  auto const run = [](aot o, list const& w, list const& l, list const& w0 = rw, list const& l0 = rl) {
    return value_and_grad(o, preference_pairs<double>{w, l, w0, l0, {}, {}, {}, {}});
  };
  auto const turned = [](list x) {
    std::reverse(x.begin(), x.end());
    return x;
  };
  for (bool unpaired : {false, true}) {
    aot const o{.beta = 0.3, .flipped = 0.1, .unpaired = unpaired};
    auto const r = run(o, lw, ll);
    // Any pairing of chosen with rejected is one to the unpaired form; in the paired form policy and reference part.
    auto const moved = unpaired ? run(o, lw, turned(ll), rw, turned(rl)) : run(o, lw, ll, turned(rw), turned(rl));
    CHECK(moved.value == Approx(r.value).epsilon(1e-14));
    for (std::size_t i = 0; i < std::size_t(B); ++i) {
      CHECK(moved.chosen[i] == Approx(r.chosen[i]).epsilon(1e-12));
      auto const at = [&](double step) {
        list w = lw;
        w[i] += step;
        return run(o, w, ll).value;
      };
      CHECK(r.chosen[i] == Approx((at(1e-5) - at(-1e-5)) / 2e-5).epsilon(1e-6).margin(1e-9));
    }
    // sorting by hand
    list a, b;
    for (std::size_t i = 0; i < std::size_t(B); ++i)
      a.push_back(unpaired ? lw[i] - rw[i] : lw[i] - ll[i]), b.push_back(unpaired ? ll[i] - rl[i] : rw[i] - rl[i]);
    std::sort(a.begin(), a.end()), std::sort(b.begin(), b.end());
    CHECK(of(cdpo{0.3, 0.1}, a, b, list(a.size()), list(a.size())).value == Approx(r.value).epsilon(1e-13));
    CHECK(run(o, {}, {}, {}, {}).value == 0);
    CHECK_THROWS_AS(run(o, lw, {-1.0}), error);
    CHECK(says(refusal([&] { run(o, {quiet_nan<double>()}, {-1.0}, {-1.0}, {-1.0}); }), {"aot: chosen"}));
    CHECK(says(refusal([&] { run({.beta = -1}, lw, ll); }), {"aot: beta"}));
  }
  list const same(std::size_t(B), -2.0);
  CHECK(run({.beta = 0.1}, same, same, same, same).value == Approx(std::log(2.0)));
}
TEST_CASE("preference losses: lengths of another number than the pairs are refused, also where they do not count", "[loss]") {
  list const c{-1, -2}, r{-2, -1};
  std::vector<int> const two{1, 2}, three{1, 2, 3};
  preference_pairs<double> p;
  p.chosen = p.ref_chosen = c, p.rejected = p.ref_rejected = r;
  p.length_chosen = two;
  CHECK(value_and_grad(dpo{}, p).value == Approx(std::log(2)));
  p.length_chosen = three;
  CHECK(says(refusal([&] { value_and_grad(dpo{}, p); }), {"dpo: length_chosen must have 2 elements, got 3"}));
  CHECK(says(refusal([&] { value_and_grad(aot{}, p); }), {"aot: length_chosen must have 2 elements, got 3"}));
  p.length_chosen = two, p.reward_chosen = c;
  CHECK(says(refusal([&] { value_and_grad(dpo{}, p); }), {"dpo: reward_chosen must have 0 elements, got 2"}));
  CHECK(says(refusal([&] { value_and_grad(aot{}, p); }), {"aot: reward_chosen must have 0 elements, got 2"}));
}
