// SPDX-License-Identifier: BSD-3-Clause
// Losses of short lists: which lists count, which pairs, and scores that are far apart.
// Tests listwise/list_loss.hpp.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/listwise/adore.hpp"
#include "foil/listwise/bpr.hpp"
#include "foil/listwise/cross_entropy.hpp"
#include "foil/listwise/lambda_loss.hpp"
#include "foil/listwise/margin_mse.hpp"
#include "foil/listwise/min_max.hpp"
#include "foil/listwise/nbpo.hpp"
#include "foil/listwise/soft_label_kl.hpp"

namespace {

using namespace foil;
using namespace foil::loss;

template <class S = double>
matrix<S> rows_of(std::initializer_list<std::initializer_list<double>> x) {
  matrix<S> m(idx(x.size()), idx(x.begin()->size()));
  idx i = 0;
  for (auto const& row : x) {
    idx j = 0;
    for (double v : row) m(i, j++) = S(v);
    ++i;
  }
  return m;
}
template <class L>
auto of(L const& l, matrix<double> const& s, matrix<double> const& y, list_options const& o = {}) {
  return value_and_grad_lists(l, s, y, o);
}

}  // namespace

TEST_CASE("min_max: targets may be left out where the inner loss takes none", "[loss]") {
  matrix<double> const scores = (matrix<double>(2, 3) << 3, 1, 2, -1, 0, 4).finished(),
                       scaled = (matrix<double>(2, 3) << 1, 0, 0.5, 0, 0.2, 1).finished();
  CHECK(value_and_grad_lists(min_max{bpr{}}, scores).value == Approx(value_and_grad_lists(bpr{}, scaled).value).epsilon(1e-7));
  CHECK(says(refusal([&] { value_and_grad_lists(min_max{margin_mse{}}, scores); }), {"min_max: needs targets"}));
}

TEST_CASE("lambda_loss: with k, pairs of which either item is among the best; both is an option", "[loss]") {
  auto const s = rows_of({{3, 2, 1}}), y = rows_of({{1, 0, 2}});
  auto const either = of(lambda_loss{.k = 2}, s, y);
  CHECK(either.weight == 3);
  CHECK(of(lambda_loss{.k = 2, .both = true}, s, y).weight == 1);
  auto const rank = of(lambda_loss{.scheme = lambda_scheme::lambdarank, .k = 2}, s, y);
  CHECK(rank.value == Approx(0.365333).epsilon(2e-6));
  double const want[] = {0.1035, 0.0512, -0.1547};
  for (idx j = 0; j < 3; ++j) CHECK(rank.scores(0, j) == Approx(want[j]).margin(6e-5));
  for (auto scheme : {lambda_scheme::ranknet, lambda_scheme::ndcg1, lambda_scheme::ndcg2pp})
    for (bool both : {false, true})  // all places: no difference
      CHECK(of(lambda_loss{.scheme = scheme, .k = 3, .both = both}, s, y).value == of(lambda_loss{.scheme = scheme}, s, y).value);
}

TEST_CASE("lists without a relevant item, or without another, leave the mean whatever the loss", "[loss]") {
  auto const s = rows_of({{3, 2, 1}, {0.5, -1, 2}}), y = rows_of({{1, 0, 2}, {0, 0, 0}});
  auto const one = s.topRows(1).eval(), y_one = y.topRows(1).eval(), none = s.bottomRows(1).eval(), y_none = y.bottomRows(1).eval();
  auto const rule = [&](auto const& l) {
    auto const r = of(l, s, y);
    CHECK(r.value == of(l, one, y_one).value);
    CHECK(r.lists_used == 1);
    CHECK(r.rows[1] == 0);
    CHECK(r.scores.row(1).cwiseAbs().maxCoeff() == 0);
    CHECK(says(refusal([&] { of(l, none, y_none); }), {l.name, "no list counts"}));
    auto const zero = of(l, none, y_none, {.zero_if_none_counts = true});
    CHECK(zero.value == 0);
    CHECK(zero.lists_used == 0);
    CHECK(zero.scores.cwiseAbs().maxCoeff() == 0);
  };
  for (auto scheme :
       {lambda_scheme::ranknet, lambda_scheme::ndcg1, lambda_scheme::lambdarank, lambda_scheme::ndcg2, lambda_scheme::ndcg2pp})
    rule(lambda_loss{.scheme = scheme});
  rule(adore{}), rule(cross_entropy{}), rule(bpr{});
}

TEST_CASE("soft_label_kl: where judge and student disagree most the gradient does not die", "[loss]") {
  auto const s = rows_of({{0.6, 0}}), judge = rows_of({{0, 0.6}});
  auto const exact = of(soft_label_kl{}, s, judge), code = of(soft_label_kl{.eps = 1e-8}, s, judge);
  CHECK(exact.scores(0, 1) == Approx(-25).epsilon(1e-6));
  CHECK(std::abs(code.scores(0, 1)) < 1);
  CHECK(exact.value == Approx(30).epsilon(1e-6));
}

TEST_CASE("list losses: numbers that no float or double holds are refused by list, what can be said is said", "[loss]") {
  double const most = 1.7e308;
  auto const s = rows_of({{most, -most, 0}}), flipped = rows_of({{-most, most, 0}});
  for (auto d : {divergence::symmetric_kl, divergence::kl_q_p, divergence::js}) {
    CHECK(of(soft_label_kl{.divergence = d}, s, s).value == 0);
    CHECK(of(soft_label_kl{.divergence = d}, s, s).scores.cwiseAbs().maxCoeff() == 0);
  }
  CHECK(of(soft_label_kl{.divergence = divergence::js}, s, flipped).value == Approx(std::log(2.0)));
  CHECK(says(refusal([&] { of(soft_label_kl{}, s, flipped); }), {"soft_label_kl", "temperature"}));
  CHECK(says(refusal([&] { of(margin_mse{}, s, flipped); }), {"margin_mse", "list 0"}));
  auto const wide = rows_of<float>({{3e30f, -3e30f}}), other = rows_of<float>({{0, 0}});
  auto const two = rows_of<float>({{1.5e19f, 0}, {1.5e19f, 0}}), origin = rows_of<float>({{0, 0}, {0, 0}});
  CHECK(value_and_grad_lists(margin_mse{}, two, origin).value == Approx(2.25e38));
  CHECK(says(refusal([&] { value_and_grad_lists(margin_mse{}, two, origin, {list_reduction::sum}); }), {"margin_mse: the sum", "float"}));
  CHECK(says(refusal([&] { value_and_grad_lists(margin_mse{}, wide, other); }), {"margin_mse", "float"}));
  CHECK(of(cross_entropy{.temperature = 1e-20}, rows_of({{1, 2, 1.5}}), rows_of({{0, 1, 0}})).value == 0);
  CHECK(of(cross_entropy{.temperature = 1e-16}, rows_of({{17.3, 17.3, 16.1}}), rows_of({{0.5, 0.5, 0}})).value == Approx(std::log(2.0)));
}

TEST_CASE("bpr: weights below the normal numbers of a float weigh as their ratios do", "[loss]") {
  auto const s = rows_of<float>({{0.3, -1, 2}}), plain = rows_of<float>({{0, 1, 2}});
  matrix<float> const tiny = plain * 0x1p-148f;
  if (!has_denormals()) return;
  auto const want = value_and_grad_lists(bpr{}, s, plain), got = value_and_grad_lists(bpr{}, s, tiny);
  CHECK(got.value == want.value);
  for (idx j = 0; j < 3; ++j) CHECK(got.scores(0, j) == Approx(want.scores(0, j)).epsilon(1e-6));
}

TEST_CASE("list_net is the cross entropy against the softmax of the labels, bpo is binary cross entropy", "[loss]") {
  auto const s = rows_of({{0.3, -1, 2, 0.1}}), y = rows_of({{1, 0, 3, 0}});
  auto const r = of(list_net{}, s, y), kl = of(soft_label_kl{.temperature = 1, .divergence = divergence::kl_q_p}, s, y);
  CHECK((r.scores - kl.scores).cwiseAbs().maxCoeff() < 1e-15);
  double entropy = 0, sum = 0;
  for (idx j = 0; j < 4; ++j) sum += std::exp(y(0, j));
  for (idx j = 0; j < 4; ++j) entropy -= std::exp(y(0, j)) / sum * (y(0, j) - std::log(sum));
  CHECK(r.value == Approx(kl.value + entropy));
  auto const b = of(nbpo{}, s, y);
  double bce = 0;
  for (idx j = 0; j < 4; ++j) bce += softplus(y(0, j) > 0 ? -s(0, j) : s(0, j)) / 4;
  CHECK(b.value == Approx(bce));
}
