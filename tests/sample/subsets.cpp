// SPDX-License-Identifier: BSD-3-Clause
// Subsets drawn by weight, by difficulty or by turns: frequencies and brute force.
// Tests sample/quota.hpp.
#include <set>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../statistics.hpp"
#include "foil/sample/alias_table.hpp"
#include "foil/sample/best_worst.hpp"
#include "foil/sample/difficulty.hpp"
#include "foil/sample/max_variance.hpp"
#include "foil/sample/noisy_label.hpp"
#include "foil/sample/pld.hpp"
#include "foil/sample/random_subsets.hpp"
#include "foil/sample/replay.hpp"
#include "foil/sample/rotating_window.hpp"
#include "foil/sample/systematic.hpp"

namespace {

using namespace foil;
using namespace foil::mining;
using statistics::any_of_many, statistics::chi_square, statistics::one_in_a_million, statistics::worst_inclusion;

constexpr idx many = 200000;
double const not_a_number = quiet_nan<double>();

double variance_of(std::vector<double> const& x, std::size_t set) {
  double n = 0, mean = 0, v = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (set >> i & 1) ++n, mean += x[i];
  mean /= n;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (set >> i & 1) v += (x[i] - mean) * (x[i] - mean) / n;
  return v;
}

}  // namespace

TEST_CASE("alias_table: draws what its weights say", "[mining]") {
  std::vector<double> const w{0.1, 0, 3, 1, 0.4, 0.5};
  alias_table const table(w);
  random_stream r(1, purpose::sample);
  std::vector<idx> counts(w.size(), 0);
  for (idx t = 0; t < many; ++t) ++counts[std::size_t(table.draw(r))];
  std::vector<double> p = w;
  for (double& x : p) x /= 5;
  CHECK(chi_square(counts, p) < one_in_a_million);
  CHECK(says(refusal([&] { table.draw(0, quiet_nan<double>()); }), {"alias_table", "argument u"}));
}

TEST_CASE("alias_table: reconstructs any weights, never draws a zero", "[mining]") {
  random_stream r(2, purpose::user);
  for (idx n : {1, 2, 3, 17, 18, 19, 20, 21, 50, 51, 52, 300}) {
    std::vector<double> w;
    for (idx i = 0; i < n; ++i) w.push_back(i + 1 < n && r.below(3) == 0 ? 0 : std::exp(8 * r.normal()));
    double sum = 0;
    for (double x : w) sum += x;
    alias_table const table(w);
    auto const p = alias_distribution(table.prob(), table.alias());
    for (std::size_t j = 0; j < w.size(); ++j) {
      CHECK(std::abs(p[j] - w[j] / sum) <= 1e-12);
      if (w[j] == 0) CHECK(p[j] == 0);
    }
  }
  alias_table const wide(std::vector<double>{1e-300, 1e300, 1e300});
  CHECK(alias_distribution(wide.prob(), wide.alias())[1] == Approx(0.5));
  CHECK_THROWS_AS(alias_table(std::vector<double>{0, 0}), error);
  CHECK_THROWS_AS(alias_table(std::vector<double>{1, not_a_number}), error);
}

TEST_CASE("systematic_sample: inclusion probabilities are exact, the size is fixed", "[mining]") {
  std::vector<double> const w{8, 0.5, 1, 0, 2, 1.5, 0.25};
  auto const pi = proportional_inclusion(w, 3);
  double sum = 0;
  for (double p : pi) sum += p;
  CHECK(sum == Approx(3));
  CHECK(pi[0] == 1);
  CHECK(pi[4] / pi[2] == Approx(2));
  std::vector<idx> counts(w.size(), 0);
  random_stream r(3, purpose::sample);
  for (idx t = 0; t < many; ++t) {
    auto const s = systematic_sample(pi, r.uniform());
    if (s.size() != 3) FAIL("a draw of " << s.size());
    for (idx j : s) ++counts[std::size_t(j)];
  }
  CHECK(worst_inclusion(counts, pi, many) < any_of_many);
}

TEST_CASE("systematic_sample: wide weights, awkward sums, whole numbers at the end", "[mining]") {
  random_stream r(4, purpose::user);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> w;
    for (idx i = 0; i < 50; ++i) w.push_back(std::exp(10 * r.normal()));
    idx const k = 1 + r.below(50);
    auto const pi = proportional_inclusion(w, k);
    for (double u : {0x1p-54, 0.5, 1 - 0x1p-53}) {
      auto const s = systematic_sample(pi, u);
      CHECK(idx(s.size()) == k);
      CHECK(std::set<idx>(s.begin(), s.end()).size() == s.size());
    }
  }
  CHECK(systematic_sample(proportional_inclusion(std::vector<double>{1e-300, 1e300}, 1), 0.5) == std::vector<idx>{1});
  CHECK(systematic_sample(proportional_inclusion(std::vector<double>{0, 0}, 2), 0.5).empty());
}

TEST_CASE("max_variance_subset: as good as brute force, with either preference", "[mining]") {
  random_stream r(5, purpose::user);
  for (int round = 0; round < 300; ++round) {
    idx const n = 1 + r.below(9), m = r.below(n + 2);
    std::vector<double> x;
    for (idx i = 0; i < n; ++i) x.push_back(round % 2 ? r.normal() + 1e3 : double(r.below(4)));
    double best = 0;
    for (std::size_t set = 1; set < std::size_t(1) << n; ++set)
      if (std::popcount(set) == int((std::min)(n, m))) best = (std::max)(best, variance_of(x, set));
    auto const low = max_variance_subset(x, {.m = m}), high = max_variance_subset(x, {.m = m, .prefer_high = false});
    for (auto const& got : {low, high}) {
      CHECK(idx(got.selected.size()) == (std::min)(n, m));
      CHECK(std::set<idx>(got.selected.begin(), got.selected.end()).size() == got.selected.size());
      CHECK(got.variance == Approx(best).margin(1e-12));
      CHECK(got.no_signal == (got.variance == 0));
    }
    CHECK(low.from_low_end <= high.from_low_end);
  }
  std::vector<double> const x{2, 0, 1};
  CHECK(max_variance_subset(x, {.m = 1}).selected == std::vector<idx>{0});
  CHECK(max_variance_subset(x, {.m = 1, .prefer_high = false}).selected == std::vector<idx>{1});
}

TEST_CASE("max_variance_subset: what is not finite is never chosen, equal rewards give no signal", "[mining]") {
  auto const r = max_variance_subset(std::vector<double>{not_a_number, 1, infinity<double>(), 2, minus_infinity<double>(), 4}, {.m = 4});
  CHECK(r.selected == std::vector<idx>{1, 3, 5});
  auto const equal = max_variance_subset(std::vector<double>(5, 0.1), {.m = 2});
  CHECK(equal.no_signal);
  CHECK(equal.variance == 0);
  CHECK(equal.selected == std::vector<idx>{0, 1});
  CHECK(max_variance_subset(std::vector<double>(5, 0.1), {.m = 2, .higher_index_at_top = true}).selected == std::vector<idx>{3, 4});
  CHECK(max_variance_subset(std::vector<double>{1e200, -1e200, 0}, {.m = 2}).selected == std::vector<idx>{0, 1});
  for (double offset : {0.0, 1e5, -1e8, 1e12})  // far from 0 as near it
    CHECK(max_variance_subset(std::vector<double>{offset, offset + 1, offset + 2, offset + 10}, {.m = 2}).selected ==
          std::vector<idx>{0, 3});
  CHECK(linear_ratio(0.2, 1, 5, 10) == Approx(0.6));
  CHECK(linear_ratio(0.2, 1, 50, 10) == Approx(1));
}

TEST_CASE("max_variance_subset: the variance of rewards near each other, far from 0, in any order", "[mining]") {
  auto const all = [](std::vector<double> const& x) { return max_variance_subset(x, {.m = idx(x.size())}); };
  CHECK(all({1e15 + 1, 1e15 + 2, 1e15 + 3}).variance == Approx(2.0 / 3));
  CHECK(all({-1e15 - 1, -1e15, -1e15 - 3}).variance == Approx(14.0 / 9));
  double const next = 1 + 0x1p-52;
  for (auto const& x : {std::vector<double>{1, next, 1}, {1, 1, next}, {next, 1, 1}}) {
    CHECK_FALSE(all(x).no_signal);
    CHECK(all(x).variance == Approx(0x1p-103 / 9).epsilon(1e-12).margin(0));
  }
}

TEST_CASE("random_subsets: each item once a pass, whatever divides", "[mining]") {
  for (idx m : {1, 3, 4, 7, 10}) {
    random_subsets wrap(10, m, subset_tail::wrap, 6), drop(10, m, subset_tail::drop, 6);
    std::vector<idx> counts(10, 0);
    for (idx e = 0; e < 10; ++e) {  // ten epochs are exactly m passes
      auto const s = wrap.next();
      CHECK(idx(std::set<idx>(s.begin(), s.end()).size()) == m);
      for (idx j : s) ++counts[std::size_t(j)];
    }
    CHECK(counts == std::vector<idx>(10, m));
    std::set<idx> seen;
    for (idx e = 0; e < 10 / m; ++e)
      for (idx j : drop.next()) CHECK(seen.insert(j).second);
    CHECK(drop.passes() == 1);
    drop.next();
    CHECK(drop.passes() == 2);
  }
  CHECK(random_subsets(10, 3, subset_tail::drop, 1).next() != random_subsets(10, 3, subset_tail::drop, 2).next());
  CHECK_THROWS_AS(random_subsets(10, 11), error);
  CHECK(subset_size(5, 0.5) == 2);  // half to even
  CHECK(subset_size(7, 0.5) == 4);
}

TEST_CASE("fresh_subset: every item is included alike", "[mining]") {
  std::vector<idx> counts(9, 0);
  for (idx e = 0; e < many; ++e)
    for (idx j : fresh_subset(9, 4, 7, std::uint32_t(e))) ++counts[std::size_t(j)];
  CHECK(worst_inclusion(counts, std::vector<double>(9, 4.0 / 9), many) < any_of_many);
}

TEST_CASE("stratified_subset: quotas meet the total, members stay in their class", "[mining]") {
  std::vector<idx> labels;
  for (idx i = 0; i < 50; ++i) labels.push_back(i % 5 == 0 ? 2 : i % 2);
  auto const s = stratified_subset(labels, 17, random_stream(1, purpose::sample));
  CHECK(s.size() == 17);
  std::vector<idx> counts(3, 0);
  for (idx i : s) ++counts[std::size_t(labels[std::size_t(i)])];
  CHECK(counts == largest_remainder(std::vector<double>{20, 20, 10}, 17));
  CHECK(largest_remainder(std::vector<double>{1, 1, 1}, 5) == std::vector<idx>{2, 2, 1});
  CHECK(largest_remainder(std::vector<double>{0, 3, 0}, 5) == std::vector<idx>{0, 5, 0});
  CHECK(largest_remainder(std::vector<double>{4, 1, 1}, 2) == std::vector<idx>{2, 0, 0});  // fractions of a third each
  CHECK(largest_remainder(std::vector<double>{11, 11, 5, 3, 3, 12}, 50) == std::vector<idx>{12, 12, 6, 4, 3, 13});
  CHECK(largest_remainder(std::vector<double>{1e307, 1e307, 2e307}, 8) == std::vector<idx>{2, 2, 4});
  CHECK(largest_remainder(std::vector<double>{0, 0}, 5) == std::vector<idx>{0, 0});
}

TEST_CASE("resample_positives: falls with the loss, shifts change nothing, one candidate is certain", "[mining]") {
  std::vector<double> const s{2, -1, 0.5, 40};
  auto const r = resample_positives(s, 0.3, 0.5);
  CHECK(r.probabilities[3] > r.probabilities[0]);
  CHECK(r.probabilities[0] > r.probabilities[2]);
  CHECK(r.probabilities[2] > r.probabilities[1]);
  std::vector<double> moved = s;
  for (double& x : moved) x += 3;
  CHECK(resample_positives(moved, 3.3, 0.5).probabilities[1] == Approx(r.probabilities[1]));
  CHECK(resample_positives(s, 0.3, 1e12).probabilities[0] == Approx(0.25));
  CHECK(resample_positives(std::vector<double>{-700}, 700).probabilities == std::vector<double>{1});
  CHECK(resample_positives(std::vector<double>{}, 0).probabilities.empty());
  CHECK_THROWS_AS(resample_positives(s, not_a_number), error);
  CHECK_THROWS_AS(resample_positives(s, 0, 0), error);
  random_stream draw(9, purpose::sample);
  std::vector<idx> counts(s.size(), 0);
  for (idx j : weighted_draw(r.probabilities)(many, draw)) ++counts[std::size_t(j)];
  CHECK(chi_square(counts, r.probabilities) < one_in_a_million);
}

TEST_CASE("noisy_label_of: no score is too large, the likelihoods add up", "[mining]") {
  for (double s : {-1e4, -3.0, 0.0, 2.0, 40.0, 1e4})
    for (double g : {0.0, 0.25, 1.0}) {
      auto const r = noisy_label_of(s, g);
      CHECK(r.likelihood_unlabelled + r.likelihood_labelled == Approx(1));
      CHECK(r.true_negative >= 0);
      CHECK(r.true_negative <= 1);
      if (g == 0) CHECK(r.true_negative == 1);
      CHECK(r.gradient == Approx(r.gradient_ratio * sigmoid(s)));
    }
  double const h = 1e-6, slope = (std::log(noisy_label_of(1 + h, 0.3).likelihood_unlabelled) -
                                  std::log(noisy_label_of(1 - h, 0.3).likelihood_unlabelled)) /
                                 (2 * h);
  CHECK(-slope == Approx(noisy_label_of(1, 0.3).gradient).epsilon(1e-6));
  CHECK_THROWS_AS(noisy_label_of(0, 1.5), error);
}

TEST_CASE("replay_probabilities: advantages of any size, draws in proportion", "[mining]") {
  auto const p = replay_probabilities(std::vector<double>{1e200, -3e200, 0, not_a_number}, {.effective_only = true});
  CHECK((p[0] > 0 && p[2] == 0 && p[3] == 0));
  CHECK(p[1] == Approx(0.75));
  CHECK(replay_probabilities(std::vector<double>{1e-300, 0}, {.alpha = 2, .effective_only = true})[0] == 1);
  CHECK_THROWS_AS(replay_probabilities(std::vector<double>{1}, {.alpha = -1}), error);
  CHECK(replay_probabilities(std::vector<double>{0, 2, -5}, {.alpha = 0, .effective_only = true}) == std::vector<double>{0, 0.5, 0.5});
  CHECK(replay_probabilities(std::vector<double>{0, 0}, {.effective_only = true}) == std::vector<double>{0, 0});
  random_stream draw(10, purpose::sample);
  std::vector<idx> counts(4, 0);
  for (idx j : weighted_draw(p)(many, draw)) ++counts[std::size_t(j)];
  CHECK(chi_square(counts, p) < one_in_a_million);
}

TEST_CASE("best_worst_pair: a gap below the minimum is no pair", "[mining]") {
  std::vector<float> const r{1, 3, 2};
  CHECK(best_worst_pair(r, 2).has_pair);
  CHECK_FALSE(best_worst_pair(r, 2.5).has_pair);
  CHECK(best_worst_pair(r, 2.5).chosen == -1);
  CHECK_FALSE(best_worst_pair(std::vector<float>{1}).has_pair);
  CHECK_FALSE(best_worst_pair(std::vector<float>{}).has_pair);
  CHECK_FALSE(best_worst_pair(std::vector<double>{not_a_number, 1, infinity<double>()}).has_pair);
  auto const p = best_worst_pair(std::vector<double>{infinity<double>(), -2, 5, not_a_number, 5, -2, minus_infinity<double>()});
  CHECK((p.chosen == 2 && p.rejected == 1 && p.gap == 7));
}

TEST_CASE("rotating_window: all negatives equally often, never twice in one epoch", "[mining]") {
  for (idx n : {4, 6, 10})
    for (idx m : {1, 3, 4}) {
      std::vector<idx> counts(std::size_t(n), 0);
      for (std::uint32_t e = 0; e < std::uint32_t(n); ++e) {  // a whole number of rounds
        auto const w = rotating_window(n, m, 1, e, 5);
        CHECK(idx(std::set<idx>(w.begin(), w.end()).size()) == m);
        for (idx j : w) ++counts[std::size_t(j)];
      }
      CHECK(counts == std::vector<idx>(std::size_t(n), m));
    }
  CHECK(rotating_window(2, 5, 1, 0, 5).size() == 5);
  CHECK(rotating_window(0, 5, 1, 0, 5).empty());
  CHECK(rotating_window(50, 5, 1, 0, 5) != rotating_window(50, 5, 1, 0, 6));
}

TEST_CASE("dart_targets: rise with the fail rate, at least one", "[mining]") {
  auto const t = dart_targets(std::vector<double>{1, 0.9, 0.5, 0.5, 0.99}, {.max_target = 20}).targets;
  CHECK(t == std::vector<idx>{1, 4, 20, 20, 1});
  CHECK_THROWS_AS(dart_targets(std::vector<double>{-0.5}), error);
  std::vector<unsigned char> const outcomes{1, 0, 1, 1};
  CHECK(collect_correct(outcomes, 2).used == 3);
  CHECK(collect_correct(outcomes, 0).used == 0);
  CHECK(collect_correct(outcomes, 9).used == 4);
}

TEST_CASE("random_subsets: a permutation from elsewhere names each item once", "[mining]") {
  for (std::vector<idx> const& wrong : {std::vector<idx>{0, 0, 0, 0}, {0, 1, 2, 4}, {0, 1, 2, -1}, {0, 1, 2}}) {
    random_subsets s(4, 2);
    CHECK_THROWS_AS(s.next([&] { return wrong; }), error);
    CHECK(s.next([] { return std::vector<idx>{3, 1, 0, 2}; }) == std::vector<idx>{3, 1});
  }
  CHECK(says(refusal([] { fresh_subset(5, 9, 1, 0); }), {"fresh_subset", "argument m", "9"}));
  CHECK(says(refusal([] { random_subsets(5, 2, subset_tail(2)); }), {"random_subsets", "tail", "0 .. 1", "2"}));
}
TEST_CASE("largest_remainder: quotas add up to totals near 2^53", "[mining]") {
  for (idx n : {3, 5, 7, 1000})
    for (idx total : {(idx(1) << 53) - 2, (idx(1) << 53) - 3, idx(1) << 53, (idx(1) << 53) - 13}) {
      std::vector<double> const weights(std::size_t(n), 1.0);
      idx sum = 0;
      for (idx q : largest_remainder(weights, total)) sum += q;
      CHECK(sum == total);
    }
}
