// SPDX-License-Identifier: BSD-3-Clause
#include "foil/stat/vocabulary.hpp"

#include <vector>

#include "../catch.hpp"
#include "foil/core/random.hpp"
#include "foil/stat/largest.hpp"

namespace {

using namespace foil;
using stat::support, stat::vocabulary;

template <class S>
std::vector<S> random_row(idx n, std::uint64_t seed, double spread = 5) {
  random_stream r(seed, purpose::user);
  std::vector<S> z;
  for (idx j = 0; j < n; ++j) z.push_back(S(spread * r.normal()));
  return z;
}
template <class S>
vocabulary of(std::vector<S> const& z, double scale = 1) {
  vocabulary v;
  v.add(z.data(), idx(z.size()), scale);
  return v;
}
/// Compared by bits, infinities are told from numbers even where a compiler assumes that there are none.
std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }
/// The definitions, in long double, two passes.
struct dense {
  long double lse = 0, mean = 0, entropy = 0, collision = 0;
  template <class S>
  explicit dense(std::vector<S> const& z, double scale = 1) {
    long double top = -1e30L, sum = 0;
    for (S x : z) top = (std::max)(top, (long double)(x)*scale);
    for (S x : z) sum += std::exp((long double)(x)*scale - top), mean += (long double)(x)*scale / (long double)(z.size());
    lse = top + std::log(sum);
    for (S x : z) {
      long double const p = std::exp((long double)(x)*scale - lse);
      entropy -= p * ((long double)(x)*scale - lse), collision += p * p;
    }
  }
};

}  // namespace

TEMPLATE_TEST_CASE("vocabulary: one pass equals the definitions for every length around a chunk", "[stat]", float, double) {
  double const tolerance = sizeof(TestType) == 4 ? 3e-6 : 1e-13;
  for (idx n : {1, 2, 3, 7, 8, 9, 31, 65, 1000, 4095, 4096, 4097, 9000})
    for (double scale : {1.0, 0.3, 4.0}) {
      auto const z = random_row<TestType>(n, std::uint64_t(n));
      vocabulary const v = of(z, scale);
      dense const d(z, scale);
      INFO("n " << n << ", scale " << scale);
      CHECK(v.log_sum_exp() == Approx(double(d.lse)).epsilon(tolerance).margin(tolerance));
      CHECK(v.mean() == Approx(double(d.mean)).epsilon(tolerance).margin(tolerance));
      CHECK(v.entropy() == Approx(double(d.entropy)).epsilon(10 * tolerance).margin(10 * tolerance));
      CHECK(v.collision() == Approx(double(d.collision)).epsilon(tolerance));
      CHECK(v.self_certainty(support::full) == Approx(double(d.lse - d.mean) - std::log(double(n))).epsilon(tolerance).margin(tolerance));
    }
}

TEST_CASE("vocabulary: merged shards equal the whole row, in any order and with empty shards", "[stat]") {
  auto const z = random_row<double>(5000, 3);
  vocabulary const whole = of(z);
  for (idx cut : {idx(0), idx(1), idx(17), idx(4096), idx(4999), idx(5000)}) {
    vocabulary a, b, empty;
    a.add(z.data(), cut), b.add(z.data() + cut, 5000 - cut);
    vocabulary ab = a, ba = b;
    ab.merge(b), ab.merge(empty), ba.merge(empty), ba.merge(a);
    for (vocabulary const& v : {ab, ba}) {
      CHECK(v.finite == 5000);
      CHECK(v.log_sum_exp() == Approx(whole.log_sum_exp()).epsilon(1e-14));
      CHECK(v.entropy() == Approx(whole.entropy()).epsilon(1e-12));
      CHECK(v.collision() == Approx(whole.collision()).epsilon(1e-13));
      CHECK(v.self_certainty(support::full) == Approx(whole.self_certainty(support::full)).epsilon(1e-13));
    }
  }
}

TEST_CASE("vocabulary: adding a constant to the logits changes no statistic but log-sum-exp and mean", "[stat]") {
  auto z = random_row<double>(300, 5);
  vocabulary const before = of(z);
  for (double& x : z) x += 1e6;
  vocabulary const after = of(z);
  CHECK(after.log_sum_exp() == Approx(before.log_sum_exp() + 1e6).epsilon(1e-15));
  CHECK(after.self_certainty(support::full) == Approx(before.self_certainty(support::full)).epsilon(1e-8));
  CHECK(after.entropy() == Approx(before.entropy()).epsilon(1e-8));
  CHECK(after.max_prob() == Approx(before.max_prob()).epsilon(1e-8));
}

TEMPLATE_TEST_CASE("vocabulary: a row of nothing but -inf, or with NaN or +inf, is undefined and counted", "[stat]", float, double) {
  using S = TestType;
  for (idx n : {idx(1), idx(5), idx(5000)}) {
    vocabulary const v = of(std::vector<S>(std::size_t(n), minus_infinity<S>()));
    CHECK(!v.defined());
    CHECK(v.filtered == n);
    for (double x : {v.log_sum_exp(), v.mean(), v.entropy(), v.perplexity(), v.gini(), v.max_prob(), v.collision(),
                     v.self_certainty(support::full), v.self_certainty(support::finite), v.kl_from_uniform(support::full), v.log_prob(0)})
      CHECK(nan_bits(x));
  }
  for (S poison : {quiet_nan<S>(), infinity<S>()}) {
    auto z = random_row<S>(5000, 1);
    z[4500] = poison;
    CHECK(of(z).bad == 1);
    CHECK(nan_bits(of(z).entropy()));
  }
  CHECK(!of(std::vector<S>{}).defined());
}

TEST_CASE("vocabulary: some filtered logits leave the entropy finite and self-certainty to the policy", "[stat]") {
  auto z = random_row<double>(100, 2);
  std::vector<double> kept(z.begin() + 40, z.end());
  std::fill(z.begin(), z.begin() + 40, minus_infinity<double>());
  vocabulary const v = of(z), k = of(kept);
  CHECK(v.entropy() == Approx(k.entropy()).epsilon(1e-14));
  CHECK(bits(v.self_certainty(support::full)) == bits(infinity<double>()));
  CHECK(v.self_certainty(support::finite) == Approx(k.self_certainty(support::full)).epsilon(1e-14));
  CHECK(bits(v.log_prob(minus_infinity<double>())) == bits(minus_infinity<double>()));
  CHECK(v.size() == 100);
}

TEMPLATE_TEST_CASE("vocabulary: logits at the ends of their type give numbers", "[stat]", float, double) {
  using S = TestType;
  S const low = (std::numeric_limits<S>::lowest)();
  std::vector<S> z = {1, 2, 3, low, low, low, low, low, low, low, low};
  vocabulary const v = of(z, 3.0);
  std::vector<S> const three = {1, 2, 3};
  CHECK(v.finite == 11);
  CHECK(v.log_sum_exp() == Approx(of(three, 3.0).log_sum_exp()));
  CHECK(v.entropy() == Approx(of(three, 3.0).entropy()));
  CHECK(v.self_certainty(support::full) > 1e30);
  vocabulary const all = of(std::vector<S>(11, low));
  CHECK(all.entropy() == Approx(std::log(11.0)));
  CHECK(all.self_certainty(support::full) == Approx(0).margin(1e-6));
}

TEST_CASE("vocabulary: one logit and equal logits have self-certainty 0", "[stat]") {
  CHECK(of(std::vector<float>{-3}).self_certainty(support::full) == 0);
  CHECK(of(std::vector<float>{-3}).entropy() == 0);
  CHECK(of(std::vector<float>(5000, 2.5f)).self_certainty(support::full) == Approx(0).margin(1e-12));
  CHECK(of(std::vector<float>(5000, 2.5f)).perplexity() == Approx(5000));
}

TEST_CASE("vocabulary: half logits count as the numbers they hold", "[stat]") {
  std::vector<Eigen::half> h;
  std::vector<float> f;
  for (float x : random_row<float>(5000, 8)) h.push_back(Eigen::half(x)), f.push_back(float(h.back()));
  h.push_back(Eigen::half(minus_infinity<float>()));
  CHECK(of(h).entropy() == of(f).entropy());
  CHECK(of(h).filtered == 1);
}

TEST_CASE("largest: shards merge to the k largest of all, without NaN and infinities", "[stat]") {
  auto z = random_row<float>(3000, 4);
  z[7] = quiet_nan<float>(), z[8] = infinity<float>(), z[9] = minus_infinity<float>();
  std::vector<float> sorted;
  for (float x : z)
    if (finite_bits(x)) sorted.push_back(x);
  std::sort(sorted.begin(), sorted.end(), [](float a, float b) { return a > b; });
  for (idx k : {idx(1), idx(2), idx(20), idx(2996), idx(5000)}) {
    stat::largest a(k), b(k);
    a.add(z.data(), 1000), b.add(z.data() + 1000, 2000);
    a.merge(b);
    std::vector<double> const got = a.values();
    REQUIRE(idx(got.size()) == (std::min)(k, idx(sorted.size())));
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == double(sorted[i]));
  }
  CHECK_THROWS_AS(stat::largest(0), error);
}
