// SPDX-License-Identifier: BSD-3-Clause
// Statistics: states of shards merged are the state of the whole row; slopes are finite differences of values.
#include <algorithm>
#include <cmath>
#include <vector>

#include "../catch.hpp"
#include "foil/core/random.hpp"
#include "foil/loss/circle.hpp"
#include "foil/loss/clan.hpp"
#include "foil/stat/active_sum.hpp"
#include "foil/stat/contrast.hpp"
#include "foil/stat/key_tally.hpp"
#include "foil/stat/log_sum_exp_of.hpp"
#include "foil/stat/softmax_mean.hpp"

namespace {

using namespace foil;

/// A row of 150 pairs: some absent, some weighted, some positives (two of them with weights).
template <class S>
struct row {
  std::vector<S> u, bias;
  std::vector<idx> positives{3, 40, 77, 149};
  std::vector<S> positive_bias{S(0), S(-0.5), S(0.25), S(0)};

  explicit row(S spread = 1) {
    random_stream r(7, purpose::user);
    for (idx j = 0; j < 150; ++j) u.push_back(spread * S(r.normal())), bias.push_back(j % 5 == 2 ? log_zero<S> : S(j % 3) / 4);
    for (idx p : positives) bias[std::size_t(p)] = log_zero<S>;
  }
  slice<S> whole() const { return {0, 0, idx(u.size()), u.data(), bias.data(), positives, positive_bias.data()}; }
};

template <class S, class Stat>
auto values(Stat const& stat, slice<S> const& x) {
  typename Stat::template state<S> s{};
  stat.add(s, x);
  if constexpr (width_of<Stat> == 1)
    return std::array<double, 1>{double(stat.value(s))};
  else
    return stat.value(s);
}

template <class S, class Stat>
void merges(Stat const& stat, double tolerance) {
  row<S> const r;
  slice<S> left = r.whole(), right = left;
  left.size = 50, left.positives = left.positives.first(2);
  right.first = 50, right.size = 100, right.u += 50, right.bias += 50, right.positive_bias += 2;
  std::vector<idx> const shifted{27, 99};
  right.positives = shifted;
  typename Stat::template state<S> a{}, b{}, empty{};
  stat.add(a, left), stat.add(b, right);
  stat.merge(b, empty), stat.merge(empty, a), stat.merge(empty, b);
  auto const want = values<S>(stat, r.whole());
  std::array<double, want.size()> got;
  if constexpr (want.size() == 1)
    got = {double(stat.value(empty))};
  else
    got = stat.value(empty);
  for (std::size_t k = 0; k < want.size(); ++k) CHECK(double(got[k]) == Approx(double(want[k])).epsilon(tolerance).margin(1e-12));
}

/// One number's slope, weighted slopes included.
template <class Stat>
void slopes(Stat const& stat, std::size_t number = 0) {
  row<double> r;
  typename Stat::template state<double> s{};
  stat.add(s, r.whole());
  std::vector<double> slope(150), by_weight(150);
  auto const c = [&] {
    if constexpr (width_of<Stat> == 1) {
      return 2.0;
    } else {
      std::array<double, width_of<Stat>> only{};
      only[number] = 2;
      return only;
    }
  }();
  if constexpr (requires { stat.complete(s); }) stat.complete(s);
  stat.slope(s, c, r.whole(), slope.data());
  auto const difference = [&](double& x) {
    double const at = x, h = 1e-6;
    x = at + h;
    double const up = values<double>(stat, r.whole())[number];
    x = at - h;
    double const down = values<double>(stat, r.whole())[number];
    x = at;
    return (up - down) / h;  // c is 2
  };
  for (std::size_t j = 0; j < 150; ++j) CHECK(std::abs(difference(r.u[j]) - slope[j]) < 1e-7);
  if constexpr (requires { stat.weight_slope(s, c, r.whole(), by_weight.data()); }) {
    row<double> unweighted = r;  // weights are in the state alone
    for (double& b : unweighted.bias) b = b > log_zero_limit<double> ? 0 : b;
    std::fill(unweighted.positive_bias.begin(), unweighted.positive_bias.end(), 0.0);
    stat.weight_slope(s, c, unweighted.whole(), by_weight.data());
    auto const by_log_weight = [&](double& w) { return difference(w) / std::exp(w); };
    std::vector<double> want(150, 0.0);
    for (std::size_t j = 0; j < 150; ++j)
      if (r.bias[j] > log_zero_limit<double>) want[j] = by_log_weight(r.bias[j]);
    for (std::size_t p = 0; p < r.positives.size(); ++p) want[std::size_t(r.positives[p])] = by_log_weight(r.positive_bias[p]);
    for (std::size_t j = 0; j < 150; ++j) CHECK(std::abs(want[j] - by_weight[j]) < 1e-7);
  }
}

template <class Stat>
void both(Stat const& stat) {
  merges<double>(stat, 1e-13), merges<float>(stat, 2e-6);
  slopes(stat);
}

}  // namespace

TEST_CASE("active_sum: shards merge, slopes are differences", "[stat]") {
  both(stat::active_sum<over::negatives, loss::clan_term>{.k = 0.5, .c = 0.1, .f = {true, 0.01}});
  both(stat::active_sum<over::negatives, loss::clan_term>{.k = -2, .c = 0.1});
  both(stat::active_sum<over::positives, loss::clan_term>{.k = 1, .c = 0.7});
}
TEST_CASE("log_sum_exp_of: shards merge, slopes are differences", "[stat]") {
  both(stat::log_sum_exp_of<over::negatives, loss::circle_logit>{{3, 1, 0.4, -0.4, false}});
  both(stat::log_sum_exp_of<over::positives, loss::circle_logit>{{3, -1, 1.4, 0.6, false}});
}
TEST_CASE("softmax_mean: shards merge, slopes are differences", "[stat]") {
  both(stat::softmax_mean<over::negatives>{.t = 1.5});
  both(stat::softmax_mean<over::negatives>{.t = -0.7});
  both(stat::softmax_mean<over::positives>{.t = 2});
  auto const x = row<float>(1000);  // logits of thousands
  auto const most = values<float>(stat::softmax_mean<over::negatives>{.t = 5}, x.whole())[0];
  float top = -1e30f;
  for (std::size_t j = 0; j < 150; ++j)
    if (x.bias[j] > log_zero_limit<float>) top = (std::max)(top, x.u[j]);
  CHECK(float(most) == top);
}
TEST_CASE("contrast: shards merge, slopes are differences, those by weights too", "[stat]") {
  both(stat::contrast{}), slopes(stat::contrast{}, 1);
}
TEST_CASE("key_tally: shards merge, bytes walk down to the score itself", "[stat]") {
  merges<float>(stat::key_tally{0, 24}, 0), merges<double>(stat::key_tally{0xbf, 48}, 0);
  row<float> const r;
  std::vector<float> live;
  for (std::size_t j = 0; j < 150; ++j)
    if (r.bias[j] > log_zero_limit<float>) live.push_back(r.u[j]);
  std::sort(live.begin(), live.end());
  for (std::size_t wanted : {std::size_t(0), live.size() / 3, live.size() - 1}) {
    std::uint64_t prefix = 0;
    std::size_t rank = wanted;
    for (int shift = 24; shift >= 0; shift -= 8) {
      auto const counts = values<float>(stat::key_tally{prefix, shift}, r.whole());
      std::size_t byte = 0;
      for (; rank >= std::size_t(counts[byte]); ++byte) rank -= std::size_t(counts[byte]);
      prefix = prefix << 8 | byte;
    }
    CHECK(stat::from_ordered_bits<float>(prefix) == live[wanted]);
  }
  CHECK(stat::ordered_bits(-1.0) < stat::ordered_bits(-0.5));
  CHECK(stat::ordered_bits(-0.0) == stat::ordered_bits(0.0));
  CHECK(stat::ordered_bits(0.0) < stat::ordered_bits(1e-300));
}
