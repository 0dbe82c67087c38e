// SPDX-License-Identifier: BSD-3-Clause
// Scorers at the ends of their input: the smallest temperatures, the largest numbers, ties and texts that come twice.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/random.hpp"
#include "foil/score/confidence_filter.hpp"
#include "foil/score/logprob.hpp"
#include "foil/score/maj_at_k.hpp"
#include "foil/score/medoid.hpp"
#include "foil/score/rpc.hpp"
#include "foil/score/soft_token.hpp"
#include "foil/score/token_table.hpp"
#include "foil/score/truncate.hpp"

namespace {

using namespace foil;
using namespace foil::score;
using bytes = std::vector<unsigned char>;

template <class S>
matrix<S> one_row(std::initializer_list<double> z) {
  matrix<S> m(1, idx(z.size()));
  idx j = 0;
  for (double x : z) m(0, j++) = S(x);
  return m;
}
matrix<double> log_of(std::initializer_list<double> p) { return one_row<double>(p).array().log().matrix(); }

}  // namespace

TEMPLATE_TEST_CASE("scorers: at the smallest temperatures the best token has all the mass", "[score]", float, double) {
  using S = TestType;
  auto const z = one_row<S>({17.3, 16.1, 3.7, -2.2});
  for (double t : {1e-3, 1e-15, 1e-16, 1e-40, 1e-307}) {
    INFO("temperature " << t);
    auto const only = [&](truncation const& r) {
      CHECK(r.keep == bytes{1, 0, 0, 0});
      CHECK(r.kept_mass[0] == Approx(1).epsilon(1e-12));
      CHECK(r.entropy[0] == Approx(0).margin(1e-12));
    };
    only(truncate(z, keep::top_p{.p = 0.9}, {.temperature = t}));
    only(truncate(z, keep::typical{.mass = 0.9}, {.temperature = t}));
    only(truncate(z, keep::min_p{}, {.temperature = t})), only(truncate(z, keep::epsilon{}, {.temperature = t}));
    only(truncate(z, keep::eta{}, {.temperature = t})), only(truncate(z, keep::top_h{}, {.temperature = t}));
    double const gap = double(z(0, 0)) - double(z(0, 1)), far = 2 * double(z(0, 0)) - double(z(0, 2)) - double(z(0, 3));
    CHECK(token_value(topk_confidence{.temperature = t, .k = 1}, z.data(), 4) == Approx(0).margin(1e-12));
    CHECK(token_value(topk_confidence{.temperature = t, .k = 2}, z.data(), 4) == Approx(gap / t / 2).epsilon(1e-6));
    CHECK(token_value(margin{t}, z.data(), 4) == 1);
    CHECK(token_value(max_prob{t}, z.data(), 4) == 1);
    CHECK(token_value(score::self_certainty{t}, z.data(), 4) == Approx((gap + far) / 4 / t).epsilon(1e-2));
    CHECK(token_logprob(z.data(), 4, 1, t) == Approx(-gap / t).epsilon(1e-6));
    CHECK(all_token_statistics(z, {.temperature = t}).max_prob[0] == 1);
    if (t < 1e-38 && sizeof(S) == 4) {
      CHECK(says(refusal([&] { value_and_grad(score::self_certainty{t}, z); }), {"self_certainty", "temperature"}));
      continue;
    }
    auto const g = value_and_grad(score::self_certainty{t}, z).gradient;
    double const unit = 1 / t;
    CHECK(double(g(0, 0)) == Approx(0.75 * unit).epsilon(1e-6));
    for (idx j = 1; j < 4; ++j) CHECK(double(g(0, j)) == Approx(-0.25 * unit).epsilon(1e-6));
  }
  // Equal logits share whatever the temperature.
  auto const tied = one_row<S>({5, 5, 5, 1});
  CHECK(truncate(tied, keep::top_p{.p = 0.5}, {.temperature = 1e-16}).kept_mass[0] == Approx(2.0 / 3));
  CHECK(token_value(entropy{1e-16}, tied.data(), 4) == Approx(std::log(3.0)));
}

TEST_CASE("scorers: logits a whole double apart", "[score]") {
  double const most = (std::numeric_limits<double>::max)();
  auto const z = one_row<double>({most, -most, 0});
  for (double t : {1.0, 1e-5, 1e300}) {
    auto const r = truncate(z, keep::top_h{}, {.temperature = t});
    CHECK(r.keep == bytes{1, 0, 0});
    CHECK(r.kept_mass[0] == Approx(1));
    CHECK(finite_bits(token_value(topk_confidence{.temperature = t, .k = 3}, z.data(), 3)));
    CHECK(finite_bits(token_value(score::self_certainty{t}, z.data(), 3)));
  }
}

TEST_CASE("soft_token: noise decides at any temperature, and what is impossible stays so", "[score]") {
  std::vector<double> const p{0.25, 0.25, 0.5, 0}, noise{0.3, 0.2, 0.9, 1e-5};
  matrix<double> const e = matrix<double>::Identity(4, 4);
  for (double t : {1e-4, 1e-16, 1e-300}) CHECK(soft_token(p, e, {soft_noise::gumbel, t}, noise).weight == std::vector<double>{0, 1, 0, 0});
  auto const hot = soft_token(p, e, {soft_noise::gumbel, 1e300}, noise).weight;
  for (std::size_t j = 0; j < 3; ++j) CHECK(hot[j] == Approx(1.0 / 3));
  CHECK(hot[3] == 0);
  std::vector<double> const apart{3e-308, 1e308}, even{1, 1};  // no denormal, which -Ofast takes for 0; log odds of -1417.3
  CHECK(soft_token(apart, e.topRows(2).eval(), {soft_noise::gumbel, 1e3}, even).weight[0] ==
        Approx(1 / (1 + std::exp(1.41729))).epsilon(1e-5));
}

TEST_CASE("percentile: as sorting says, with ties, zeros of both signs, infinities and numbers that take no part", "[score]") {
  random_stream draw(3, purpose::user);
  for (idx round = 0; round < 2000; ++round) {
    idx const n = round % 100 == 0 ? 3000 : 1 + idx(40 * draw.uniform());
    std::vector<double> x, eligible;
    for (idx i = 0; i < n; ++i) {
      double const kind = draw.uniform(), tied = std::floor(7 * draw.uniform()) - 3;
      x.push_back(kind < 0.1   ? quiet_nan<double>()
                  : kind < 0.2 ? minus_infinity<double>()
                  : kind < 0.3 ? -0.
                  : kind < 0.4 ? -minus_infinity<double>()
                  : kind < 0.7 ? draw.normal()
                               : tied);
      if (kind >= 0.2) eligible.push_back(x.back());
    }
    double const share = round % 5 == 0 ? 0 : round % 5 == 1 ? 1 : draw.uniform(), got = percentile(x, share);
    if (eligible.empty()) {
      CHECK(nan_bits(got));
      continue;
    }
    std::sort(eligible.begin(), eligible.end());
    double const at = share * double(eligible.size() - 1), t = at - std::floor(at);
    double const low = eligible[std::size_t(at)], high = t > 0 ? eligible[std::size_t(at) + 1] : low;
    double const want = low == high ? low : t < 0.5 ? low + (high - low) * t : high - (high - low) * (1 - t);
    CHECK((finite_bits(high) ? got == want : got == high));
  }
}
TEST_CASE("percentile: between numbers further apart than a double can say", "[score]") {
  CHECK(percentile(std::vector<double>{-1.7e308, 1.7e308}, 0.5) == Approx(0).margin(1e292));
  CHECK(percentile(std::vector<double>{-1.7e308, 1.7e308}, 0.75) == Approx(0.85e308));
  CHECK(percentile(std::vector<double>{1, 3}, 0.25) == 1.5);
}

TEST_CASE("maj_at_k: right to 1e-12 for any number of samples", "[score]") {
  for (idx n : {idx(10), idx(10'000'000), idx(1) << 60}) {
    std::vector<idx> const counts{3 * (n / 10), 7 * (n / 10)};
    double const share = double(counts[0]) / double(counts[0] + counts[1]);
    CHECK(std::abs(maj_at_k(counts, 0, 1) - share) < 1e-12);
    // Two of three, or three: draws without replacement.
    double const m = double(counts[0] + counts[1]), a = double(counts[0]), b = double(counts[1]);
    double const two = 3 * (a / m) * ((a - 1) / (m - 1)) * (b / (m - 2)), three = (a / m) * ((a - 1) / (m - 1)) * ((a - 2) / (m - 2));
    CHECK(std::abs(maj_at_k(counts, 0, 3) - (two + three)) < 1e-12);
  }
  // 401 draws of two answers: either has the majority, and by symmetry half of it is each one's.
  CHECK(std::abs(maj_at_k(std::vector<idx>{500'000'000, 500'000'000}, 1, 41) - 0.5) < 1e-12);
  CHECK(std::abs(maj_at_k(std::vector<idx>{4, 4, 4}, 2, 12) - 1.0 / 3) < 1e-12);
  CHECK(says(refusal([] { maj_at_k(std::vector<idx>{idx(1) << 62, idx(1) << 62}, 0, 1); }), {"maj_at_k", "counts"}));
}

TEST_CASE("truncate: typical passes over the mode; min_keep counts in each rule's own order, ties at a floor stay together", "[score]") {
  auto const z = log_of({0.5, 0.25, 0.125, 0.0625, 0.0625});
  for (idx least : {idx(0), idx(1)}) CHECK(truncate(z, keep::typical{.mass = 0.2}, {.min_keep = least}).keep == bytes{0, 1, 0, 0, 0});
  CHECK(truncate(z, keep::typical{.mass = 0.2}).kept_mass[0] == Approx(0.25));
  CHECK(truncate(z, keep::typical{.mass = 0.2}, {.min_keep = 2}).keep == bytes{1, 1, 0, 0, 0});
  auto const flat = one_row<double>({0, 0, 0, 0});
  CHECK(truncate(flat, keep::epsilon{.epsilon = 0.3}).keep == bytes{1, 1, 1, 1});
  CHECK(truncate(one_row<double>({1, 0, 0, -9}), keep::epsilon{.epsilon = 0.9}, {.min_keep = 2}).keep == bytes{1, 1, 1, 0});
  CHECK(truncate(flat, keep::epsilon{.epsilon = 0.3}, {.min_keep = 0}).keep == bytes{0, 0, 0, 0});
  CHECK(truncate(flat, keep::epsilon{.epsilon = 0.3}, {.min_keep = 0}).kept_mass[0] == 0);
  CHECK(truncate(flat, keep::top_p{.p = 0.1}, {.min_keep = 2}).keep == bytes{1, 1, 0, 0});
  CHECK(says(refusal([&] { truncate(flat, keep::top_p{}, {.min_keep = -1}); }), {"truncate", "min_keep"}));
}

TEST_CASE("rpc: components that coincide prune nothing, and say so", "[score]") {
  double const top = -0.5, below = std::nextafter(top, -1.0);
  auto const r = rpc(std::vector<idx>{0, 1, 1, 1}, std::vector<double>{top, below, below, below});
  CHECK(r.coinciding);
  CHECK(r.keep == bytes{1, 1, 1, 1});
  CHECK(r.votes.pick_answer == 1);
  CHECK(r.votes.share[1] == Approx(0.75));
  weibull_mixture const same{0.3, {2, 1}, {2, 1}};
  auto const given = rpc(std::vector<idx>{0, 1, 1}, std::vector<double>{-0.1, -1, -1.1}, {}, {.mixture = same});
  CHECK(given.coinciding);
  CHECK(given.keep == bytes{1, 1, 1});
  CHECK(!rpc(std::vector<idx>{0, 1, 1}, std::vector<double>{-0.1, -1, -1.1}, {}, {.mixture = weibull_mixture{0.5, {5, 0.9}, {2, 0.1}}})
             .coinciding);
  // Means that are close do not make components of different shapes one; the mixture is as the caller says.
  std::vector<double> const log_x{std::log(0.9), std::log(0.4), std::log(0.05), std::log(0.02)};
  auto const shapes = rpc(std::vector<idx>{0, 1, 2, 2}, log_x, {}, {.mixture = weibull_mixture{0.5, {1, 0.5}, {3, 0.56}}});
  CHECK((!shapes.coinciding && shapes.keep == bytes{1, 1, 0, 0}));
  weibull_mixture const tied{0.25, {1, 0.1}, {0.5, 0.05}};  // both of mean 0.1
  CHECK(tied.ordered().weight == 0.25);
}

TEST_CASE("rpc: a text that comes twice counts once, with its larger probability, in any order", "[score]") {
  std::vector<double> const x{0.9, 0.85, 0.95, 0.1};
  std::vector<std::size_t> order{0, 1, 2, 3};
  do {
    std::vector<idx> answers, text;
    std::vector<double> logprob;
    for (std::size_t i : order)
      answers.push_back(i < 2 ? 0 : idx(i) - 1), text.push_back(i < 2 ? 7 : idx(i)), logprob.push_back(std::log(x[i]));
    auto const r = rpc(answers, logprob, text, {.prune = false});
    CHECK(r.votes.pick_answer == 1);
    for (std::size_t a = 0; a < 3; ++a) {
      double const want = r.votes.answers[a] == 0 ? 0.9 : r.votes.answers[a] == 1 ? 0.95 : 0.1;
      CHECK(r.votes.totals[a] == Approx(want));
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("medoid: weights of any size weigh as their ratios do", "[score]") {
  matrix<double> sim(3, 3);
  sim << 0, 0.9, 0.2, 0.9, 0, 0.4, 0.2, 0.4, 0;
  auto const plain = medoid(sim, std::vector<double>{1, 1.5, 0.5});
  for (double unit : {1e-300, 1e308}) {
    auto const r = medoid(sim, std::vector<double>{unit, 1.5 * unit, 0.5 * unit});
    CHECK(r.pick == plain.pick);
    for (std::size_t i = 0; i < 3; ++i) CHECK(r.score[i] == Approx(plain.score[i]).epsilon(1e-14));
  }
  CHECK(medoid(sim, std::vector<double>{0, 0, 0}).score == std::vector<double>{0, 0, 0});
  CHECK(medoid(matrix<double>::Constant(2, 2, 1.7e308).eval(), std::vector<double>{1.9, 1.9}).score[0] == Approx(1.7e308));
  CHECK(says(refusal([] { medoid_of_embeddings(matrix<double>::Constant(2, 2, 1e200).eval()); }), {"medoid_of_embeddings", "row 0"}));
}
