// SPDX-License-Identifier: BSD-3-Clause
// Metric losses: their limits, batches of one class, what they refuse; gradients of those that see the whole field.
// Tests loss/proxy_anchor.hpp, loss/global_orthogonal.hpp and loss/macl.hpp, through recipes of their names.
#include <cmath>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "foil/engine/check_gradient.hpp"
#include "foil/loss/angular.hpp"
#include "foil/loss/lifted_structure.hpp"
#include "foil/loss/mega_batch_margin.hpp"
#include "foil/loss/ranked_list.hpp"
#include "foil/loss/sub_centers.hpp"
#include "foil/loss/tuplet_margin.hpp"
#include "foil/recipe/detcon.hpp"
#include "foil/recipe/dynamic_soft_margin.hpp"
#include "foil/recipe/global_orthogonal.hpp"
#include "foil/recipe/labelled_pairs.hpp"
#include "foil/recipe/large_margin_softmax.hpp"
#include "foil/recipe/macl.hpp"
#include "foil/recipe/manifold.hpp"
#include "foil/recipe/proxy_anchor.hpp"
#include "foil/reduce/all_rows_mean.hpp"
#include "foil/reduce/weighted.hpp"
#include "foil/roles/target.hpp"
#include "foil/similarity/euclidean.hpp"

namespace {

using namespace foil;

double apart(matrix<double> const& a, matrix<double> const& b) { return (a - b).cwiseAbs().maxCoeff(); }
std::vector<int> const labels{0, 1, 0, 2, 1, 0, 3}, one_class{4, 4, 4, 4, 4, 4, 4}, alone{0, 1, 2, 3, 4, 5, 6}, few{0, 1};

}  // namespace

TEST_CASE("lifted structure: pairs against the negatives of both rows; nothing to do is worth 0", "[loss]") {
  auto const z = uniform_rows(7, 4, 1);
  for (auto const& ids : {one_class, alone}) {
    auto const r = objective(loss::lifted_structure{.labels = ids}, similarity::neg_l2{}).value_and_grad(z, pool::self(z));
    CHECK(r.value == 0);
    CHECK(r.anchors.cwiseAbs().maxCoeff() == 0);
  }
  objective const f{loss::lifted_structure{.labels = labels, .neg_margin = 0.7, .pos_margin = 0.1}, similarity::neg_l2{}};
  CHECK(check_gradient(f, z, pool::self(z)).error < 1e-6);
  CHECK(says(refusal([&] { objective(loss::lifted_structure{.labels = few}).value(z, pool::self(z)); }), {"lifted_structure: 7 anchors"}));
  // One positive and one negative: d_ap - pos_margin + neg_margin - d_an.
  matrix<double> const q = matrix<double>::Zero(1, 2), k = (matrix<double>(2, 2) << 3, 4, 6, 8).finished();
  std::vector<int> const first{0};
  objective const g{loss::generalized_lifted_structure{.neg_margin = 8, .pos_margin = 1}, similarity::neg_l2{}};
  CHECK(g.value(q, pool::in_batch(k, roles::target(first))).value == Approx(5 - 1 + 8 - 10));
}

TEST_CASE("tuplet_margin: without a margin it is InfoNCE, pair by pair", "[loss]") {
  auto const z = uniform_rows(7, 4, 2);
  auto const self = pool::self(z, roles::by_label(labels));
  auto const plain = objective(loss::tuplet_margin{.margin = 0, .temperature = 0.2}).value_and_grad(z, self);
  std::vector<double> const pairs{2, 1, 2, 0, 1, 2, 0};
  loss::info_nce const each{0.2, loss::multi_positive::per_positive};
  auto const r = objective(each, similarity::cosine{}, reduce::weighted(pairs)).value_and_grad(z, self);
  CHECK(plain.value == Approx(r.value));
  CHECK(apart(plain.anchors, r.anchors) < 1e-12);
  CHECK(objective(loss::tuplet_margin{.margin = 0.5, .temperature = 0.2}).value(z, self).value < plain.value);
  CHECK(says(refusal([&] { objective(loss::tuplet_margin{.margin = -0.1}).value(z, self); }), {"tuplet_margin: margin"}));
}

TEST_CASE("angular: the gradient of both rows of a pair; negatives under a small angle cost nothing", "[loss]") {
  auto const z = uniform_rows(7, 4, 3);
  objective const f{loss::angular{.labels = labels, .alpha = 0.6}};
  CHECK(check_gradient(f, z, pool::self(z)).error < 1e-6);
  CHECK(objective(loss::angular{.labels = one_class}).value(z, pool::self(z)).value == 0);
  CHECK(objective(loss::angular{.labels = alone}).value(z, pool::self(z)).value == 0);
  matrix<double> const far = (matrix<double>(3, 2) << 1, 0.1, 1, -0.1, -1, 0).finished();
  std::vector<int> const two{0, 0, 1};
  CHECK(objective(loss::angular{.labels = two, .alpha = 1.5}).value(far, pool::self(far)).value < 1e-9);
  CHECK(says(refusal([&] { objective(loss::angular{.labels = labels, .alpha = 0}).value(z, pool::self(z)); }), {"angular: alpha"}));
}

TEST_CASE("sub centres: one centre a class is margin softmax, a sharp choice is the best centre", "[loss]") {
  auto const x = uniform_rows(7, 4, 4), w = uniform_rows(8, 4, 5);
  std::vector<int> const classes{0, 7, 3, 2, 2, 5, 6}, fewer{0, 3, 3, 2, 2, 1, 0}, outside{0, 4, 3, 2, 2, 1, 0};
  auto const all = pool::in_batch(w, roles::all_negative{});
  for (auto head : {loss::margin_head::cosface, loss::margin_head::arcface}) {
    loss::margin_softmax const m{head, 0.3, 0.2};
    auto const plain = objective(m).value_and_grad(x, pool::in_batch(w, roles::target(classes)));
    for (double gamma : {0.0, 5.0}) {
      auto const r =
          objective(loss::sub_center_softmax{.labels = classes, .per_class = 1, .gamma = gamma, .head = m}).value_and_grad(x, all);
      CHECK(r.value == Approx(plain.value));
      CHECK(apart(r.anchors, plain.anchors) < 1e-13);
      CHECK(apart(r.pools[0], plain.pools[0]) < 1e-13);
    }
    loss::sub_center_softmax const soft{.labels = fewer, .per_class = 2, .gamma = 3, .head = m};
    CHECK(check_gradient(objective(soft), x, all).error < 1e-6);
    double const hard = objective(loss::sub_center_softmax{.labels = fewer, .per_class = 2, .head = m}).value(x, all).value;
    CHECK(objective(loss::sub_center_softmax{.labels = fewer, .per_class = 2, .gamma = 1e5, .head = m}).value(x, all).value ==
          Approx(hard));
  }
  auto const refused = [&](loss::sub_center_softmax const& l) { return refusal([&] { objective(l).value(x, all); }); };
  CHECK(says(refused({.labels = outside, .per_class = 2}), {"sub_center_softmax: label 4 of row 1 is outside 0 .. 3"}));
  CHECK(says(refused({.labels = fewer, .per_class = 3}), {"sub_center_softmax: 7 rows and 8 centres, 3 a class"}));
  CHECK(says(refused({.labels = fewer, .per_class = 2, .head = {.temperature = 0}}), {"head.temperature"}));
}

TEST_CASE("proxy_anchor, mega_batch_margin, global_orthogonal: rows without pairs lose their part alone", "[loss]") {
  auto const z = uniform_rows(7, 4, 6), proxies = uniform_rows(5, 4, 7);
  auto const r = proxy_anchor(z, labels, proxies, {.margin = 0.1, .alpha = 4});
  double want[2] = {0, 0};
  for (idx c = 0; c < 5; ++c) {
    double near = 0, far = 0;
    for (idx i = 0; i < 7; ++i) {
      double const s = z.row(i).normalized().dot(proxies.row(c).normalized());
      (labels[std::size_t(i)] == c ? near : far) += std::exp(labels[std::size_t(i)] == c ? -4 * (s - 0.1) : 4 * (s + 0.1));
    }
    want[0] += std::log1p(near) / 4, want[1] += std::log1p(far) / 5;  // class 4 is not in the batch
  }
  CHECK(r.value == Approx(want[0] + want[1]));
  CHECK(r.anchors.rows() == 7);
  CHECK(r.pools[0].rows() == 5);
  CHECK(says(refusal([&] { proxy_anchor(z, alone, proxies); }), {"proxy_anchor: label 5 of row 5 is outside 0 .. 4"}));

  matrix<double> const q = z.topRows(1), k = proxies.topRows(1);
  double const s = q.row(0).normalized().dot(k.row(0).normalized());
  CHECK(objective(loss::mega_batch_margin{.pos_margin = 1}).value(q, pool::in_batch(k)).value == Approx(1 - s));
  CHECK(global_orthogonal(q).value == 0);
  matrix<double> const same = matrix<double>::Ones(3, 4);
  CHECK(global_orthogonal(same).value == Approx(1 + 1 - 0.25));
  CHECK(global_orthogonal(matrix<double>(matrix<double>::Identity(4, 4))).value == 0);
}

TEST_CASE("macl: solved rows count once, others more; opposed views are refused", "[loss]") {
  auto const x = uniform_rows(6, 4, 8), y = uniform_rows(6, 4, 9);
  auto const r = macl(x, y, {.temperature = 0.3, .alpha = 0});
  auto const plain = two_views(objective(loss::info_nce{0.3}), x, y);
  for (std::size_t i = 0; i < 12; ++i) CHECK(r.rows[i] == Approx(plain.rows[i] / (1e-8 - std::expm1(-plain.rows[i]))));
  CHECK(says(refusal([&] { macl(x, matrix<double>(-x), {.alpha = 1}); }), {"macl: the views are opposed"}));
  CHECK(says(refusal([&] { macl(x, y, {.alpha = 1.5}); }), {"macl: alpha"}));
}

TEST_CASE("ranked_list: means of the violations, rows without one worth 0; no sharpness overflows", "[loss]") {
  matrix<double> const q = matrix<double>::Zero(1, 1), k = (matrix<double>(5, 1) << 1, 0.5, 0.2, 0.4, 3).finished();
  std::vector<int> const one{0}, classes{0, 0, 1, 1, 1};
  auto const pool = pool::in_batch(k, roles::by_label(one, classes));
  auto const with = [&](loss::ranked_list l) { return objective(l, similarity::neg_l2{}).value_and_grad(q, pool); };
  // Positives at 1 and 0.5 beyond 0.8: 0.2; negatives at 0.2 and 0.4 within 1.2: 1 and 0.8.
  CHECK(with({.neg_sharpness = 0}).value == Approx(0.5 * 0.2 + 0.5 * 0.9));
  CHECK(with({.neg_sharpness = 2, .negative_share = 1}).value == Approx((1 + 0.8 * std::exp(-0.4)) / (1 + std::exp(-0.4))));
  CHECK(with({.neg_sharpness = 0, .negative_share = 1, .floor = 2}).value == Approx(1.8 / 4));
  CHECK(with({.neg_sharpness = 1e3, .negative_share = 1}).value == Approx(1));
  auto const none = with({.alpha = 0.1, .margin = -2, .floor = 1e-5});
  CHECK(none.value == 0);
  CHECK(none.rows_used == 1);
  CHECK(none.anchors.isZero(0));
  CHECK(says(refusal([&] { with({.negative_share = 1.5}); }), {"ranked_list: negative_share"}));
}

TEST_CASE("large_margin_softmax and sphere_face: one angle is plain softmax; rows without a direction are refused", "[loss]") {
  auto const z = uniform_rows(7, 4, 10), w = uniform_rows(4, 4, 11);
  auto const plain =
      objective(loss::info_nce{.temperature = 0.5}, similarity::dot{}).value_and_grad(z, pool::in_batch(w, roles::target(labels)));
  auto const r = large_margin_softmax(z, labels, w, {.margin = 1, .scale = 2});
  CHECK(r.value == Approx(plain.value));
  CHECK(apart(r.anchors, plain.anchors) < 1e-12);
  CHECK(apart(r.pools[0], plain.pools[0]) < 1e-12);
  double worst = 0;
  for (idx i = 0; i < 7; ++i) {  // d/dz along z: lengths and logits move together
    matrix<double> up = z, down = z;
    up.row(i) *= 1 + 1e-6, down.row(i) *= 1 - 1e-6;
    double const rise = (large_margin_softmax(up, labels, w).value - large_margin_softmax(down, labels, w).value) / 2e-6;
    worst = (std::max)(worst, std::abs(rise - large_margin_softmax(z, labels, w).anchors.row(i).dot(z.row(i))));
  }
  CHECK(worst < 1e-7);
  matrix<double> longer = 3 * w;
  CHECK(sphere_face(z, labels, longer).value == Approx(sphere_face(z, labels, w).value));
  CHECK(sphere_face(z, labels, longer).pools[0].row(1).dot(w.row(1)) == Approx(0).margin(1e-12));
  // cos 4 theta bends down from 1 at theta 0 to -7 at pi, without a step.
  loss::margin_softmax const head{loss::margin_head::sphereface, 4};
  CHECK(head.with_margin(1.0).value == Approx(1));
  CHECK(head.with_margin(-1.0).value == Approx(-7));
  CHECK(head.with_margin(-1.0).slope == Approx(head.with_margin(-1.0 + 1e-9).slope).epsilon(1e-6));
  for (double quarter : {1.0, 2.0, 3.0}) {
    double const c = std::cos(quarter * 3.14159265358979 / 4);
    CHECK(head.with_margin(c + 1e-12).value == Approx(head.with_margin(c - 1e-12).value));
  }
  CHECK(says(refusal([&] {
               objective(loss::margin_softmax{loss::margin_head::sphereface, 1.5}).value(z, pool::in_batch(w, roles::target(labels)));
             }),
             {"margin_softmax: the margin of sphereface"}));
  CHECK(says(refusal([&] { sphere_face(z, alone, w); }), {"sphere_face: label 4 of row 4 is outside 0 .. 3"}));
  CHECK(says(refusal([&] { large_margin_softmax(z, labels, w, {.margin = 0}); }), {"large_margin_softmax: margin"}));
  longer.row(2).setZero();
  CHECK(says(refusal([&] { large_margin_softmax(z, labels, longer); }),
             {"large_margin_softmax: row 3 or the weights of its class have length 0"}));
}

TEST_CASE("dynamic_soft_margin: a histogram that is the caller's", "[loss]") {
  auto const z = uniform_rows(7, 4, 12);
  std::vector<double> seen, none, wrong(3, 0.3);
  auto const first = dynamic_soft_margin(z, labels, seen);
  REQUIRE(seen.size() == 10);
  double sum = 0;
  for (double h : seen) sum += h;
  CHECK(sum == Approx(1));
  CHECK(dynamic_soft_margin(z, one_class, none).value == 0);
  auto kept = seen;
  std::vector<idx> const no_labels;
  CHECK(dynamic_soft_margin(matrix<double>(0, 4), no_labels, kept).value == 0);
  CHECK(kept == seen);
  CHECK(none.empty());
  auto const before = seen;
  matrix<double> bad = z;
  bad(2, 1) = quiet_nan<double>();
  CHECK(says(refusal([&] { dynamic_soft_margin(bad, labels, seen); }), {"dynamic_soft_margin", "row 2"}));
  CHECK(seen == before);
  CHECK(says(refusal([&] { dynamic_soft_margin(z, labels, wrong); }), {"dynamic_soft_margin: the histogram has 3 bins, expected 10"}));
  CHECK(says(refusal([&] { dynamic_soft_margin(z, few, none); }), {"dynamic_soft_margin: 7 rows, but 2 labels"}));
  // One bin: every weight is 1.
  std::vector<double> one_bin;
  std::vector<int> const pair{0, 0, 1};
  matrix<double> const x = uniform_rows(3, 4, 13);
  auto const d = [&](idx i, idx j) { return (x.row(i).normalized() - x.row(j).normalized()).norm(); };
  CHECK(dynamic_soft_margin(x, pair, one_bin, {.bins = 1}).value == Approx(d(0, 1) - (d(0, 2) + d(1, 2)) / 2));
  CHECK(first.anchors.allFinite());
}

TEST_CASE("histogram and intra_pair_variance of a batch: one class has no negatives", "[loss]") {
  auto const z = uniform_rows(7, 4, 16);
  CHECK(histogram(z, one_class).value == 0);
  CHECK(says(refusal([&] { histogram(z, few); }), {"histogram: 7 rows, but 2 labels"}));
  CHECK(says(refusal([&] { intra_pair_variance(z, few); }), {"intra_pair_variance: 7 rows, but 2 labels"}));
}

TEST_CASE("detcon: with each mask once an image it is InfoNCE of two views", "[loss]") {
  auto const x = uniform_rows(6, 4, 14), y = uniform_rows(6, 4, 15);
  std::vector<int> const masks{0, 1, 2, 0, 1, 2}, others{3, 4, 5, 3, 4, 5}, negative{0, -1, 2, 0, 1, 2};
  CHECK(detcon_s(x, y, masks, masks, 3, 0.3).value == Approx(2 * two_views(objective(loss::info_nce{0.3}), x, y).value));
  CHECK(detcon_s(x, y, masks, others, 3).value == 0);
  CHECK(says(refusal([&] { detcon_s(x, y, masks, negative, 3); }), {"detcon_s: the mask of row 1 is -1"}));
  CHECK(says(refusal([&] { detcon_s(x, y, masks, masks, 4); }), {"detcon_s: 6, 6, 6 and 6 rows"}));
  CHECK(says(refusal([&] { detcon_s(x, y, masks, few, 3); }), {"detcon_s: 6 rows, but 2 masks"}));
  CHECK(says(refusal([&] { detcon_s(x, y, masks, masks, 3, 0.3, {.bad_rows = bad_rows::skip}); }), {"detcon_s", "bad_rows", "skip"}));
}

TEST_CASE("manifold: own proxies far ahead are worth 0, without a step all exponents are the margin", "[loss]") {
  auto const z = uniform_rows(7, 4, 16), proxies = uniform_rows(4, 4, 17), wide = uniform_rows(4, 5, 17);
  CHECK(manifold(z, proxies, labels, {.margin = -3}).value == 0);
  CHECK(manifold(z, proxies, labels, {.alpha = 0, .margin = 0.1, .context = 0}).value == Approx(std::log(1 + 3 * std::exp(0.1))));
  CHECK(says(refusal([&] { manifold(z, proxies, alone); }), {"manifold: the proxy of row 4 is 4, outside 0 .. 3"}));
  CHECK(says(refusal([&] { manifold(z, wide, labels); }), {"manifold: z is [7, 4], proxies [4, 5], with 7"}));
  CHECK(says(refusal([&] { manifold(z, proxies, labels, {.alpha = 1}); }), {"manifold: alpha"}));
}
