// SPDX-License-Identifier: BSD-3-Clause
// Tapers of likelihood ratios, as the policy losses and as a bias use them.
// Tests core/taper.hpp.
#include "foil/bias/taper.hpp"

#include "../catch.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/policy/topr.hpp"
#include "foil/pool.hpp"
#include "foil/roles.hpp"

namespace {

using namespace foil;
using numbers = matrix<double>;

numbers cosines(idx rows, idx columns, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  numbers m(rows, columns);
  for (idx i = 0; i < m.size(); ++i) m.data()[i] = std::tanh(r.normal());
  return m;
}
template <class... Bias>
auto contrast(numbers const& positive, numbers const& negative, Bias const&... bias) {
  objective const f{loss::info_nce{.temperature = 0.3}};
  return f.value_and_grad(pool::given(positive, roles::all_positive{}), pool::given(negative, roles::all_negative{}, bias...));
}

}  // namespace

TEST_CASE("taper: a clip in the log domain, and its potential has it as slope", "[taper]") {
  double const inf = infinity<double>();
  for (taper const t : {taper{0, 1}, taper{1, 1}, taper{0.25, 4}, taper{0, inf}, taper{0, 0}})
    for (double x : {-1e120, -30.0, -1.5, -0.2, 0.0, 0.3, 2.0, 20.0}) {
      double const rho = std::exp((std::max)(x, -700.0)), want = (std::min)((std::max)(rho, t.a), t.b);
      CHECK(t.weight(x) == Approx(want).margin(1e-300));
      double const l = t.log_weight(x);
      CHECK((l > log_zero_limit<double> ? std::exp(l) : 0) == Approx(want).margin(1e-12));
      if (std::abs(x) < 100 && std::abs(x) > 0.1)
        CHECK((t.potential(x + 1e-6) - t.potential(x - 1e-6)) / 2e-6 == Approx(t.weight(x)).epsilon(1e-6).margin(1e-9));
    }
  CHECK(taper{0, inf}.log_weight(2000.0) == 2000);  // e^2000 is never formed
  CHECK(taper{0, 1}.log_weight(inf) == 0);
  CHECK(taper{0, 1}.log_weight(minus_infinity<double>()) < log_zero_limit<double>);
  for (taper const t : {taper{-1, 1}, taper{2, 1}, taper{quiet_nan<double>(), 1}, taper{0, quiet_nan<double>()}, taper{inf, inf}})
    CHECK_THROWS_AS(t.check("test"), error);
}

TEST_CASE("bias::taper: {1, 1} is InfoNCE, {0, 0} leaves no negative, and one policy weighs answers and negatives alike", "[taper]") {
  numbers const positive = cosines(4, 1, 1), negative = cosines(4, 6, 2), ratio = 3 * cosines(4, 6, 3);
  auto const plain = contrast(positive, negative);
  auto const same = contrast(positive, negative, bias::taper<double>(as_view(ratio), {1, 1}));
  CHECK(same.value == Approx(plain.value).epsilon(1e-14));
  CHECK((same.pools[1] - plain.pools[1]).cwiseAbs().maxCoeff() < 1e-15);
  auto const none = contrast(positive, negative, bias::taper<double>(as_view(ratio), {0, 0}));
  CHECK(none.value == 0);
  CHECK(none.pools[1].cwiseAbs().maxCoeff() == 0);

  // by hand, with the weights that topr gives the same ratios
  taper const policy{0.2, 1.5};
  auto const r = contrast(positive, negative, bias::taper<double>(as_view(ratio), policy));
  numbers const logmu = numbers::Zero(24, 1), logp = ratio.reshaped<Eigen::RowMajor>(24, 1);
  std::vector<double> const bad(24, -1.0);
  auto const answers = loss::value_and_grad(loss::topr{.negative = policy}, logp, logmu, bad);
  double value = 0;
  for (idx i = 0; i < 4; ++i) {
    double sum = std::exp(positive(i, 0) / 0.3);
    for (idx j = 0; j < 6; ++j) sum += answers.weight(6 * i + j, 0) * std::exp(negative(i, j) / 0.3);
    value += (std::log(sum) - positive(i, 0) / 0.3) / 4;
    CHECK(r.pools[0](i, 0) + r.pools[1].row(i).sum() == Approx(0).margin(1e-14));
  }
  CHECK(r.value == Approx(value).epsilon(1e-13));
}

TEST_CASE("bias::taper: infinite ratios count as far as the bounds allow; NaN and wrong shapes are refused", "[taper]") {
  numbers const positive = cosines(2, 1, 1), negative = cosines(2, 3, 2);
  numbers ratio = cosines(2, 3, 3);
  ratio(0, 0) = minus_infinity<double>(), ratio(1, 2) = infinity<double>();
  auto const r = contrast(positive, negative, bias::taper<double>(as_view(ratio), {0, 2}));
  CHECK(r.pools[1](0, 0) == 0);
  CHECK(finite_bits(r.value));
  CHECK_THROWS_AS(contrast(positive, negative, bias::taper<double>(as_view(ratio), {0, infinity<double>()})), error);
  ratio(1, 2) = 2000;
  CHECK(contrast(positive, negative, bias::taper<double>(as_view(ratio), {0, infinity<double>()})).value > 900);
  ratio(1, 2) = quiet_nan<double>();
  CHECK_THROWS_AS(contrast(positive, negative, bias::taper<double>(as_view(ratio))), error);
  CHECK_THROWS_AS(contrast(positive, negative, bias::taper<double>(as_view(ratio).middle(0, 1))), error);
  CHECK_THROWS_AS(contrast(positive, negative, bias::taper<double>(as_view(negative), {2, 1})), error);
}

TEST_CASE("bias::taper: what one taper drops stays dropped beside the largest weight of another", "[bias]") {
  matrix<double> const up = matrix<double>::Constant(1, 1, 1e35), down = matrix<double>::Constant(1, 1, minus_infinity<double>());
  for (bool first : {false, true}) {
    double bias = 0;
    bias_row<double> const r{.size = 1};
    bias::taper(first ? up : down, {0, infinity<double>()}).weigh(r, &bias);
    bias::taper(first ? down : up, {0, infinity<double>()}).weigh(r, &bias);
    CHECK(bias < log_zero_limit<double>);
  }
}
