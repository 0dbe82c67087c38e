// SPDX-License-Identifier: BSD-3-Clause
// Every row statistic: merged states are the state of the whole row, slopes are finite differences, dropped columns are not there.
// Tests stat/slice.hpp, stat/visit.hpp.
#include "../catch.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/random.hpp"
#include "foil/stat/count.hpp"
#include "foil/stat/hardest.hpp"
#include "foil/stat/log_sum_exp.hpp"
#include "foil/stat/mean.hpp"
#include "foil/stat/sum_of.hpp"

using namespace foil;

namespace {

/// A row with negatives, positives and dropped columns.
struct row {
  std::vector<double> u, bias;
  std::vector<idx> positives;

  explicit row(idx n, std::uint64_t seed) {
    random_stream draw(seed, purpose::user);
    for (idx j = 0; j < n; ++j) {
      u.push_back(2 * draw.normal());
      idx const what = draw.below(5);
      bias.push_back(what < 3 ? 0.3 * draw.normal() : log_zero<double>);
      if (what == 4) positives.push_back(j);
    }
  }
  slice<double> all() const { return {0, 0, idx(u.size()), u.data(), bias.data(), positives}; }
};

template <class T>
double value_of(T const& stat, slice<double> const& x) {
  typename T::template state<double> s{};
  stat.add(s, x);
  return stat.value(s);
}

/// f(name, statistic) for each; what each should be, naively, in want(row).
template <class F>
void each(F const& f) {
  f("log_sum_exp negatives", stat::log_sum_exp<over::negatives>{});
  f("log_sum_exp scaled", stat::log_sum_exp<over::negatives>{.k = -1.7});
  f("log_sum_exp positives", stat::log_sum_exp<over::positives>{.k = 0.6});
  f("log_sum_exp everyone", stat::log_sum_exp<over::everyone>{});
  f("mean negatives", stat::mean<over::negatives>{});
  f("mean positives", stat::mean<over::positives>{});
  f("count negatives", stat::count<over::negatives>{});
  f("count everyone", stat::count<over::everyone>{});
  f("hardest negatives", stat::hardest<over::negatives>{});
  f("hardest positives", stat::hardest<over::positives>{});
  f("sum_of softplus negatives", stat::sum_of<over::negatives, stat::smooth_hinge>{.k = 1.3, .c = -0.4});
  f("sum_of softplus positives", stat::sum_of<over::positives, stat::smooth_hinge>{.k = -1, .c = 0.2});
}

}  // namespace

TEST_CASE("statistics: merging the halves of a row is reading it whole", "[stat]") {
  each([](char const* name, auto const& stat) {
    using state = typename std::remove_cvref_t<decltype(stat)>::template state<double>;
    for (idx n : {1, 7, 64, 131}) {
      INFO(name << ", " << n << " columns");
      row const r(n, std::uint64_t(n));
      for (idx cut : {idx(0), n / 3, n}) {
        std::vector<idx> left, right;
        for (idx p : r.positives) p < cut ? left.push_back(p) : right.push_back(p - cut);
        state a{}, b{}, whole{};
        stat.add(a, {0, 0, cut, r.u.data(), r.bias.data(), left});
        stat.add(b, {0, cut, n - cut, r.u.data() + cut, r.bias.data() + cut, right});
        state other_way = b;
        stat.merge(a, b), stat.merge(other_way, state{}), stat.add(whole, r.all());
        CHECK(stat.defined(a) == stat.defined(whole));
        CHECK(stat.value(a) == Approx(stat.value(whole)).epsilon(1e-13).margin(1e-13));
        CHECK(stat.value(other_way) == stat.value(b));
      }
    }
  });
}
TEST_CASE("statistics: slopes are finite differences, and 0 for whom the statistic is not about", "[stat]") {
  each([](char const* name, auto const& stat) {
    INFO(name);
    row r(37, 3);
    typename std::remove_cvref_t<decltype(stat)>::template state<double> s{};
    stat.add(s, r.all());
    std::vector<double> slope(r.u.size(), 0.0);
    stat.slope(s, 1.5, r.all(), slope.data());
    for (std::size_t j = 0; j < r.u.size(); ++j) {
      double const at = r.u[j], h = 1e-6;
      r.u[j] = at + h;
      double const up = value_of(stat, r.all());
      r.u[j] = at - h;
      double const down = value_of(stat, r.all());
      r.u[j] = at;
      CHECK(slope[j] == Approx(1.5 * (up - down) / (2 * h)).epsilon(1e-6).margin(1e-8));
    }
  });
}
TEST_CASE("statistics: a further dropped column changes nothing", "[stat]") {
  each([](char const* name, auto const& stat) {
    INFO(name);
    row r(50, 5);
    double const before = value_of(stat, r.all());
    r.u.push_back(1000), r.bias.push_back(log_zero<double>);
    CHECK(value_of(stat, r.all()) == before);
  });
}
TEST_CASE("statistics: of nothing are undefined, and say so", "[stat]") {
  each([](char const* name, auto const& stat) {
    INFO(name);
    typename std::remove_cvref_t<decltype(stat)>::template state<double> s{};
    std::vector<double> const u(9, 1.0), bias(9, log_zero<double>);
    stat.add(s, {0, 0, 9, u.data(), bias.data(), {}});
    CHECK(!stat.defined(s));
    CHECK(finite_bits(double(stat.value(s))));
  });
}
TEST_CASE("log_sum_exp: log weights count as repetitions, and scores of any size stay finite", "[stat]") {
  std::vector<double> const u{1000, 999, -1000}, bias{std::log(3.0), 0, 0};
  slice<double> const x{0, 0, 3, u.data(), bias.data(), {}};
  CHECK(value_of(stat::log_sum_exp<over::negatives>{}, x) == Approx(1000 + std::log(3 + std::exp(-1.0))).epsilon(1e-14));
  std::vector<float> const f{88.5f, -500.f, 1e6f}, none(3, 0.f);
  stat::log_sum_exp<over::negatives> const lse;
  decltype(lse)::state<float> s{};
  lse.add(s, {0, 0, 3, f.data(), none.data(), {}});
  CHECK(lse.value(s) == 1e6f);
}
TEST_CASE("hardest: equal scores go to the lower column", "[stat]") {
  std::vector<double> const u{1, 5, 5, 2}, bias(4, 0.0);
  stat::hardest<over::negatives> const h;
  decltype(h)::state<double> s{};
  h.add(s, {0, 0, 4, u.data(), bias.data(), {}});
  std::vector<double> slope(4, 0.0);
  h.slope(s, 1.0, {0, 0, 4, u.data(), bias.data(), {}}, slope.data());
  CHECK(slope == std::vector<double>{0, 1, 0, 0});
}
