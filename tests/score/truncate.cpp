// SPDX-License-Identifier: BSD-3-Clause
// Truncation rules against sorting everything: rows of many widths, with ties, filtered and masked logits.
// Tests score/truncate.hpp, score/keep.hpp, score/cheapest.hpp, score/distribution.hpp, score/logit_row.hpp.
#include "foil/score/truncate.hpp"

#include <cmath>
#include <numeric>
#include <set>

#include "../catch.hpp"
#include "foil/core/random.hpp"
#include "foil/score/logprob.hpp"
#include "foil/score/token_table.hpp"

using namespace foil;
namespace keep = foil::score::keep;

namespace {

/// A row in long double, with its tokens in the order of some cost.
struct reference {
  std::vector<long double> log_p;
  std::vector<idx> tokens;
  long double entropy = 0;

  explicit reference(std::vector<double> const& z) : log_p(z.size()) {
    long double const top = *std::max_element(z.begin(), z.end());
    long double sum = 0;
    for (double x : z)
      if (finite_bits(x)) sum += std::exp(static_cast<long double>(x) - top);  // by bits: -ffast-math knows no infinity
    for (std::size_t j = 0; j < z.size(); ++j) {
      log_p[j] = static_cast<long double>(z[j]) - top - std::log(sum);
      if (!finite_bits(z[j])) continue;
      tokens.push_back(idx(j));
      entropy -= p(idx(j)) * std::max(log_p[j], static_cast<long double>(-1e6));
    }
  }
  long double p(idx token) const { return std::exp(log_p[std::size_t(token)]); }
  /// The shortest prefix by cost with the mass, and how far its sums stay from the mass: a test says nothing where they do not.
  template <class Cost>
  std::set<idx> prefix(double mass, Cost const& cost, bool with_ties, long double& doubt) {
    std::stable_sort(tokens.begin(), tokens.end(), [&](idx a, idx b) { return cost(a) < cost(b); });
    std::set<idx> kept;
    long double sum = 0;
    std::size_t n = 0;
    while (n < tokens.size() && (n == 0 || sum < static_cast<long double>(mass) - 1e-12L)) {
      sum += p(tokens[n]), kept.insert(tokens[n++]);
      doubt = std::min(doubt, std::abs(sum - static_cast<long double>(mass)));
    }
    long double const last = cost(tokens[n - 1]);
    while (with_ties && n < tokens.size() && cost(tokens[n]) <= last + 1e-15L) kept.insert(tokens[n++]);
    return kept;
  }
};

std::set<idx> kept_of(score::truncation const& r) {
  std::set<idx> s;
  for (std::size_t j = 0; j < r.keep.size(); ++j)
    if (r.keep[j]) s.insert(idx(j));
  return s;
}

}  // namespace

TEST_CASE("truncate: rules keep what sorting everything keeps", "[score]") {
  random_stream draw(11, purpose::user);
  int looked_at = 0;
  for (int round = 0; round < 400; ++round) {
    idx const n = round < 40 ? round + 1 : 1 + draw.below(3000);
    double const spread = std::vector<double>{0.001, 0.3, 3, 12}[std::size_t(round % 4)];
    bool const ties = round % 3 == 0, filtered = round % 5 == 0, masked = round % 7 == 0;
    std::vector<double> z(static_cast<std::size_t>(n));
    for (double& x : z) {
      x = spread * draw.normal();
      if (ties) x = std::round(x * 4) / 4;
      if (filtered && draw.below(3) == 0) x = minus_infinity<double>();
      if (masked && draw.below(4) == 0) x = -3.4e38;
    }
    z[0] = spread;  // one is there
    reference row(z);
    auto const logits = rows(z.data(), 1, n);
    auto const same = [&](auto rule, std::set<idx> const& want) {
      auto const r = score::truncate(logits, rule);
      CAPTURE(round, n, spread);
      CHECK(kept_of(r) == want);
      long double mass = 0;
      for (idx t : want) mass += row.p(t);
      CHECK(r.kept_mass[0] == Approx(double(mass)).epsilon(1e-12));
      CHECK(r.entropy[0] == Approx(double(row.entropy)).epsilon(1e-11).margin(1e-11));
      ++looked_at;
    };
    for (double mass : {0.0, 0.1, 0.5, 0.9, 0.999}) {
      long double doubt = 1;
      auto const best = row.prefix(
          mass, [&](idx t) { return -static_cast<long double>(z[std::size_t(t)]); }, false, doubt);
      if (doubt > 1e-10L) same(keep::top_p{.p = mass}, best);
      doubt = 1;
      auto const surprise = [&](idx t) { return std::abs(-std::max(row.log_p[std::size_t(t)], -1e300L) - row.entropy); };
      auto const nearest = row.prefix(mass, surprise, true, doubt);
      long double next = 1;  // tokens on both sides of the entropy may be as near but for rounding
      for (idx t : row.tokens)
        if (!nearest.count(t)) next = std::min(next, std::abs(surprise(t) - surprise(*nearest.rbegin())));
      for (idx a : nearest)
        for (idx t : row.tokens)
          if (n < 200 && !nearest.count(t)) next = std::min(next, std::abs(surprise(t) - surprise(a)));
      if (doubt > 1e-10L && next > 1e-12L && n < 200) same(keep::typical{.mass = mass}, nearest);
    }
    std::sort(row.tokens.begin(), row.tokens.end(), [&](idx a, idx b) { return z[std::size_t(a)] > z[std::size_t(b)]; });
    for (idx k : {idx(1), idx(7), idx(50), n}) {
      double const least = z[std::size_t(row.tokens[std::size_t(std::min(k, idx(row.tokens.size())) - 1)])];
      std::set<idx> want;
      for (idx t : row.tokens)
        if (z[std::size_t(t)] >= least) want.insert(t);
      same(keep::top_k{k}, want);
    }
    auto const above = [&](long double bound) {
      std::set<idx> want;
      for (idx t : row.tokens)
        if (row.log_p[std::size_t(t)] >= bound) want.insert(t);
      if (want.empty()) want.insert(row.tokens[0]);
      return want;
    };
    auto const clear_of = [&](long double bound) {
      for (idx t : row.tokens)
        if (std::abs(row.log_p[std::size_t(t)] - bound) < 1e-9L) return false;
      return true;
    };
    long double const most = row.log_p[std::size_t(row.tokens[0])];
    for (double share : {0.01, 0.1, 0.7})
      if (long double const bound = most + std::log(static_cast<long double>(share)); clear_of(bound))
        same(keep::min_p{share}, above(bound));
    // A floor of one token keeps all that tie with the best.
    if (long double const bound = std::log(3e-4L); clear_of(bound) && most >= bound) same(keep::epsilon{}, above(bound));
    if (long double const bound = std::min(std::log(3e-4L), std::log(3e-4L) / 2 - row.entropy); clear_of(bound) && most >= bound)
      same(keep::eta{}, above(bound));
  }
  CHECK(looked_at > 3000);
}

TEMPLATE_TEST_CASE("truncate, self_certainty: float and half logits are as good as the same numbers in double", "[score]", float,
                   Eigen::half, Eigen::bfloat16) {
  random_stream draw(12, purpose::user);
  for (idx n : {idx(5), idx(64), idx(1000), idx(9001)})
    for (double temperature : {1.0, 0.1, 7.0, 1e-31}) {
      matrix<TestType> z(2, n);
      for (idx j = 0; j < z.size(); ++j) z.data()[j] = TestType(float(4 * draw.normal()));
      if (n > 64) z(1, 70) = TestType(minus_infinity<float>());
      matrix<double> const wide = z.template cast<float>().template cast<double>();
      score::truncate_options const o{.temperature = temperature};
      CAPTURE(n, temperature);
      auto const same = [&](auto rule) {
        auto const r = score::truncate(z, rule, o), want = score::truncate(wide, rule, o);
        CHECK(r.keep == want.keep);
        for (std::size_t t = 0; t < 2; ++t) {
          CHECK(r.kept_mass[t] == Approx(want.kept_mass[t]).epsilon(1e-6));
          CHECK(r.kept_mass[t] <= 1);
          CHECK(r.entropy[t] == Approx(want.entropy[t]).epsilon(1e-6).margin(1e-6));
        }
      };
      same(keep::top_k{5}), same(keep::min_p{}), same(keep::epsilon{}), same(keep::eta{}), same(keep::top_p{.p = 0.7654321});
      same(keep::top_h{.alpha = 1, .top_n = n}), same(keep::min_p{0}), same(keep::top_h{}), same(keep::typical{.mass = 1});
      matrix<float> const floats = z.template cast<float>();
      auto const table = score::all_token_statistics(z, {temperature}), as_floats = score::all_token_statistics(floats, {temperature});
      CHECK(table.entropy == as_floats.entropy);
      CHECK(table.margin == as_floats.margin);
      CHECK(score::token_logprob(z.row(0).data(), n, 3, temperature) == score::token_logprob(floats.row(0).data(), n, 3, temperature));
      if (temperature < 1e-30) continue;
      auto const r = score::value_and_grad(score::self_certainty{temperature, score::support::finite}, z);
      auto const want = score::value_and_grad(score::self_certainty{temperature, score::support::finite}, wide);
      CHECK(r.value == Approx(want.value).epsilon(1e-6));
      CHECK((r.gradient.template cast<double>() - want.gradient).cwiseAbs().maxCoeff() <= 1e-6 * want.gradient.cwiseAbs().maxCoeff());
    }
}
