// SPDX-License-Identifier: BSD-3-Clause
// Scores of tokens and of answers from logits: against their definitions, in shards and streams, where nothing is defined.
// Tests score/token.hpp, score/aggregate.hpp, score/window.hpp, score/distribution.hpp, score/keep.hpp.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/random.hpp"
#include "foil/score/best_of_n.hpp"
#include "foil/score/confidence_filter.hpp"
#include "foil/score/geometric_budgets.hpp"
#include "foil/score/logprob.hpp"
#include "foil/score/meter.hpp"
#include "foil/score/sequence_confidence.hpp"
#include "foil/score/soft_token.hpp"
#include "foil/score/token_table.hpp"
#include "foil/score/truncate.hpp"

namespace {

using namespace foil;
using score::support;

matrix<double> random_logits(idx rows, idx cols, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  matrix<double> z(rows, cols);
  for (idx i = 0; i < z.size(); ++i) z.data()[i] = 3 * r.normal();
  return z;
}
std::vector<double> random_list(idx n, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  std::vector<double> x;
  for (idx i = 0; i < n; ++i) x.push_back(r.uniform());
  return x;
}
idx count(std::vector<unsigned char> const& keep) { return idx(std::count(keep.begin(), keep.end(), 1)); }

}  // namespace

TEST_CASE("self_certainty: its gradient is the finite difference of its value, and rows sum to 0", "[score]") {
  matrix<double> z = random_logits(4, 9, 1);
  z(2, 3) = minus_infinity<double>();
  std::vector<unsigned char> const mask = {1, 0, 1, 1};
  score::self_certainty const sc{.temperature = 0.7, .over = support::finite};
  auto const r = score::value_and_grad(sc, z, mask);
  for (idx i = 0; i < z.size(); ++i) {
    if (!finite_bits(z.data()[i])) {
      CHECK(r.gradient.data()[i] == 0);
      continue;
    }
    double const x = z.data()[i], h = 1e-5;
    z.data()[i] = x + h;
    double const up = score::value_and_grad(sc, z, mask).value;
    z.data()[i] = x - h;
    double const down = score::value_and_grad(sc, z, mask).value;
    z.data()[i] = x;
    CHECK(r.gradient.data()[i] == Approx((up - down) / (2 * h)).epsilon(1e-6).margin(1e-9));
  }
  for (idx t = 0; t < 4; ++t) CHECK(r.gradient.row(t).sum() == Approx(0).margin(1e-14));
}

TEST_CASE("self_certainty: no token, no unmasked token and an all-filtered row are undefined and counted", "[score]") {
  score::self_certainty const sc;
  CHECK(nan_bits(score::value_and_grad(sc, matrix<float>(0, 8)).value));
  matrix<float> z = matrix<float>::Zero(2, 8);
  std::vector<unsigned char> const none = {0, 0};
  CHECK(nan_bits(score::value_and_grad(sc, z, none).value));
  z.row(1).setConstant(minus_infinity<float>());
  auto const r = score::value_and_grad(sc, z);
  CHECK(nan_bits(r.value));
  CHECK(r.undefined == 1);
  for (idx i = 0; i < r.gradient.size(); ++i) CHECK(finite_bits(r.gradient.data()[i]));
  CHECK_THROWS_AS(score::value_and_grad(sc, z, std::vector<unsigned char>{1}), error);
  CHECK_THROWS_AS(score::value_and_grad(score::self_certainty{.temperature = 0}, z), error);
  CHECK_THROWS_AS(score::value_and_grad(score::self_certainty{.temperature = quiet_nan<double>()}, z), error);
}

TEST_CASE("self_certainty: equals topk_confidence over the whole vocabulary less ln V", "[score]") {
  matrix<double> const z = random_logits(5, 40, 2);
  auto const sc = score::tokens(z, score::self_certainty{});
  auto const top = score::tokens(z, score::topk_confidence{.k = 40});
  auto const beyond = score::tokens(z, score::topk_confidence{.k = 4000});
  for (std::size_t t = 0; t < sc.size(); ++t) {
    CHECK(sc[t] == Approx(top[t] - std::log(40.0)).epsilon(1e-12));
    CHECK(beyond[t] == top[t]);
  }
}

TEST_CASE("token statistics: one by one they equal the table", "[score]") {
  matrix<double> z = random_logits(6, 30, 3);
  z.row(4).setConstant(minus_infinity<double>());
  auto const table = score::all_token_statistics(z, {.temperature = 1.5, .top_k = 1});
  CHECK(table.undefined == 1);
  auto const same = [](std::vector<double> const& a, std::vector<double> const& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) CHECK((nan_bits(a[i]) ? nan_bits(b[i]) : a[i] == Approx(b[i]).epsilon(1e-13)));
  };
  same(score::tokens(z, score::entropy{1.5}), table.entropy);
  same(score::tokens(z, score::gini{1.5}), table.gini);
  same(score::tokens(z, score::max_prob{1.5}), table.max_prob);
  same(score::tokens(z, score::margin{1.5}), table.margin);
  same(score::tokens(z, score::topk_confidence{.temperature = 1.5, .k = 1}), table.topk_confidence);
  same(score::tokens(z, score::self_certainty{1.5}), table.self_certainty);
  auto const kl = score::tokens(z, score::kl_from_uniform{1.5}), neg = score::tokens(z, score::neg_entropy{1.5});
  CHECK(kl[0] == Approx(std::log(30.0) + neg[0]).epsilon(1e-12));
  matrix<double> const one = matrix<double>::Constant(1, 1, 3.0);
  CHECK(score::tokens(one, score::margin{})[0] == 1);
  CHECK(score::tokens(one, score::self_certainty{})[0] == 0);
}

TEST_CASE("meter: token by token, by vocabulary shards and by parts of the answer it equals the whole", "[score]") {
  matrix<double> const z = random_logits(7, 50, 4);
  double const whole = score::value_and_grad(score::self_certainty{0.8}, z).value;
  score::meter live(score::self_certainty{0.8}), sharded(score::self_certainty{0.8}), head(score::self_certainty{0.8}),
      tail(score::self_certainty{0.8});
  CHECK(nan_bits(live.value()));
  for (idx t = 0; t < 7; ++t) {
    live.add(z.row(t).data(), 50);
    auto left = sharded.start(), right = sharded.start();
    left.add(z.row(t).data(), 13, sharded.scale()), right.add(z.row(t).data() + 13, 37, sharded.scale());
    left.merge(right);
    sharded.add(left);
    (t < 3 ? head : tail).add(z.row(t).data(), 50);
  }
  head.merge(tail);
  CHECK(live.value() == Approx(whole).epsilon(1e-14));
  CHECK(sharded.value() == Approx(whole).epsilon(1e-13));
  CHECK(head.value() == Approx(whole).epsilon(1e-14));
  CHECK(head.tokens() == 7);
}

TEST_CASE("filtered logits: the support decides over self-certainty, entropy stays finite, nothing left is undefined", "[score]") {
  matrix<float> z(3, 4);
  float const none = minus_infinity<float>();
  z << 1, none, 2, none, none, none, none, none, 0, 1, 2, infinity<float>();
  auto const full = score::all_token_statistics(z, {.top_k = 3}),
             kept = score::all_token_statistics(z, {.top_k = 3, .over = support::finite});
  matrix<float> const two = z.topRows(1)(Eigen::all, std::vector<int>{0, 2});
  auto const alone = score::all_token_statistics(two);
  CHECK(full.undefined == 2);
  CHECK(full.entropy[0] == alone.entropy[0]);
  CHECK(full.margin[0] == alone.margin[0]);
  CHECK((!finite_bits(full.self_certainty[0]) && full.self_certainty[0] > 0));
  CHECK((!finite_bits(full.topk_confidence[0]) && full.topk_confidence[0] > 0));
  CHECK(kept.self_certainty[0] == alone.self_certainty[0]);
  CHECK(kept.topk_confidence[0] == alone.topk_confidence[0]);
  CHECK(score::tokens(z, score::kl_from_uniform{})[0] == Approx(std::log(4.0) - alone.entropy[0]));
  for (std::size_t t : {1u, 2u})
    for (auto const* column : {&full.entropy, &full.self_certainty, &full.margin, &kept.self_certainty, &full.log_sum_exp})
      CHECK(nan_bits((*column)[t]));
  auto const whole = score::value_and_grad(score::self_certainty{}, z.topRows(1).eval());
  CHECK((!nan_bits(whole.value) && !finite_bits(whole.value)));
  for (idx j = 0; j < 4; ++j) CHECK(whole.gradient(0, j) == 0);
  // a decoder hears of it at once
  score::meter live{score::self_certainty{}};
  live.add(z.row(1).data(), 4);
  CHECK(live.undefined() == 1);
  CHECK(nan_bits(live.value()));
}

TEST_CASE("token statistics: shards of any cut, in any order, with temperature, equal the row", "[score]") {
  matrix<float> const z = random_logits(1, 9000, 11).cast<float>();
  for (double temperature : {0.5, 1.0, 3.0}) {
    score::topk_confidence const top{.temperature = temperature, .k = 50};
    score::self_certainty const sc{.temperature = temperature};
    score::meter t(top);
    score::meter s(sc);
    std::vector<idx> const cuts{0, 1, 17, 4096, 4097, 8999, 9000};
    auto peaks = t.start();
    auto moments = s.start();
    for (std::size_t c = cuts.size() - 1; c > 0; --c) {  // the last shard first
      auto p = t.start();
      auto m = s.start();
      p.add(z.data() + cuts[c - 1], cuts[c] - cuts[c - 1], t.scale());
      m.add(z.data() + cuts[c - 1], cuts[c] - cuts[c - 1], s.scale());
      peaks.merge(p), moments.merge(m);
    }
    CHECK(top.value(peaks) == Approx(score::token_value(top, z.data(), 9000)).epsilon(1e-6));
    CHECK(sc.value(moments) == Approx(score::token_value(sc, z.data(), 9000)).epsilon(1e-6));
  }
}

TEST_CASE("self_certainty: offsets, order of the vocabulary and sharper logits", "[score]") {
  matrix<double> const z = random_logits(1, 64, 12);
  double const sc = score::tokens(z, score::self_certainty{})[0];
  CHECK(score::tokens((z.array() + 1e4).matrix().eval(), score::self_certainty{})[0] == Approx(sc).epsilon(1e-11));
  CHECK(score::tokens(z.rowwise().reverse().eval(), score::self_certainty{})[0] == Approx(sc).epsilon(1e-13));
  double before = sc;
  for (double k : {1.5, 4.0, 100.0, 1e6}) {
    double const sharper = score::tokens((k * z).eval(), score::self_certainty{})[0];
    CHECK(sharper > before);
    before = sharper;
  }
  matrix<double> hot = matrix<double>::Zero(1, 64);
  hot(0, 5) = 500;
  CHECK(score::tokens(hot, score::self_certainty{})[0] == Approx(500.0 * 63 / 64 - std::log(64.0)));
}

TEST_CASE("aggregates: the last token, the lowest, and the perplexity of a stream", "[score]") {
  score::mean_perplexity p, first, second;
  CHECK(nan_bits(p.value()));
  for (double x : {-1.0, -2.0, -6.0}) p.add(x);
  first.add(-1.0), second.add(-2.0), second.add(-6.0), first.merge(second);
  CHECK(p.value() == Approx(std::exp(3.0)));
  CHECK(first.value() == p.value());
  p.add(minus_infinity<double>());
  CHECK((!finite_bits(p.value()) && p.value() > 0));
  score::last last;
  score::lowest low;
  CHECK(nan_bits(last.value()));
  for (double x : {3.0, 1.0, 2.0}) last.add(x), low.add(x);
  CHECK(last.value() == 2);
  CHECK(low.value() == 1);
  low.add(quiet_nan<double>());
  CHECK(nan_bits(low.value()));
  CHECK(score::sequence_confidence(std::vector<double>{1, quiet_nan<double>()}).undefined == 1);
  matrix<float> const z = matrix<float>::Zero(1, 4);
  CHECK(score::token_logprob(z.data(), 4, 2) == Approx(-std::log(4.0)));
  CHECK_THROWS_AS(score::token_logprob(z.data(), 4, 4), error);
  CHECK_THROWS_AS(score::token_logprob(z.data(), 4, 0, 0), error);
}

TEST_CASE("score_sequences: ragged and masked batches score as their sequences alone; empty ones are counted", "[score]") {
  matrix<double> const z = random_logits(9, 20, 5);
  std::vector<idx> const offsets = {0, 4, 4, 9};
  std::vector<unsigned char> const mask = {1, 1, 0, 1, 1, 1, 1, 1, 0};
  auto const r = score::score_sequences(z, offsets, score::topk_confidence{.k = 3}, score::mean{}, mask);
  REQUIRE(r.value.size() == 3);
  CHECK(r.undefined == 1);
  CHECK(nan_bits(r.value[1]));
  CHECK(r.tokens == std::vector<idx>{3, 0, 4});
  auto const token = score::tokens(z, score::topk_confidence{.k = 3});
  CHECK(r.value[0] == Approx((token[0] + token[1] + token[3]) / 3));
  CHECK(score::best_of_n(r.value).undefined == 1);
  auto const low = score::score_sequences(z, offsets, score::self_certainty{}, score::lowest_window(2));
  CHECK(low.value[0] <= score::score_sequences(z, offsets, score::self_certainty{}).value[0]);
  CHECK_THROWS_AS(score::score_sequences(z, std::vector<idx>{0, 8}, score::self_certainty{}), error);
  CHECK_THROWS_AS(score::score_sequences(z, std::vector<idx>{0, 5, 4, 9}, score::self_certainty{}), error);
  CHECK(score::score_sequences(matrix<double>(0, 20), std::vector<idx>{0}, score::self_certainty{}).value.empty());
}

TEST_CASE("logprob_stats: no tokens, an impossible token and an undefined row", "[score]") {
  auto const none = score::logprob_stats(matrix<float>(0, 4), {});
  CHECK(none.sum == 0);
  CHECK(nan_bits(none.mean));
  CHECK(nan_bits(none.perplexity));
  matrix<float> z = matrix<float>::Zero(2, 4);
  std::vector<idx> const ids = {1, 2};
  CHECK(score::logprob_stats(z, ids).perplexity == Approx(4));
  z.row(1).setConstant(minus_infinity<float>());
  auto const r = score::logprob_stats(z, ids);
  CHECK(r.undefined == 1);
  CHECK(nan_bits(r.sum));
  std::vector<unsigned char> const first = {1, 0};
  CHECK(score::logprob_stats(z, ids, 1, first).sum == Approx(-std::log(4.0)));
  CHECK_THROWS_AS(score::logprob_stats(z, std::vector<idx>{0, 4}), error);
  CHECK_THROWS_AS(score::logprob_stats(z, std::vector<idx>{0}), error);
}

TEST_CASE("sequence_confidence: equals slow windows, and constants give the constant", "[score]") {
  std::vector<double> const c = random_list(500, 6);
  std::vector<double> means;
  for (std::size_t i = 0; i + 37 <= c.size(); ++i) {
    double s = 0;
    for (std::size_t j = i; j < i + 37; ++j) s += c[j];
    means.push_back(s / 37);
  }
  std::sort(means.begin(), means.end());
  auto const r = score::sequence_confidence(c, {.window = 37, .tail = 5, .bottom = 0.01});
  CHECK(r.lowest_group == Approx(means[0]).epsilon(1e-14));
  CHECK(r.bottom_group == Approx((means[0] + means[1] + means[2] + means[3]) / 4).epsilon(1e-14));
  CHECK(r.tail == Approx((c[495] + c[496] + c[497] + c[498] + c[499]) / 5));
  auto const k = score::sequence_confidence(std::vector<float>(100, 2.5f), {.window = 7, .tail = 9, .bottom = 0.3});
  for (double v : {k.mean, k.tail, k.lowest_group, k.bottom_group}) CHECK(v == Approx(2.5));
}

TEST_CASE("window: an infinity or a NaN that has left it is forgotten", "[score]") {
  score::window w(3);
  for (double x : {1.0, infinity<double>(), 2.0}) w.add(x);
  CHECK(order_key(w.mean()) == order_key(infinity<double>()));
  w.add(quiet_nan<double>());
  CHECK(nan_bits(w.mean()));
  for (double x : {3.0, 4.0, 5.0}) w.add(x);
  CHECK(w.mean() == Approx(4));
}

TEST_CASE("window: a token that dwarfs the others leaves nothing behind", "[score]") {
  std::vector<double> c(40, 15.0);
  c[3] = 1.7e37, c[21] = -1.7e37;
  score::window w(8);
  for (std::size_t t = 0; t < c.size(); ++t) {
    w.add(c[t]);
    std::size_t const from = t < 8 ? 0 : t - 7;
    if (std::none_of(c.begin() + std::ptrdiff_t(from), c.begin() + std::ptrdiff_t(t) + 1, [](double x) { return std::abs(x) > 15; }))
      CHECK(w.mean() == 15);
  }
  c[21] = 15;
  auto const r = score::sequence_confidence(c, {.window = 8, .tail = 8});
  CHECK((r.lowest_group == 15 && r.bottom_group == 15 && r.tail == 15));
  CHECK(score::stop_index(c, 8, 10) == -1);
}

TEST_CASE("confidence_filter: undefined confidences are counted and never kept", "[score]") {
  std::vector<double> const c = {3, quiet_nan<double>(), 1, 2, minus_infinity<double>()};
  auto const r = score::confidence_filter(c, 0.5);
  CHECK(r.threshold == 2);
  CHECK(r.keep == std::vector<unsigned char>{1, 0, 0, 1, 0});
  CHECK(r.kept == 2);
  CHECK(r.undefined == 1);
  CHECK(score::confidence_filter(std::vector<double>{}, 0.5).kept == 0);
  CHECK_THROWS_AS(score::confidence_filter(c, 1.5), error);
  CHECK(score::stop_index(std::vector<float>{9, 9, 1, 1}, 2, 0.5) == -1);
  CHECK(score::stop_index(std::vector<float>{0, 9, 1, 1}, 2, 2) == 3);
}

TEST_CASE("truncate: the loosest option of every rule keeps everything, the tightest the best token", "[score]") {
  matrix<double> const z = random_logits(3, 200, 7);
  namespace keep = score::keep;
  CHECK(count(score::truncate(z, keep::top_k{200}).keep) == 600);
  CHECK(count(score::truncate(z, keep::top_k{9999}).keep) == 600);
  CHECK(count(score::truncate(z, keep::top_p{1}).keep) == 600);
  CHECK(count(score::truncate(z, keep::min_p{0}).keep) == 600);
  CHECK(count(score::truncate(z, keep::typical{1}).keep) == 600);
  CHECK(count(score::truncate(z, keep::epsilon{0}).keep) == 600);
  CHECK(count(score::truncate(z, keep::eta{0}).keep) == 600);
  CHECK(count(score::truncate(z, keep::top_h{.alpha = 1, .top_n = 200}).keep) == 600);
  CHECK(count(score::truncate(z, keep::top_p{0}).keep) == 3);
  CHECK(count(score::truncate(z, keep::min_p{1}).keep) == 3);
  CHECK(count(score::truncate(z, keep::epsilon{1}).keep) == 3);
  CHECK(count(score::truncate(z, keep::top_h{.alpha = 1e-9}).keep) == 3);
  CHECK(count(score::truncate(z, keep::epsilon{1}, {.min_keep = 150}).keep) == 450);
  for (auto const& r : {score::truncate(z, keep::top_k{1}), score::truncate(z, keep::min_p{1})})
    for (idx t = 0; t < 3; ++t) {
      idx best = 0;
      z.row(t).maxCoeff(&best);
      CHECK(r.keep[std::size_t(t * 200 + best)] == 1);
    }
}

TEST_CASE("truncate: top_h stays within its entropy bound and grows with alpha", "[score]") {
  matrix<double> const z = random_logits(5, 60, 8);
  idx before = 0;
  for (double alpha : {0.1, 0.3, 0.5, 0.7, 0.9}) {
    auto const r = score::truncate(z, score::keep::top_h{.alpha = alpha});
    for (idx t = 0; t < 5; ++t) {
      stat::vocabulary kept;
      for (idx j = 0; j < 60; ++j)
        if (r.keep[std::size_t(t * 60 + j)]) kept.add(&z(t, j), 1);
      CHECK((kept.finite == 1 || kept.entropy() <= alpha * r.entropy[std::size_t(t)] + 1e-12));
      CHECK(kept.log_sum_exp() == Approx(score::token_value(score::moment<&stat::vocabulary::log_sum_exp>{}, z.row(t).data(), 60) +
                                         std::log(r.kept_mass[std::size_t(t)])));
    }
    CHECK(count(r.keep) >= before);
    before = count(r.keep);
  }
  CHECK(before > 5);
  matrix<float> const uniform = matrix<float>::Zero(1, 81);
  CHECK(count(score::truncate(uniform, score::keep::top_h{.alpha = 0.5}).keep) == 9);
}

TEST_CASE("truncate: typical may pass over the likeliest token; ties at a cut stay together", "[score]") {
  matrix<double> z(1, 9);
  z << std::log(0.4), 0, 0, 0, 0, 0, 0, 0, 0;
  for (idx j = 1; j < 9; ++j) z(0, j) = std::log(0.075);
  auto const r = score::truncate(z, score::keep::typical{0.1});
  // Entropy 1.92: the eight of ln 0.075 = -2.59 are nearer than the one of ln 0.4 = -0.92.
  CHECK(r.keep == std::vector<unsigned char>{0, 1, 1, 1, 1, 1, 1, 1, 1});
  score::distribution d;
  d.load(z.data(), 9);
  CHECK(score::keep::typical{0.1}(d).size() == 8);
  z.setZero();
  CHECK(count(score::truncate(z, score::keep::typical{0.1}).keep) == 9);
  CHECK(count(score::truncate(z, score::keep::top_k{2}).keep) == 9);
  CHECK(count(score::truncate(z, score::keep::top_p{0.5}).keep) == 5);
  CHECK(count(score::truncate(z, score::keep::min_p{1}).keep) == 9);
}

TEST_CASE("truncate: filtered logits are never kept and undefined rows keep nothing", "[score]") {
  matrix<float> z = matrix<float>::Zero(2, 4);
  z(0, 2) = minus_infinity<float>();
  z.row(1).setConstant(minus_infinity<float>());
  auto const r = score::truncate(z, score::keep::top_k{4});
  CHECK(r.keep == std::vector<unsigned char>{1, 1, 0, 1, 0, 0, 0, 0});
  CHECK(r.undefined == 1);
  CHECK(nan_bits(r.kept_mass[1]));
  CHECK(score::truncate(matrix<float>(0, 4), score::keep::top_p{}).keep.empty());
  CHECK_THROWS_AS(score::truncate(z, score::keep::top_h{.alpha = 0}), error);
  CHECK_THROWS_AS(score::truncate(z, score::keep::top_k{0}), error);
  CHECK_THROWS_AS(score::truncate(z, score::keep::top_p{}, {.min_keep = -1}), error);
}

TEST_CASE("soft_token: gumbel draws tokens as often as they are likely; dirichlet falls back on the likeliest", "[score]") {
  std::vector<double> const p{0.5, 0, 0.3, 0.2};
  matrix<double> const e = random_logits(4, 3, 20);
  auto const plain = score::soft_token(p, e);
  for (idx d = 0; d < 3; ++d) CHECK(plain.embedding[std::size_t(d)] == Approx(0.5 * e(0, d) + 0.3 * e(2, d) + 0.2 * e(3, d)));
  random_stream r(3, purpose::user);
  std::vector<double> share(4, 0.0);
  constexpr int draws = 4000;
  for (int i = 0; i < draws; ++i) {
    std::vector<double> noise;
    for (int j = 0; j < 4; ++j) noise.push_back(-std::log(r.uniform()));
    auto const w = score::soft_token(p, e, {score::soft_noise::gumbel, 1e-3}, noise).weight;
    share[std::size_t(score::best_of_n(w).index)] += 1.0 / draws;
    CHECK(w[1] == 0);
  }
  for (std::size_t j = 0; j < 4; ++j) CHECK(share[j] == Approx(p[j]).margin(0.03));
  CHECK(score::soft_token(p, e, {score::soft_noise::dirichlet}, std::vector<double>(4, 0.0)).weight == std::vector<double>{1, 0, 0, 0});
  CHECK_THROWS_AS(score::soft_token(p, e, {score::soft_noise::gumbel}), error);
  CHECK_THROWS_AS(score::soft_token(p, e, {score::soft_noise::gumbel, 0}, std::vector<double>(4, 1.0)), error);
  CHECK_THROWS_AS(score::soft_token(std::vector<double>(4, 0.0), e), error);
  CHECK_THROWS_AS(score::soft_token(p, e.topRows(3).eval()), error);
}

TEST_CASE("geometric_budgets: strictly growing, whole powers stay whole, the last is the limit", "[score]") {
  CHECK(score::geometric_budgets(1000, 1.1, 1331) == std::vector<idx>{1000, 1100, 1210, 1331});
  CHECK(score::geometric_budgets(1, 1.01, 3) == std::vector<idx>{1, 2, 3});
  CHECK(score::geometric_budgets(9, 2, 9) == std::vector<idx>{9});
  auto const total = [](double growth, idx last) {
    double sum = 0;
    for (idx b : score::geometric_budgets(7, growth, last)) sum += double(b) - 1;
    return sum;
  };
  CHECK(total(2, 7 * 1024) <= 7 * 1024 * 2);
  CHECK(total(1.7, 5000) <= 5000 * (1 + 1.7 / 0.7));
  CHECK_THROWS_AS(score::geometric_budgets(1, 1, 3), error);
  CHECK_THROWS_AS(score::geometric_budgets(0, 2, 3), error);
}

TEST_CASE("score: token statistics and windows name the function that was called, without tokens, too", "[score]") {
  auto const starts = [](std::string const& text, std::string const& with) { return text.rfind("foil: " + with + ": ", 0) == 0; };
  matrix<float> const none(0, 3), two = matrix<float>::Zero(2, 3);
  score::entropy const bad{-1};
  CHECK(starts(refusal([&] { score::tokens(two, bad); }), "tokens"));
  CHECK(starts(refusal([&] { score::tokens(none, bad); }), "tokens"));
  CHECK(starts(refusal([&] { score::score_sequences(two, std::vector<idx>{0, 2}, bad); }), "score_sequences"));
  CHECK(starts(refusal([&] { score::score_sequences(none, std::vector<idx>{0}, bad); }), "score_sequences"));
  CHECK(starts(refusal([&] { score::token_value(bad, two.data(), 3); }), "token_value"));
  CHECK(starts(refusal([] { score::lowest_window(0); }), "lowest_window"));
  CHECK(starts(refusal([] { score::tail_mean(0); }), "tail_mean"));
  CHECK(starts(refusal([] { score::bottom_windows(0); }), "bottom_windows"));
  CHECK(starts(refusal([] { score::confidence_stop(0, 1); }), "confidence_stop"));
  CHECK(starts(refusal([] { score::stop_index(std::vector<double>{1}, 0, 1); }), "stop_index"));
  CHECK(starts(refusal([] { score::stop_index(std::vector<double>{1}, 1, quiet_nan<double>()); }), "stop_index"));
  CHECK(starts(refusal([&] { score::logprob_stats(two, std::vector<idx>{0, 1}, 1, std::vector<unsigned char>{1}); }), "logprob_stats"));
}

TEST_CASE("soft_token: probabilities and Gamma draws whose sum no double holds keep their shares", "[score]") {
  matrix<double> const e = matrix<double>::Identity(2, 2);
  auto const near = [](std::vector<double> const& w, double first) { return w[0] == Approx(first) && w[1] == Approx(1 - first); };
  std::vector<double> const large{1e308, 1.5e308}, even{0.5, 0.5};
  CHECK(near(score::soft_token(large, e).weight, 0.4));
  CHECK(near(score::soft_token(large, e, {.noise = score::soft_noise::gumbel}, std::vector<double>{1, 1}).weight, 0.4));
  CHECK(near(score::soft_token(even, e, {.noise = score::soft_noise::dirichlet}, large).weight, 0.4));
}
