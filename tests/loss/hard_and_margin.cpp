// SPDX-License-Identifier: BSD-3-Clause
// What must hold for the losses that look at the hardest negatives and those with margins.
// Tests core/negative_selection.hpp, engine/row_prepass.hpp, loss/margin_loss.hpp.
#include <cmath>

#include "../table/differences.hpp"
#include "../table/table.hpp"
#include "foil/bias/bounds.hpp"
#include "foil/recipe/margin_loss.hpp"
#include "foil/roles/target.hpp"

using namespace table;
using foil::loss::hard_form;

namespace {

constexpr double plenty = 1e9;

}  // namespace

TEST_CASE("hard_contrastive: alpha 1 is InfoNCE, and the loss never falls when alpha grows", "[loss]") {
  auto const q = normal_rows<double>(20, 6, 1), k = normal_rows<double>(20, 6, 2), more = normal_rows<double>(33, 6, 3);
  auto const run = [&](double alpha) {
    return objective(loss::hard_contrastive{.temperature = 0.2, .alpha = alpha}).value_and_grad(q, pool::in_batch(k), pool::bank(more));
  };
  auto const all = run(1);
  auto const plain = objective(loss::info_nce{0.2}).value_and_grad(q, pool::in_batch(k), pool::bank(more));
  CHECK(all.value == Approx(plain.value).epsilon(1e-14));
  CHECK((all.anchors - plain.anchors).cwiseAbs().maxCoeff() < 1e-14);
  double before = 0;
  for (double alpha : {0.001, 0.02, 0.1, 0.3, 0.31, 0.8, 1.0}) {
    auto const r = run(alpha);
    CHECK(r.value >= before);
    before = r.value;
    for (idx n : r.kept) CHECK(n == (std::max)(idx(1), idx(std::ceil(alpha * 52))));
  }
}
TEST_CASE("hard_contrastive: the cut is the sorted one, over all pools, after the filters, in every plan", "[loss]") {
  auto scores = normal_rows<float>(37, 300, 4), further = normal_rows<float>(37, 11, 5);
  for (idx k = 0; k < scores.size(); k += 3) scores.data()[k] = std::round(scores.data()[k] * 4) / 4;  // ties
  auto const ids = labels(37, 300, 6);
  for (std::size_t budget : {std::size_t(0), std::size_t(1) << 26})
    for (double alpha : {0.01, 0.25, 0.5}) {
      objective const f{
          loss::hard_contrastive{.alpha = alpha}, similarity::cosine{}, reduce::mean{}, {.executor = threads(2), .budget = budget}};
      auto const r = f.value_and_grad(pool::given(scores, roles::target(ids), bias::absolute_margin{0.1}),
                                      pool::given(further, roles::all_negative{}));
      for (idx i = 0; i < 37; ++i) {
        std::vector<float> live;
        float const p = scores(i, ids[std::size_t(i)]);
        for (idx j = 0; j < 300; ++j)
          if (j != ids[std::size_t(i)] && !(double(scores(i, j)) + 0.1 > double(p))) live.push_back(scores(i, j));
        for (idx j = 0; j < 11; ++j) live.push_back(further(i, j));
        std::sort(live.rbegin(), live.rend());
        float const bar = live[std::size_t(std::ceil(alpha * double(live.size()))) - 1];
        CHECK(r.kept[std::size_t(i)] == std::count_if(live.begin(), live.end(), [&](float s) { return s >= bar; }));
        for (idx j = 0; j < 300; ++j)
          if (j != ids[std::size_t(i)] && scores(i, j) < bar) CHECK(r.pools[0](i, j) == 0);
        for (idx j = 0; j < 11; ++j) CHECK((r.pools[1](i, j) > 0) == (further(i, j) >= bar));
      }
    }
}
TEST_CASE("hard_contrastive: a share whose product with the count is whole keeps that many", "[loss]") {
  auto const scores = normal_rows<double>(1, 101, 7);
  std::vector<int> const first{0};
  for (auto const& [alpha, kept] : {std::pair<double, idx>{0.07, 7}, {0.55, 55}, {0.071, 8}, {1e-6, 1}}) {
    objective const f{loss::hard_contrastive{.alpha = alpha}};
    CHECK(f.value(pool::given(scores, roles::target(first))).kept[0] == kept);
  }
}
TEST_CASE("hard_contrastive: thresholds, limits of the temperature, refusals", "[loss]") {
  matrix<double> s(2, 4);
  s << 0.5, 0.9, 0.1, 0.7, 0.3, -0.2, 0.2, 0.1;
  std::vector<int> const target{0, 0};
  auto const run = [&](loss::hard_contrastive const& l) { return objective(l).value_and_grad(pool::given(s, roles::target(target))); };
  auto const none = run({.threshold = 2});
  CHECK(none.value == 0);
  CHECK(none.pools[0].cwiseAbs().maxCoeff() == 0);
  CHECK(none.kept == std::vector<idx>{0, 0});
  CHECK(none.rows_used == 2);
  CHECK(run({.threshold = 0.7}).kept == std::vector<idx>{2, 0});
  CHECK(objective(loss::hard_contrastive{.threshold = 0.7})
            .value(pool::given(matrix<float>(s.cast<float>()).eval(), roles::target(target)))
            .kept == std::vector<idx>{2, 0});
  CHECK(run({.temperature = 1e-4}).value * 1e-4 == Approx((0.9 - 0.5) / 2).epsilon(1e-9));
  double const t = 1e4, limit = std::log(4) + ((0.9 + 0.1 + 0.7 - 3 * 0.5) + (-0.2 + 0.2 + 0.1 - 3 * 0.3)) / 2 / (4 * t);
  CHECK(run({.temperature = t}).value == Approx(limit).epsilon(1e-8));
  CHECK(run({.form = hard_form::simple, .alpha = 0.5}).value == Approx((-0.5 + 0.8 - 0.3 + 0.15) / 2));
  CHECK(run({.form = hard_form::simple, .lambda = 0.1}).value == Approx((-0.5 + 0.17 - 0.3 + 0.01) / 2));
  for (double alpha : {0.0, -0.1, 1.01, plenty, std::nan("")}) CHECK_THROWS_AS(run({.alpha = alpha}), error);
  CHECK_THROWS_AS(run({.temperature = 0}), error);
  CHECK_THROWS_AS(run({.temperature = -1, .form = hard_form::simple}), error);
  CHECK_THROWS_AS(run({.threshold = std::nan("")}), error);
  auto const q = normal_rows<double>(3, 4, 1);
  CHECK_THROWS_AS(objective(loss::hard_contrastive{}).symmetric(q, pool::in_batch(q)), error);
}
TEST_CASE("hard_contrastive: the entropy of the negatives' penalties falls with the temperature", "[loss]") {
  auto const s = normal_rows<double>(1, 30, 8);
  std::vector<int> const target{4};
  double before = 0;
  for (double t : {0.05, 0.2, 0.5, 2.0}) {
    auto const r = objective(loss::hard_contrastive{.temperature = t}).value_and_grad(pool::given(s, roles::target(target)));
    double entropy = 0;
    for (idx j = 0; j < 30; ++j)
      if (double const p = r.pools[0](0, j) / -r.pools[0](0, 4); j != 4 && p > 0) entropy -= p * std::log(p);
    CHECK(entropy > before);
    before = entropy;
  }
}

TEST_CASE("margin_softmax: without a margin it is InfoNCE over classes, and it grows with the margin", "[loss]") {
  auto const x = normal_rows<double>(12, 6, 1), w = normal_rows<double>(5, 6, 2);
  auto const y = labels(12, 5, 3);
  auto const run = [&](loss::margin_softmax const& l) { return objective(l).value_and_grad(x, pool::in_batch(w, roles::target(y))); };
  using loss::margin_head;
  auto const plain = objective(loss::info_nce{1.0 / 16}).value_and_grad(x, pool::in_batch(w, roles::target(y)));
  for (auto head : {margin_head::none, margin_head::cosface, margin_head::arcface}) {
    auto const r = run({head, 0, 1.0 / 16});
    CHECK(r.value == Approx(plain.value).epsilon(1e-13));
    CHECK((r.anchors - plain.anchors).cwiseAbs().maxCoeff() < 1e-12);
    CHECK(r.scale == Approx(plain.scale).epsilon(1e-10));
    if (head == margin_head::none) continue;
    double before = r.value;
    for (double m : {0.1, 0.35, 0.5, 1.2}) {
      auto const g = run({head, m, 1.0 / 16});
      CHECK(g.value > before);
      before = g.value;
      for (idx i = 0; i < 12; ++i) CHECK(std::abs(g.anchors.row(i).dot(x.row(i))) < 1e-12);
      for (idx c = 0; c < 5; ++c) CHECK(std::abs(g.pools[0].row(c).dot(w.row(c))) < 1e-12);
    }
  }
}
TEST_CASE("margin_softmax: equal and opposite directions stay finite; bad labels and options are refused", "[loss]") {
  matrix<float> const w = normal_rows<float>(3, 4, 2);
  matrix<float> x(4, 4);
  x << w.row(0), -w.row(1), 3 * w.row(2), matrix<float>::Zero(1, 4);
  std::vector<int> const y{0, 1, 2, 0}, bad{0, 1, 3, 0};
  for (bool guard : {false, true}) {
    loss::margin_softmax const l{loss::margin_head::arcface, 0.5, 1.0 / 64, guard};
    auto const r = objective(l).value_and_grad(x, pool::in_batch(w, roles::target(y)));
    CHECK(finite_bits(r.value));
    CHECK(r.anchors.allFinite());
    CHECK(r.anchors.cwiseAbs().maxCoeff() < 1e3f);
    CHECK(r.pools[0].allFinite());
    CHECK(r.anchors.row(3).cwiseAbs().maxCoeff() == 0);
    CHECK_THROWS_AS(objective(l).value(x, pool::in_batch(w, roles::target(bad))), error);
    // past pi the guarded head still falls with the cosine, the plain one rises
    auto const at = [&](double c) { return l.with_margin(c).value; };
    CHECK((at(-0.99) < at(-0.95)) == guard);
  }
  CHECK_THROWS_AS(objective(loss::margin_softmax{.margin = std::nan("")}).value(x, pool::in_batch(w, roles::target(y))), error);
  CHECK_THROWS_AS(objective(loss::margin_softmax{loss::margin_head::arcface, 4}).value(x, pool::in_batch(w, roles::target(y))), error);
  CHECK_THROWS_AS(objective(loss::margin_softmax{.temperature = 0}).value(x, pool::in_batch(w, roles::target(y))), error);
}

TEST_CASE("pair losses: nothing active is worth nothing, filters and further pools take part", "[loss]") {
  auto const z = normal_rows<double>(8, 5, 1), bank = normal_rows<double>(6, 5, 2);
  std::vector<int> const y{0, 1, 0, 2, 1, 0, 2, 2}, one(8, 0);
  auto const none = objective(loss::contrastive_pair{9, -9, 1}).value_and_grad(z, pool::self(z, roles::by_label(y)));
  CHECK(none.value == 0);
  CHECK(none.anchors.cwiseAbs().maxCoeff() == 0);
  auto const price = margin_loss(z, y, {.beta = 5, .alpha = -20}, 0.5);
  CHECK(price.batch.value == 2.5);
  CHECK(price.beta == 0.5);
  CHECK(price.batch.anchors.cwiseAbs().maxCoeff() == 0);
  auto const alone = objective(loss::circle{}).value_and_grad(z, pool::self(z, roles::by_label(one)));
  CHECK(alone.value == 0);
  CHECK(alone.rows_used == 0);
  CHECK(alone.anchors.cwiseAbs().maxCoeff() == 0);
  // a bank of strangers, and only negatives within the margin's filter
  auto const r = objective(loss::contrastive_pair{0.1, 1.2, 1})
                     .value_and_grad(z, pool::self(z, roles::by_label(y), bias::max_score{0.3}), pool::bank(bank));
  double sum[2] = {0, 0}, count[2] = {0, 0};
  auto const add = [&](std::size_t side, double x) { sum[side] += (std::max)(x, 0.0), count[side] += x > 0; };
  for (idx i = 0; i < 8; ++i) {
    for (idx j = 0; j < 8; ++j) {
      double const s = z.row(i).normalized().dot(z.row(j).normalized());
      if (i != j && y[std::size_t(i)] == y[std::size_t(j)]) add(0, 1 - s - 0.1);
      if (y[std::size_t(i)] != y[std::size_t(j)] && s <= 0.3) add(1, 1.2 - 1 + s);
    }
    for (idx j = 0; j < 6; ++j) add(1, 0.2 + z.row(i).normalized().dot(bank.row(j).normalized()));
  }
  CHECK(r.value == Approx(sum[0] / count[0] + sum[1] / count[1]).epsilon(1e-12));
}
