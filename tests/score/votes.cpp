// SPDX-License-Identifier: BSD-3-Clause
// Choosing among answers and estimating how often that is right: against all subsets, orders and monotone maps.
// Tests score/ranking.hpp, score/weibull_mixture.hpp.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/random.hpp"
#include "foil/score/adaptive_stop.hpp"
#include "foil/score/bon_at_k.hpp"
#include "foil/score/borda_vote.hpp"
#include "foil/score/imperfect_verifier.hpp"
#include "foil/score/maj_at_k.hpp"
#include "foil/score/medoid.hpp"
#include "foil/score/pass_at_k.hpp"
#include "foil/score/prune_keep.hpp"
#include "foil/score/rpc.hpp"

namespace {

using namespace foil;

std::vector<double> random_list(idx n, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  std::vector<double> x;
  for (idx i = 0; i < n; ++i) x.push_back(r.uniform());
  return x;
}
std::vector<idx> random_answers(idx n, std::uint64_t seed) {
  random_stream r(seed, purpose::sample);
  std::vector<idx> a;
  for (idx i = 0; i < n; ++i) a.push_back(r.below(5) - 1);
  return a;
}
double sum(std::vector<double> const& x) {
  double s = 0;
  for (double v : x) s += v;
  return s;
}
double choose(idx n, idx k) {
  double c = k < 0 || k > n ? 0 : 1;
  for (idx i = 0; i < k && c > 0; ++i) c = c * double(n - i) / double(i + 1);
  return c;
}
/// Calls f(subset of 0 .. n-1 of size k).
template <class F>
void each_subset(idx n, idx k, F f) {
  for (unsigned bits = 0; bits < (1u << n); ++bits) {
    std::vector<idx> s;
    for (idx i = 0; i < n; ++i)
      if (bits & (1u << i)) s.push_back(i);
    if (idx(s.size()) == k) f(s);
  }
}

}  // namespace

TEST_CASE("best_of_n: strictly increasing maps of the scores do not change the pick", "[score]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<double> const s = random_list(17, seed);
    std::vector<double> mapped;
    for (double x : s) mapped.push_back(std::exp(3 * x) - 100);
    CHECK(score::best_of_n(s).index == score::best_of_n(mapped).index);
  }
}

TEST_CASE("best_of_n: undefined scores never win, and ties, zeros, lists of none and one are settled", "[score]") {
  double const nan = quiet_nan<double>(), inf = infinity<double>();
  CHECK(score::best_of_n(std::vector<double>{}).index == -1);
  CHECK(score::best_of_n(std::vector<double>{5}).index == 0);
  CHECK(score::best_of_n(std::vector<double>{nan, nan}).index == -1);
  CHECK(score::best_of_n(std::vector<double>{nan, nan}).undefined == 2);
  CHECK(score::best_of_n(std::vector<double>{nan, -inf, 1, inf, inf}).index == 3);
  CHECK(score::best_of_n(std::vector<double>{-0.0, 0.0}).index == 0);
  CHECK(score::best_of_n(std::vector<float>{2, 3, 1}, std::vector<unsigned char>{1, 0, 1}).index == 0);
  CHECK(score::best_of_n(std::vector<float>{2, 3, 1}, std::vector<unsigned char>{0, 0, 0}).index == 1);
  CHECK(score::best_of_n(std::vector<double>{nan, 3, 1}, std::vector<unsigned char>{1, 0, 1}).index == 2);
  CHECK(score::best_of_n(std::vector<double>{nan, 3, 1}, std::vector<unsigned char>{1, 0, 0}).index == 1);
  CHECK_THROWS_AS(score::best_of_n(std::vector<float>{2, 3}, std::vector<unsigned char>{1}), error);
  std::vector<std::vector<double>> const things = {{1, 2}, {4}, {0, 0, 0}};
  CHECK(score::best_of_n(things, [](std::vector<double> const& x) { return sum(x); }).index == 1);
  CHECK(score::ranking(std::vector<double>{nan, -inf, 2, 2, inf}) == std::vector<idx>{4, 2, 3, 1, 0});
}

TEST_CASE("best_of_n_kl_bound: 0 for one sample, and what n samples without ties are worth", "[score]") {
  CHECK(score::best_of_n_kl_bound(1) == 0);
  CHECK(score::best_of_n_kl_bound(64) == Approx(std::log(64.0) - 63.0 / 64));
  CHECK_THROWS_AS(score::best_of_n_kl_bound(0), error);
}

TEST_CASE("vote: scaling weights and duplicating candidates keep the pick, shares sum to 1", "[score]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<idx> const a = random_answers(15, seed);
    std::vector<double> const w = random_list(15, seed);
    auto const v = score::vote(a, w);
    std::vector<double> scaled = w, twice = w;
    for (double& x : scaled) x *= 4;
    twice.insert(twice.end(), w.begin(), w.end());
    std::vector<idx> both = a;
    both.insert(both.end(), a.begin(), a.end());
    CHECK(score::vote(a, scaled).pick_answer == v.pick_answer);
    CHECK(score::vote(both, twice).pick_answer == v.pick_answer);
    CHECK(sum(v.share) == Approx(1));
    double answered = 0;
    for (std::size_t i = 0; i < a.size(); ++i) answered += a[i] >= 0 ? w[i] : 0;
    CHECK(sum(v.totals) == Approx(answered));
    CHECK(v.unanswered == std::count(a.begin(), a.end(), -1));
  }
  CHECK(score::vote({}).pick_answer == -1);
  auto const zero = score::vote(std::vector<idx>{4, 2}, std::vector<double>{0, 0});
  CHECK(zero.pick_answer == 4);
  CHECK(nan_bits(zero.share[0]));
  auto const mixed = score::vote(std::vector<idx>{4, 4, -1, 2}, std::vector<double>{-1, quiet_nan<double>(), -5, 0.5});
  CHECK(mixed.pick_answer == 2);
  CHECK(mixed.negative == 1);
  CHECK(mixed.undefined == 1);
  CHECK(mixed.totals == std::vector<double>{-1, 0.5});
  CHECK_THROWS_AS(score::vote(std::vector<idx>{4, 2}, std::vector<double>{1}), error);
}

TEST_CASE("borda_weights: votes sum to a constant, whatever the scores and ties", "[score]") {
  for (double power : {0.0, 0.5, 1.0, 3.0}) {
    double constant = 0;
    for (idx r = 1; r <= 12; ++r) constant += std::pow(double(r), power);
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      std::vector<double> s = random_list(12, seed);
      s[3] = s[5] = s[9], s[2] = quiet_nan<double>();
      for (auto ties : {score::rank_ties::stable, score::rank_ties::average})
        CHECK(sum(score::borda_weights(s, {.power = power, .ties = ties})) == Approx(constant));
    }
  }
}

TEST_CASE("borda_weights: many votes near the largest double share their mean", "[score]") {
  std::vector<float> const tied(2000000, 1);
  double const n = 2e6, mean = std::pow(n, 48.2) / 49.2;  // of r^48.2 for r up to n
  CHECK(score::borda_weights(tied, {.power = 48.2, .ties = score::rank_ties::average})[0] == Approx(mean).epsilon(1e-4));
}

TEST_CASE("borda_vote: power 0 is the majority, a large power is Best-of-N, averaged ties ignore the order", "[score]") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<idx> a = random_answers(11, seed);
    std::vector<double> const s = random_list(11, seed + 50);
    CHECK(score::borda_vote(a, s, {.power = 0}).pick_answer == score::vote(a).pick_answer);
    std::vector<unsigned char> answered;
    for (idx x : a) answered.push_back(x >= 0);
    auto const best = score::best_of_n(s, answered);
    for (bool relative : {false, true})
      CHECK(score::borda_vote(a, s, {.power = 250, .relative = relative}).pick_answer == a[std::size_t(best.index)]);
  }
  std::vector<double> const tied = {2, 1, 2, 0}, turned = {0, 2, 1, 2};
  auto const x = score::borda_weights(tied, {.ties = score::rank_ties::average});
  auto const y = score::borda_weights(turned, {.ties = score::rank_ties::average});
  CHECK(x == std::vector<double>{y[1], y[2], y[3], y[0]});
  CHECK_THROWS_AS(score::borda_weights(random_list(64, 1), {.power = 200}), error);
  CHECK(score::borda_weights(random_list(34, 1), {.power = 200}).size() == 34);  // up to 2e306
  std::vector<idx> const alike(300, 7);
  CHECK_THROWS_AS(score::borda_vote(alike, random_list(300, 1), {.power = 124.2}), error);
  CHECK(score::borda_weights(random_list(300, 1), {.power = 124.2}).size() == 300);  // their sum alone is too large
  CHECK(score::borda_vote(alike, random_list(300, 1), {.power = 124}).share[0] == Approx(1));
  CHECK_NOTHROW(score::borda_weights(random_list(64, 1), {.power = 200, .relative = true}));
  CHECK_THROWS_AS(score::borda_weights(tied, {.power = -1}), error);
  CHECK(score::borda_weights(std::vector<double>{}).empty());
}

TEST_CASE("medoid: embeddings in linear time equal their similarity matrix", "[score]") {
  random_stream r(3, purpose::user);
  matrix<double> e(8, 5);
  for (idx i = 0; i < e.size(); ++i) e.data()[i] = r.normal();
  matrix<double> sim(8, 8);
  for (idx i = 0; i < 8; ++i)
    for (idx j = 0; j < 8; ++j) sim(i, j) = e.row(i).dot(e.row(j));
  for (std::vector<double> const& w : {std::vector<double>{}, random_list(8, 4)}) {
    auto const slow = score::medoid(sim, w), fast = score::medoid_of_embeddings(e, w);
    CHECK(slow.pick == fast.pick);
    for (std::size_t i = 0; i < 8; ++i) CHECK(fast.score[i] == Approx(slow.score[i]).margin(1e-12));
  }
  for (std::size_t heavy = 0; heavy < 8; ++heavy) {  // the others are seen behind a row of nearly all weight
    std::vector<double> w(8, std::exp(-38.0));
    w[heavy] = 1;
    auto const slow = score::medoid(sim, w), fast = score::medoid_of_embeddings(e, w);
    CHECK(slow.pick == fast.pick);
    for (std::size_t i = 0; i < 8; ++i) CHECK(fast.score[i] == Approx(slow.score[i]).margin(1e-12));
  }
  sim(2, 3) = quiet_nan<double>();
  CHECK(score::medoid(sim).undefined == 1);
  CHECK(score::medoid(sim).pick != 2);
  CHECK(score::medoid(matrix<float>(0, 0)).pick == -1);
  CHECK_THROWS_AS(score::medoid(matrix<double>(2, 3)), error);
  CHECK_THROWS_AS(score::medoid(matrix<double>::Zero(2, 2).eval(), std::vector<double>{1, -1}), error);
}

TEST_CASE("pass_at_k: k = 1 is the mean, it grows with k, and large n stay exact", "[score]") {
  for (idx c = 0; c <= 12; ++c) {
    CHECK(score::pass_at_k(12, c, 1) == Approx(double(c) / 12).epsilon(1e-14));
    double before = 0;
    for (idx k = 1; k <= 12; ++k) {
      double const p = score::pass_at_k(12, c, k);
      CHECK(p == Approx(1 - choose(12 - c, k) / choose(12, k)).margin(1e-14));
      CHECK(p >= before);
      before = p;
    }
    CHECK(score::pass_at_k(12, c, 12) == (c > 0 ? 1 : 0));
  }
  CHECK(score::pass_at_k(1000000000, 1, 1) == Approx(1e-9).epsilon(1e-13));
  constexpr idx most = std::numeric_limits<idx>::max();
  CHECK(score::pass_at_k(most, 1, most / 2) == Approx(0.5));
  CHECK(nan_bits(score::pass_at_k(3, 1, 0)));
  CHECK(nan_bits(score::pass_at_k(0, 0, 1)));
  CHECK_THROWS_AS(score::pass_at_k(3, 4, 1), error);
}

TEST_CASE("bon_at_k: equals the mean over all subsets; an oracle gives pass@k", "[score]") {
  std::vector<double> const s = {0.5, 0.5, 0.1, 0.9, 0.5, 0.1, 0.7}, v = {1, 0, 3, 4, 5, 6, 2};
  for (idx k = 1; k <= 7; ++k) {
    double all = 0, subsets = 0;
    each_subset(7, k, [&](std::vector<idx> const& set) {
      double top = -1, value = 0, ties = 0;
      for (idx i : set) top = (std::max)(top, s[std::size_t(i)]);
      for (idx i : set)
        if (s[std::size_t(i)] == top) value += v[std::size_t(i)], ++ties;
      all += value / ties, ++subsets;
    });
    CHECK(score::bon_at_k(s, v, k) == Approx(all / subsets).epsilon(1e-13));
  }
  std::vector<double> const oracle = {1, 0, 0, 1, 0, 0, 0, 1, 0};
  for (idx k = 1; k <= 9; ++k) CHECK(score::bon_at_k(oracle, oracle, k) == Approx(score::pass_at_k(9, 3, k)).epsilon(1e-13));
  CHECK(nan_bits(score::bon_at_k(s, v, 8)));
  CHECK(nan_bits(score::bon_at_k(std::vector<double>{}, std::vector<double>{}, 1)));
  std::vector<double> const scores = {1, quiet_nan<double>()}, values = {7, 3};
  CHECK(score::bon_at_k(scores, values, 2) == 7);
  CHECK(score::bon_at_k(random_list(2000, 1), random_list(2000, 1), 700) <= 1);
}

TEST_CASE("maj_at_k: equals the vote over all subsets; k = 1 is the accuracy", "[score]") {
  std::vector<idx> const labels = {0, 0, 0, 0, 1, 1, 1, 2, 2, -1, -1}, counts = {4, 3, 2};
  for (idx correct = 0; correct < 3; ++correct)
    for (idx k = 1; k <= 11; ++k) {
      double wins = 0, subsets = 0;
      each_subset(11, k, [&](std::vector<idx> const& set) {
        idx n[3] = {};
        for (idx i : set)
          if (labels[std::size_t(i)] >= 0) ++n[labels[std::size_t(i)]];
        idx const top = (std::max)({n[0], n[1], n[2]});
        double ties = 0;
        for (idx a : n) ties += a == top;
        wins += top > 0 && n[correct] == top ? 1 / ties : 0, ++subsets;
      });
      CHECK(score::maj_at_k(counts, correct, k, 2) == Approx(wins / subsets).epsilon(1e-12));
    }
  CHECK(score::maj_at_k(counts, 0, 1, 2) == Approx(4.0 / 11));
  CHECK(score::maj_at_k(counts, -1, 3) == 0);
  CHECK(nan_bits(score::maj_at_k(counts, 0, 12, 2)));
  CHECK(nan_bits(score::maj_at_k({}, -1, 1)));
  std::vector<idx> const many = {3000, 2000, 1000};
  CHECK(score::maj_at_k(many, 0, 20) + score::maj_at_k(many, 1, 20) + score::maj_at_k(many, 2, 20) == Approx(1).epsilon(1e-9));
  CHECK_THROWS_AS(score::maj_at_k(counts, 3, 1), error);
}

TEST_CASE("weibull_mixture: its gradient is the finite difference of its nll; a fit is stationary in the shapes", "[score]") {
  std::vector<double> log_x;
  for (double x : random_list(40, 2)) log_x.push_back(std::log(x));
  score::weibull_mixture const m{.weight = 0.3, .first = {2, 0.4}, .second = {5, 0.8}};
  auto const g = m.gradient(log_x);
  for (std::size_t i = 0; i < 5; ++i) {
    auto const moved = [&](double h) {
      score::weibull_mixture n = m;
      double* const p[] = {&n.weight, &n.first.shape, &n.first.scale, &n.second.shape, &n.second.scale};
      *p[i] += h;
      return n.nll(log_x);
    };
    CHECK(g[i] == Approx((moved(1e-6) - moved(-1e-6)) / 2e-6).epsilon(1e-6).margin(1e-6));
  }
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    for (std::size_t i = 0; double x : random_list(40, seed)) log_x[i++] = std::log(x);
    auto const fit = score::weibull_mixture::fit(log_x);
    INFO("seed " << seed);
    CHECK(fit.nll(log_x) <= score::weibull_mixture{}.nll(log_x));
    auto const slope = fit.gradient(log_x);
    // In logarithms of the parameters; a shape at its cap may still want to grow.
    double const log_slope[] = {slope[1] * fit.first.shape, slope[2] * fit.first.scale, slope[3] * fit.second.shape,
                                slope[4] * fit.second.scale};
    for (int i = 0; i < 4; ++i)
      if ((i < 2 ? fit.first : fit.second).shape < 999) CHECK(log_slope[i] == Approx(0).margin(2e-3));
  }
  CHECK(score::weibull{.shape = 0.5, .scale = 3}.mean() == Approx(6).epsilon(1e-14));
  CHECK(score::weibull{.shape = 2, .scale = 1}.mean() == Approx(std::sqrt(std::acos(-1.0)) / 2).epsilon(1e-14));
}

TEST_CASE("rpc: equal probabilities vote by majority, the likeliest path stays, duplicates change no share", "[score]") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    std::vector<idx> const a = random_answers(20, seed);
    CHECK(score::rpc(a, std::vector<double>(20, -0.7)).votes.pick_answer == score::vote(a).pick_answer);
    std::vector<double> lp;
    for (double x : random_list(20, seed + 9)) lp.push_back(std::log(x));
    auto const r = score::rpc(a, lp), all = score::rpc(a, lp, {}, {.prune = false});
    CHECK(r.keep[std::size_t(score::best_of_n(lp).index)] == 1);
    CHECK(r.votes.answers == all.votes.answers);
    for (std::size_t i = 0; i < r.votes.totals.size(); ++i) CHECK(r.votes.totals[i] <= all.votes.totals[i] + 1e-15);
    for (double p : r.posterior) CHECK((p >= 0 && p <= 1));

    std::vector<idx> ids, longer = a;
    for (idx i = 0; i < 20; ++i) ids.push_back(i);
    std::vector<double> more = lp;
    longer.push_back(a[4]), ids.push_back(4), more.push_back(lp[4]);
    auto const dup = score::rpc(longer, more, ids, {.prune = false});
    for (std::size_t i = 0; i < dup.votes.share.size(); ++i) CHECK(dup.votes.share[i] == Approx(all.votes.share[i]));

    std::vector<double> deep;  // sums of log-probabilities whose exponentials underflow
    for (double x : lp) deep.push_back(x - 5000);
    auto const d = score::rpc(a, deep);
    CHECK(d.keep == r.keep);
    CHECK(d.votes.pick_answer == r.votes.pick_answer);
    for (std::size_t i = 0; i < d.votes.share.size(); ++i) CHECK(d.votes.share[i] == Approx(r.votes.share[i]));
  }
}

TEST_CASE("rpc: no path, one path, impossible and undefined paths", "[score]") {
  double const nan = quiet_nan<double>(), none = minus_infinity<double>();
  CHECK(score::rpc({}, std::vector<double>{}).votes.pick_index == -1);
  CHECK(score::rpc(std::vector<idx>{3}, std::vector<double>{-1}).votes.pick_answer == 3);
  auto const r = score::rpc(std::vector<idx>{1, 2, 2}, std::vector<double>{none, nan, -3});
  CHECK(r.keep == std::vector<unsigned char>{0, 0, 1});
  CHECK(r.undefined == 1);
  CHECK(r.votes.pick_answer == 2);
  auto const nothing = score::rpc(std::vector<idx>{1, 2}, std::vector<double>{none, none});
  CHECK(nothing.votes.totals == std::vector<double>{0, 0});
  CHECK_THROWS_AS(score::rpc(std::vector<idx>{1}, std::vector<double>{infinity<double>()}), error);
}

TEST_CASE("rpc: a given mixture is one of the probabilities, however small they are", "[score]") {
  score::weibull_mixture const m{.weight = 0.4, .first = {5, 0.8}, .second = {2, 0.3}};
  std::vector<idx> const a{0, 1, 2, 1};
  std::vector<double> const lp{std::log(0.9), std::log(0.1), std::log(0.7), std::log(0.2)};
  auto const r = score::rpc(a, lp, {}, {.mixture = m});
  for (std::size_t i = 0; i < 4; ++i) CHECK(r.posterior[i] == Approx(m.posterior(lp[i])).epsilon(1e-13));
  CHECK(r.nll == Approx(m.nll(lp)).epsilon(1e-13));
  CHECK(r.keep == std::vector<unsigned char>{1, 0, 1, 0});
  score::weibull_mixture const turned{.weight = 0.6, .first = m.second, .second = m.first};
  CHECK(score::rpc(a, lp, {}, {.mixture = turned}).keep == r.keep);
  std::vector<double> tiny = lp;
  for (double& l : tiny) l -= 800;
  auto const t = score::rpc(a, tiny, {}, {.mixture = m});
  for (double p : t.posterior) CHECK((p >= 0 && p <= 1));
  CHECK(t.keep[0] == 1);
  CHECK(finite_bits(t.nll));
  for (double w : {0.0, 1.0, quiet_nan<double>()}) CHECK_THROWS_AS(score::rpc(a, lp, {}, {.mixture = {{.weight = w}}}), error);
  CHECK_THROWS_AS(score::rpc(a, lp, {}, {.mixture = {{.first = {-1, 1}}}}), error);
}

TEST_CASE("prune_keep: keeps the share it was asked for, and never an undefined score", "[score]") {
  CHECK(score::prune_keep(random_list(30, 1), 0.1).size() == 3);
  CHECK(score::prune_keep(std::vector<double>{}, 0.5).empty());
  CHECK(score::prune_keep(std::vector<double>{quiet_nan<double>(), 1, 2}, 1) == std::vector<idx>{1, 2});
  CHECK_THROWS_AS(score::prune_keep(std::vector<double>{1}, 2), error);
}

TEST_CASE("adaptive_stop: thresholds without bound draw one or all; expected samples", "[score]") {
  std::vector<double> const s = {0.2, 0.9, 0.4};
  CHECK(score::adaptive_stop(s, minus_infinity<double>(), 3).drawn == 1);
  auto const all = score::adaptive_stop(s, infinity<double>(), 3);
  CHECK(all.drawn == 3);
  CHECK(all.pick == score::best_of_n(s).index);
  CHECK(score::adaptive_stop(s, 0, 0).pick == -1);
  CHECK_THROWS_AS(score::adaptive_stop(s, quiet_nan<double>(), 3), error);
  CHECK(score::expected_samples(0.5, 3) == Approx(1 + 0.5 + 0.25));
  CHECK(score::expected_samples(0, 7) == 7);
  CHECK(score::expected_samples(1, 7) == 1);
  CHECK(score::self_evaluation(2, 2) == 0.5);
}

TEST_CASE("imperfect_verifier: outcomes sum to 1; one kind of task has one accuracy; free trials never hurt", "[score]") {
  std::vector<score::task_type> const two = {{.prior = 0.7, .correct = 0.8, .soundness = 0.6},
                                             {.prior = 0.3, .correct = 0.1, .completeness = 0.9, .soundness = 0.5}};
  auto const v = score::imperfect_verifier(two, 30, {.correct = 1, .false_positive = 0});
  for (std::size_t k = 0; k <= 30; ++k) CHECK(v.p_correct[k] + v.p_false_positive[k] + v.p_reject[k] == Approx(1));
  for (std::size_t k = 1; k <= 30; ++k) CHECK(v.utility[k] >= v.utility[k - 1] - 1e-15);
  CHECK(v.p_correct[30] == Approx(v.accuracy_limit).epsilon(1e-6));
  std::vector<score::task_type> const one = {{.correct = 0.4, .completeness = 0.9, .soundness = 0.7}};
  auto const w = score::imperfect_verifier(one, 9);
  for (std::size_t k = 2; k <= 9; ++k) CHECK(w.conditional_accuracy[k] == Approx(w.conditional_accuracy[1]));
  std::vector<score::task_type> const sure = {{.correct = 1}};
  auto const s = score::imperfect_verifier(sure, 3);
  CHECK(s.p_correct == std::vector<double>{0, 1, 1, 1});
  CHECK(s.best == 1);
  CHECK_THROWS_AS(score::imperfect_verifier(std::vector<score::task_type>{{.prior = 0.5}}, 3), error);
  CHECK_THROWS_AS(score::imperfect_verifier(std::vector<score::task_type>{{.correct = 1.5}}, 3), error);
  CHECK_THROWS_AS(score::imperfect_verifier(one, idx(1) << 60), error);  // before memory is full
}

TEST_CASE("imperfect_verifier: two kinds of task stop where the marginal attempt no longer pays", "[score]") {
  for (double wrong : {-0.7, -1.0, -2.0}) {
    std::vector<score::task_type> const two = {{.prior = 0.58, .correct = 0.87, .soundness = 0.75},
                                               {.prior = 0.42, .correct = 0.13, .soundness = 0.75}};
    double gain[2], left[2];
    for (std::size_t i = 0; i < 2; ++i) {
      double const tp = two[i].correct, fp = 0.25 * (1 - two[i].correct);
      gain[i] = tp + wrong * fp, left[i] = 1 - tp - fp;
    }
    idx const limit =
        gain[1] >= 0 ? 200 : (std::max)(idx(0), idx(std::ceil(std::log(-0.58 * gain[0] / (0.42 * gain[1])) / std::log(left[1] / left[0]))));
    CHECK(score::imperfect_verifier(two, 200, {.false_positive = wrong}).best == limit);
  }
}

TEST_CASE("resample_reward: equals the mean over all orders of the records", "[score]") {
  // 7 records: 3 accepted, 2 of them right; resample up to k.
  std::vector<double> const worth{1, 1, -2, 0, 0, 0, 0};
  for (idx k = 1; k <= 7; ++k) {
    double all = 0, subsets = 0;
    each_subset(7, k, [&](std::vector<idx> const& s) {
      double value = 0, accepted = 0;
      for (idx i : s)
        if (i < 3) value += worth[std::size_t(i)], ++accepted;
      all += accepted > 0 ? value / accepted : 0, ++subsets;  // the first accepted one is any of them
    });
    CHECK(score::resample_reward(7, 3, 2, k, {.false_positive = -2}) == Approx(all / subsets).margin(1e-14));
  }
  CHECK(score::resample_reward(7, 0, 0, 3) == 0);
  CHECK(score::resample_reward(7, 0, 0, 8) == 0);
  CHECK(nan_bits(score::resample_reward(7, 3, 2, 8)));
  CHECK_THROWS_AS(score::resample_reward(7, 3, 4, 1), error);
}

TEST_CASE("votes: errors name the function that was called", "[score]") {
  auto const starts = [](std::string const& text, std::string const& with) { return text.rfind("foil: " + with, 0) == 0; };
  std::vector<idx> const answers{0, 1};
  std::vector<double> const scores{1, 2}, bad{1, -1};
  CHECK(starts(refusal([&] { score::borda_vote(answers, scores, {.power = -1}); }), "borda_vote: power"));
  CHECK(starts(refusal([&] { score::borda_vote(answers, scores, {.power = 1e6}); }), "borda_vote: power"));
  CHECK(starts(refusal([&] { score::borda_weights(scores, {.power = -1}); }), "borda_weights: power"));
  matrix<double> const e = matrix<double>::Identity(2, 2);
  CHECK(starts(refusal([&] { score::medoid(e, bad); }), "medoid: weights"));
  CHECK(starts(refusal([&] { score::medoid_of_embeddings(e, bad); }), "medoid_of_embeddings: weights"));
  CHECK(starts(refusal([&] { score::medoid_of_embeddings(e, std::vector<double>{1}); }), "medoid_of_embeddings: weights"));
  CHECK(starts(refusal([] { score::resample_reward(3, 5, 2, 1); }), "resample_reward: accepted must be in 0 .. 3, got 5"));
  CHECK(starts(refusal([] { score::adaptive_sampler(1, -1); }), "adaptive_sampler: n_max"));
  CHECK(starts(refusal([] { score::adaptive_stop(std::vector<double>{}, 1, -1); }), "adaptive_stop: n_max"));
}

TEST_CASE("vote: a total that is no number is not picked", "[score]") {
  auto const r = score::vote(std::vector<idx>{7, 7}, std::vector<double>{infinity<double>(), minus_infinity<double>()});
  CHECK((nan_bits(r.totals[0]) && r.pick_answer == -1 && r.pick_index == -1));
}

TEST_CASE("rpc: undefined paths are not kept without pruning either; shares hold where totals vanish", "[score]") {
  std::vector<idx> const answers{0, 0, 1};
  auto const r = score::rpc(answers, std::vector<double>{-1, quiet_nan<double>(), minus_infinity<double>()}, {}, {.prune = false});
  CHECK(r.keep == std::vector<unsigned char>{1, 0, 1});
  auto const far = score::rpc(answers, std::vector<double>{-2000, -2003, -2002}, {}, {.prune = false});
  CHECK(far.votes.pick_answer == 0);
  CHECK(far.votes.totals == std::vector<double>{0, 0});
  CHECK(far.votes.share[1] == Approx(std::exp(-2.0) / (1 + std::exp(-2.0) + std::exp(-3.0))));
  auto const beyond = score::rpc(answers, std::vector<double>{-1e31, -2e31, -1e31});
  CHECK(beyond.votes.share == std::vector<double>{0.5, 0.5});
}
