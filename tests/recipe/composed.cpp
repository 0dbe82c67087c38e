// SPDX-License-Identifier: BSD-3-Clause
// Recipes over sets of embeddings: their limits, their relatives, what they refuse.
#include <cmath>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "foil/engine/check_gradient.hpp"
#include "foil/listwise/binary_cross_entropy.hpp"
#include "foil/loss/focal.hpp"
#include "foil/recipe/collossl.hpp"
#include "foil/recipe/contrast_ratio.hpp"
#include "foil/recipe/cq_dino.hpp"
#include "foil/recipe/lists.hpp"
#include "foil/recipe/snippet_similarity.hpp"
#include "foil/roles/target.hpp"
#include "foil/shortcuts.hpp"

namespace {

using namespace foil;

double apart(matrix<double> const& a, matrix<double> const& b) { return (a - b).cwiseAbs().maxCoeff(); }

}  // namespace

TEST_CASE("collossl: one device of each kind and weight 1 is InfoNCE with explicit negatives", "[recipe]") {
  auto const a = uniform_rows(5, 4, 1), p = uniform_rows(5, 4, 2), n = uniform_rows(5, 4, 3);
  std::vector<double> const one{1}, tiny{1e-25}, none{0}, two{1, 1};
  auto const r = collossl(a, p, n, one);
  auto const plain = objective(loss::info_nce{0.1}).value_and_grad(a, pool::positives(p), pool::own(n, 1));
  CHECK(r.value == Approx(plain.value));
  CHECK(apart(r.anchors, plain.anchors) < 1e-14);
  CHECK(apart(r.pools[1], plain.pools[1]) < 1e-14);
  CHECK(std::abs(collossl(a, p, n, tiny).value) < 1e-12);
  CHECK(collossl(a, p, matrix<double>(0, 4), std::span<double const>{}).value == 0);
  CHECK(says(refusal([&] { collossl(a, p, n, none); }), {"collossl: a weight must be a positive number below 1e30, got 0 for device 0"}));
  CHECK(says(refusal([&] { collossl(a, p, n, two); }), {"collossl: 5 anchors and 2 weights"}));
  CHECK(says(refusal([&] { collossl(a, p, n, one, {.temperature = 0}); }), {"collossl: temperature"}));
}

TEST_CASE("contrast_ratio: layers add up before the ratio; negatives at sr are refused without eps", "[recipe]") {
  auto const x = uniform_rows(3, 4, 4), p = uniform_rows(6, 4, 5), n = uniform_rows(9, 4, 6);
  for (auto distance : {feature_distance::l1, feature_distance::cosine}) {
    contrast_ratio_options const o{.distance = distance};
    auto const one = contrast_ratio(x, p, n, o);
    contrast_layer<double> const layer{as_view(x), as_view(p), as_view(n)}, both[] = {layer, layer};
    auto const twice = contrast_ratio(std::span<contrast_layer<double> const>(both), o);
    CHECK(twice.attraction == Approx(2 * one.attraction));
    CHECK(twice.value == Approx(one.value).epsilon(1e-5));
    CHECK(apart(2 * twice.sr[0], one.sr[0]) < 1e-6);
    matrix<double> moved = x, difference(3, 4);
    for (idx k = 0; k < x.size(); ++k) {
      double const h = 1e-6;
      moved.data()[k] = x.data()[k] + h;
      double const above = contrast_ratio(moved, p, n, o).value;
      moved.data()[k] = x.data()[k] - h;
      difference.data()[k] = (above - contrast_ratio(moved, p, n, o).value) / (2 * h);
      moved.data()[k] = x.data()[k];
    }
    CHECK(apart(difference, one.sr[0]) < 1e-8);
  }
  CHECK(contrast_ratio(x, p, x).value > 1e5);
  contrast_ratio_options const by_cosine{.distance = feature_distance::cosine};
  double const plain = contrast_ratio(x, p, n, by_cosine).value;
  for (double size : {1e-200, 1e200})  // a cosine knows no length
    CHECK(contrast_ratio(matrix<double>(x * size), p, n, by_cosine).value == Approx(plain));
  CHECK(says(refusal([&] { contrast_ratio(x, p, x, {.eps = 0}); }), {"contrast_ratio", "eps is 0"}));
  CHECK(says(refusal([&] { contrast_ratio(x, uniform_rows(4, 4, 7), n); }), {"contrast_ratio", "positives", "[4, 4]"}));
  matrix<double> const zero = matrix<double>::Zero(3, 4);
  auto const flat = contrast_ratio(zero, p, n, {.distance = feature_distance::cosine});
  CHECK(flat.attraction == Approx(1));
  CHECK(apart(flat.sr[0], zero) == 0);
}

TEST_CASE("cq_dino: without the focal factor it is half the binary cross entropy over the positives", "[recipe]") {
  auto const q = uniform_rows(4, 9, 8), k = uniform_rows(3, 9, 9);
  matrix<double> y = matrix<double>::Zero(4, 3);
  y(0, 1) = y(2, 2) = 1;
  auto const r = cq_dino(q, k, y, {.alpha = 0.5, .gamma = 0, .bias = -0.3});
  matrix<double> const z = ((q * k.transpose()).array() / 3 - 0.3).matrix();
  auto const bce = loss::value_and_grad_lists(loss::binary_cross_entropy{}, z, y, {loss::list_reduction::sum});
  CHECK(r.value == Approx(bce.value / 4));
  CHECK(r.shift == Approx(bce.scores.sum() / 4));
  std::vector<int> const labels{0, 1, 2, 0};
  auto const f = objective(loss::focal{.bias = -0.5, .temperature = 0.4}, similarity::dot{});
  CHECK(check_gradient(f, q, pool::in_batch(k, roles::target(labels))).error < 1e-7);
  y(1, 1) = 0.5;
  CHECK(says(refusal([&] { cq_dino(q, k, y); }), {"cq_dino: a target must be 0 or 1, got 0.5 at row 1, column 1"}));
  CHECK(says(refusal([&] { cq_dino(q, q, y); }), {"cq_dino: 4 objects and 4 categories", "[4, 3]"}));
  CHECK(says(refusal([&] { cq_dino(q, k, matrix<double>(matrix<double>::Zero(4, 3)), {.alpha = 2}); }), {"cq_dino: alpha"}));
  CHECK(says(refusal([&] { cq_dino(q, k, y, {.alpha = 2}); }), {"cq_dino: alpha"}));  // before the targets, of which one is bad
}

TEST_CASE("contrast_ratio, snippet_similarity: halves give what their numbers give in float", "[recipe]") {
  using halves = Eigen::Matrix<Eigen::half, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  auto const narrow = [](idx n, idx d, unsigned seed) { return halves(uniform_rows(n, d, seed).cast<Eigen::half>()); };
  auto const wide = [](halves const& x) { return matrix<float>(x.cast<float>()); };
  auto const x = narrow(2, 5, 30), near = narrow(4, 5, 31), far = narrow(2, 5, 32);
  for (auto by : {feature_distance::l1, feature_distance::cosine}) {
    auto const r = contrast_ratio(x, near, far, {.distance = by}), want = contrast_ratio(wide(x), wide(near), wide(far), {.distance = by});
    CHECK(r.value == want.value);
    CHECK(r.sr[0] == want.sr[0]);
  }
  std::vector<int> const group{0, 0, 1, 1}, own{0, 2};
  auto const s = narrow(4, 5, 33), h = narrow(4, 3, 34), target = narrow(2, 3, 35);
  auto const r = snippet_similarity(s, group, h, own, target), want = snippet_similarity(wide(s), group, wide(h), own, wide(target));
  CHECK(double(r.value) == Approx(double(want.value)));
  CHECK(r.s.isApprox(want.s, 1e-5f));
  CHECK(r.h.isApprox(want.h, 1e-5f));
}

TEST_CASE("star: one pool of documents and one of hard ones in all lists of the result", "[recipe]") {
  auto const q = uniform_rows(3, 4, 20), docs = uniform_rows(3, 4, 21), hard = uniform_rows(2, 4, 22);
  matrix<double> const pairs = matrix<double>::Ones(3, 3) - matrix<double>::Identity(3, 3), hard_pairs = matrix<double>::Ones(3, 2);
  auto const r = star(q, docs, pairs, hard, hard_pairs);
  CHECK(r.pools.size() == 2);
  CHECK(r.weights.size() == 2);
  CHECK(r.pools[1].rows() == 2);
}
TEST_CASE("star: its refusals bear its name, and the place in the mask that was given", "[recipe]") {
  auto const q = uniform_rows(3, 4, 20), docs = uniform_rows(3, 4, 21), hard = uniform_rows(2, 4, 22);
  matrix<double> const none = matrix<double>::Zero(3, 3), hard_pairs = matrix<double>::Ones(3, 2);
  matrix<double> pairs = none, hard_bad = hard_pairs;
  CHECK(says(refusal([&] { star(q, docs, none, matrix<double>(0, 4), matrix<double>(0, 0)); }), {"star: no list counts"}));
  pairs(1, 2) = -1, hard_bad(2, 1) = quiet_nan<double>();
  CHECK(says(refusal([&] { star(q, docs, pairs, hard, hard_pairs); }), {"star: weights", "-1 in pair_mask at row 1, column 2"}));
  CHECK(says(refusal([&] { star(q, docs, none, hard, hard_bad); }), {"star: hard_mask", "row 2, column 1"}));
}

TEST_CASE("snippet_similarity: the constraint is SupCon times the positives of a row", "[recipe]") {
  auto const s = uniform_rows(6, 5, 10), h = uniform_rows(6, 3, 11), target = uniform_rows(2, 3, 12);
  std::vector<int> const group{0, 0, 0, 1, 1, 1}, own{0, 3}, alone{0, 1, 2, 3, 4, 5}, outside{0, 6};
  auto const r = snippet_similarity(s, group, h, own, target, {.lambda_rec = 0});
  auto const plain = sup_con(s, group, {.temperature = 0.2, .base_temperature = 0.2});
  CHECK(r.constraint == Approx(2 * plain.value));
  CHECK(apart(r.s, 2 * plain.anchors) < 1e-13);
  auto const apart_all = snippet_similarity(s, alone, h, own, target);
  CHECK(apart_all.constraint == 0);
  CHECK(apart_all.rebuild > 0);
  CHECK(says(refusal([&] { snippet_similarity(s, group, h, outside, target); }), {"snippet_similarity: original 1 is row 6"}));
  CHECK(says(refusal([&] { snippet_similarity(s, own, h, own, target); }), {"snippet_similarity: 6 snippets, but 2 groups"}));
  CHECK(says(refusal([&] { snippet_similarity(s, group, target, own, target); }), {"snippet_similarity", "h is [2, 3]"}));
  CHECK(says(refusal([&] { snippet_similarity(s, group, h, own, target, {}, {.bad_rows = bad_rows::skip}); }),
             {"snippet_similarity", "bad_rows", "skip"}));
}
