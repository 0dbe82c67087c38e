// SPDX-License-Identifier: BSD-3-Clause
// Random draws: frequencies against their laws, limits of weights and temperatures, what must not be drawn.
#include <map>
#include <set>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../statistics.hpp"
#include "foil/core/id_set.hpp"
#include "foil/sample/draw.hpp"
#include "foil/sample/random_order.hpp"
#include "foil/sample/reservoir.hpp"

namespace {

using namespace foil;
using namespace foil::mining;
using statistics::any_of_many, statistics::chi_square, statistics::one_in_a_million, statistics::worst_inclusion;

constexpr idx many = 200000;

/// Plackett-Luce probabilities of all ordered k-tuples, by brute force.
void tuples(std::vector<double> const& w, idx k, std::vector<idx>& prefix, double p, std::map<std::vector<idx>, double>& out) {
  if (idx(prefix.size()) == k) {
    out[prefix] = p;
    return;
  }
  double left = 0;
  for (idx j = 0; j < idx(w.size()); ++j)
    if (std::find(prefix.begin(), prefix.end(), j) == prefix.end()) left += w[std::size_t(j)];
  for (idx j = 0; j < idx(w.size()); ++j) {
    if (w[std::size_t(j)] == 0 || std::find(prefix.begin(), prefix.end(), j) != prefix.end()) continue;
    prefix.push_back(j);
    tuples(w, k, prefix, p * w[std::size_t(j)] / left, out);
    prefix.pop_back();
  }
}

}  // namespace

TEST_CASE("uniform_subset: every ordered pair is drawn alike, nothing twice", "[mining]") {
  constexpr idx n = 6;
  std::vector<idx> counts(n * n, 0);
  std::vector<double> p(n * n, 0.0);
  for (idx a = 0; a < n; ++a)
    for (idx b = 0; b < n; ++b)
      if (a != b) p[std::size_t(a * n + b)] = 1.0 / (n * (n - 1));
  random_stream draw(7, purpose::sample);
  for (idx t = 0; t < many; ++t) {
    auto const s = uniform_subset(n, 2, draw);
    ++counts[std::size_t(s[0] * n + s[1])];
  }
  CHECK(chi_square(counts, p) < one_in_a_million);
}

TEST_CASE("uniform_subset: the sparse way draws what the dense way draws", "[mining]") {
  random_stream dense(3, purpose::sample), sparse = dense;
  for (idx n : {9, 40, 1000}) {
    idx const k = n / 8;  // the largest k that goes the sparse way
    std::vector<idx> whole(std::size_t(n), 0);
    for (idx j = 0; j < n; ++j) whole[std::size_t(j)] = j;
    for (idx t = 0; t < k; ++t) std::swap(whole[std::size_t(t)], whole[std::size_t(t + dense.below(n - t))]);
    whole.resize(std::size_t(k));
    CHECK(uniform_subset(n, k, sparse) == whole);
  }
  CHECK_THROWS_AS(uniform_subset(3, 4, dense), error);
}

TEST_CASE("softmax_weights: limits of the temperature, ties, weights of zero", "[mining]") {
  double const none = minus_infinity<double>();
  std::vector<double> const x{1, 3, none, 3, quiet_nan<double>()};
  CHECK(softmax_weights(x, 0) == std::vector<double>{0, 0.5, 0, 0.5, 0});
  auto const hot = softmax_weights(x, infinity<double>());
  CHECK(hot[0] == Approx(1.0 / 3));
  CHECK(hot[2] == 0);
  CHECK(hot[4] == 0);
  auto const w = softmax_weights(x, 2.0);
  CHECK(w[0] / w[1] == Approx(std::exp(-1.0)));
  CHECK(softmax_weights(std::vector<double>{5, infinity<double>()}, 1) == std::vector<double>{0, 1});
  CHECK_THROWS_AS(softmax_weights(std::vector<double>{none, none}), error);
  CHECK_THROWS_AS(softmax_weights(x, -1), error);
}

TEST_CASE("weighted_draw: frequencies are the weights", "[mining]") {
  std::vector<double> const w{0.5, 0, 3, 1.25, 0.25, 0};
  weighted_draw const one(w);
  random_stream draw(11, purpose::sample);
  std::vector<idx> counts(w.size(), 0);
  for (idx j : one(many, draw)) ++counts[std::size_t(j)];
  std::vector<double> p = w;
  for (double& x : p) x /= 5;
  CHECK(chi_square(counts, p) < one_in_a_million);
  CHECK(one(1 - 0x1p-53) == 4);
  CHECK(one(0x1p-54) == 0);
  CHECK(weighted_draw(std::vector<double>{0, 0})(0.5) == -1);
  CHECK(weighted_draw(std::vector<double>{1e300, 1e300, 1e300})(0.5) == 1);
  CHECK_THROWS_AS(weighted_draw(std::vector<double>{1, -1}), error);
}

TEST_CASE("gumbel_top_k: ordered tuples follow Plackett and Luce, so do weighted reservoirs", "[mining]") {
  std::vector<double> const w{1, 0.25, 0, 4, 2, 0.75};
  std::map<std::vector<idx>, double> law;
  std::vector<idx> prefix;
  tuples(w, 3, prefix, 1, law);
  std::vector<double> p;
  std::map<std::vector<idx>, std::size_t> cell;
  for (auto const& [tuple, q] : law) cell[tuple] = p.size(), p.push_back(q);
  std::vector<double> const logs = log_weights(w);
  std::vector<idx> counts(p.size(), 0), streamed(p.size(), 0), first(w.size(), 0), included(w.size(), 0);
  for (idx t = 0; t < many; ++t) {
    auto const r = gumbel_top_k(logs, 3, 1, random_stream(1, purpose::gumbel, 0, std::uint64_t(t)));
    ++counts.at(cell.at(r.selected));
    ++first[std::size_t(r.selected[0])];
    for (idx j : r.selected) ++included[std::size_t(j)];
    weighted_reservoir<idx> stream(3, random_stream(2, purpose::reservoir, 0, std::uint64_t(t)));
    for (idx j = 0; j < idx(w.size()); ++j) stream.offer(j, w[std::size_t(j)]);
    std::vector<idx> drawn;
    for (auto const& e : stream.drawn()) drawn.push_back(e.item);
    ++streamed.at(cell.at(drawn));
  }
  CHECK(chi_square(counts, p) < one_in_a_million);
  CHECK(chi_square(streamed, p) < one_in_a_million);
  CHECK(chi_square(first, first_draw_probability(logs)) < one_in_a_million);
  CHECK(worst_inclusion(included, inclusion_probability(logs, 3), many) < any_of_many);
}

TEST_CASE("gumbel_top_k: weights from 1e-300 to 1e300 neither overflow nor hide an item", "[mining]") {
  std::vector<double> const logs = log_weights(std::vector<double>{1e-300, 1e300, 0, 1e-200, 1});
  auto const r = gumbel_top_k(logs, 5, 1, random_stream(5, purpose::gumbel));
  CHECK(r.selected == std::vector<idx>{1, 4, 3, 0});
  for (std::size_t j : {0u, 1u, 3u, 4u}) CHECK(finite_bits(r.keys[j]));
  auto const p = inclusion_probability(logs, 2);
  CHECK(p[1] == Approx(1));
  CHECK(p[2] == 0);
}

TEST_CASE("gumbel_top_k: at the smallest temperatures logits rank, and equal ones are drawn by the noise", "[mining]") {
  std::vector<double> const logits{1, 3, minus_infinity<double>(), 2, 3, -5}, uniforms{0.5, 0.2, 0.9, 0.99, 0.4, 0.5};
  for (double t : {1e-9, 1e-16, 1e-307, 1e-300, 1e-320}) {
    if (t < 3e-308 && !has_denormals()) continue;
    auto const r = gumbel_top_k(logits, 5, t, uniforms);
    CHECK(r.selected == std::vector<idx>{4, 1, 3, 0, 5});
    for (std::size_t j : {0u, 1u, 3u, 4u, 5u}) CHECK(finite_bits(r.keys[j]));
    CHECK(gumbel_top_k(logits, 2, t, uniforms).selected == std::vector<idx>{4, 1});
  }
  for (double bad : {0.0, 1.0, -1.0, quiet_nan<double>()}) {
    auto u = uniforms;
    u[3] = bad;
    CHECK(says(refusal([&] { gumbel_top_k(logits, 2, 1, u); }), {"gumbel_top_k: argument uniforms", "element 3"}));
    CHECK(says(refusal([&] { weighted_reservoir<int>(2, random_stream(1, purpose::user)).offer_log(1, 0, bad); }),
               {"weighted_reservoir: argument u"}));
  }
  std::vector<idx> first(2, 0);
  for (idx t = 0; t < 1000; ++t)
    ++first[std::size_t(
        gumbel_top_k(std::vector<double>{7, 7, 1}, 1, 1e-18, random_stream(3, purpose::gumbel, 0, std::uint64_t(t))).selected[0])];
  CHECK(std::abs(double(first[0]) - 500) < 80);
}

TEST_CASE("weighted_reservoir: weights beyond which the noise has no digits rank, and equal ones are drawn by it", "[mining]") {
  for (double large : {1e17, -1e17, 1e300, infinity<double>()}) {
    std::vector<idx> kept(3, 0);
    for (idx t = 0; t < 1500; ++t) {
      random_stream draw(4, purpose::user, 0, std::uint64_t(t));
      weighted_reservoir<idx> r(1, draw);
      std::vector<double> const logs{large, large, -1.5e300, large}, u{draw.uniform(), draw.uniform(), draw.uniform(), draw.uniform()};
      for (idx j = 0; j < 4; ++j) r.offer_log(j, logs[std::size_t(j)], u[std::size_t(j)]);
      idx const item = r.drawn().at(0).item;
      REQUIRE(item != 2);
      ++kept[std::size_t((std::min)(item, idx(2)))];
      if (large < 1e300) CHECK(item == gumbel_top_k(logs, 1, 1, u).selected.at(0));
    }
    for (idx n : kept) CHECK(std::abs(double(n) - 500) < 100);
  }
}

TEST_CASE("gumbel_top_k: a seed says all, the next seed says something else", "[mining]") {
  std::vector<float> const logits(50, 0.5f);
  auto const keys = [&](std::uint64_t seed, std::uint64_t row) {
    return gumbel_top_k(logits, 10, 0.5, random_stream(seed, purpose::gumbel, 0, row)).keys;
  };
  CHECK(keys(1, 4) == keys(1, 4));
  CHECK(keys(1, 4) != keys(2, 4));
  CHECK(keys(1, 4) != keys(1, 5));
  CHECK_THROWS_AS(gumbel_top_k(logits, 1, 0.0, random_stream(1, purpose::gumbel)), error);
  CHECK_THROWS_AS(gumbel_top_k(logits, 1, 1.0, std::vector<double>(50, 1.0)), error);
  CHECK_THROWS_AS(gumbel_top_k(logits, 1, 1.0, std::vector<double>(49, 0.5)), error);
}

TEST_CASE("streams of different rows: first numbers are uncorrelated", "[mining]") {
  double sum = 0, a2 = 0, b2 = 0;
  for (idx i = 0; i < many; ++i) {
    double const a = random_stream(9, purpose::sample, 0, std::uint64_t(i)).uniform() - 0.5;
    double const b = random_stream(9, purpose::sample, 0, std::uint64_t(i + 1)).uniform() - 0.5;
    sum += a * b, a2 += a * a, b2 += b * b;
  }
  CHECK(std::abs(sum / std::sqrt(a2 * b2)) < 5 / std::sqrt(double(many)));
}

TEST_CASE("reservoir: every pair of slots' items is equally likely", "[mining]") {
  constexpr idx n = 7;
  std::vector<idx> counts(n * n, 0);
  std::vector<double> p(n * n, 0.0);
  for (idx a = 0; a < n; ++a)
    for (idx b = a + 1; b < n; ++b) p[std::size_t(a * n + b)] = 2.0 / (n * (n - 1));
  for (idx t = 0; t < many; ++t) {
    reservoir<idx> r(2, random_stream(4, purpose::reservoir, 0, std::uint64_t(t)));
    for (idx j = 0; j < n; ++j) r.offer(j);
    idx const a = r.slots()[0], b = r.slots()[1];
    ++counts[std::size_t((std::min)(a, b) * n + (std::max)(a, b))];
  }
  CHECK(chi_square(counts, p) < one_in_a_million);
}

TEST_CASE("reservoir: k of zero keeps nothing, a wrong draw is refused", "[mining]") {
  reservoir<int> none(0, random_stream(1, purpose::reservoir));
  for (int j = 0; j < 5; ++j) none.offer(j);
  CHECK(none.slots().empty());
  CHECK(none.seen() == 5);
  reservoir<int> one(1, random_stream(1, purpose::reservoir));
  one.offer(7);
  CHECK_THROWS_AS(one.offer(8, 2), error);
  CHECK(one.slots() == std::vector<int>{7});
}

TEST_CASE("id_set: outside counts past its members", "[mining]") {
  id_set const s(std::vector<idx>{5, 0, 1, 5, 9});
  CHECK(s.size() == 4);
  std::vector<idx> rest;
  for (idx r = 0; r < 7; ++r) rest.push_back(s.outside(r));
  CHECK(rest == std::vector<idx>{2, 3, 4, 6, 7, 8, 10});
}

TEST_CASE("random_order: every number once, and as far as it goes it is a uniform subset", "[mining]") {
  CHECK(says(refusal([] { random_order(-1, random_stream(5, purpose::fill)); }), {"random_order", "-1"}));
  for (idx n : {0, 1, 9, 40, 1000}) {
    random_stream const stream(5, purpose::fill, 0, std::uint64_t(n));
    random_order order(n, stream);
    std::vector<idx> all;
    while (order.left() > 0) all.push_back(order.next());
    std::set<idx> const numbers(all.begin(), all.end());
    CHECK((idx(all.size()) == n && idx(numbers.size()) == n));
    CHECK((n == 0 || (*numbers.begin() == 0 && *numbers.rbegin() == n - 1)));
    for (idx k : {idx(0), n / 8, n / 2, n}) {
      random_stream draw = stream;
      CHECK(uniform_subset(n, k, draw) == std::vector<idx>(all.begin(), all.begin() + k));
    }
  }
}
