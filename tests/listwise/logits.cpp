// SPDX-License-Identifier: BSD-3-Clause
// Losses on logits: their limits, what they refuse, logits far apart.
// Tests listwise/mean_prediction.hpp and listwise/binary_cross_entropy.hpp, through those that take them.
#include <cmath>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "../table/differences.hpp"
#include "foil/listwise/ar2_retriever.hpp"
#include "foil/listwise/asymmetric.hpp"
#include "foil/listwise/gedi.hpp"
#include "foil/listwise/happy.hpp"
#include "foil/listwise/meco.hpp"
#include "foil/listwise/ovor.hpp"
#include "foil/listwise/ps_kd.hpp"
#include "foil/listwise/rerank_pair_list.hpp"
#include "foil/listwise/sade.hpp"
#include "foil/listwise/sampling_free.hpp"

namespace {

using namespace foil;
using namespace foil::loss;

list_options const summed{list_reduction::sum};

}  // namespace

TEST_CASE("sade: of classes with as many samples the later one has the larger inverted prior", "[loss]") {
  matrix<double> const z = matrix<double>::Zero(1, 3);
  std::vector<double> const counts{5, 5, 20};
  std::vector<int> const first{0}, second{1};
  CHECK(sade(z, z, z, counts, first).value == Approx(std::log(1458.0)));  // 3 * 6 * 81, by hand
  CHECK(sade(z, z, z, counts, second).value == Approx(std::log(91.125)));
  matrix<float> far(1, 3);
  far << -1e38f, 1e38f, 0;
  CHECK(says(refusal([&] { sade(far, far, far, counts, first); }), {"sade: the loss is beyond what a float holds"}));
}

TEST_CASE("rerank_pair_list: parts whose sum no float holds are refused", "[loss]") {
  matrix<float> const even = matrix<float>::Zero(1, 2);
  matrix<float> far(1, 2), flipped(1, 2);
  far << -1.5e38f, 1.5e38f, flipped << 1.5e38f, -1.5e38f;
  std::vector<int> const first{0};
  CHECK(says(refusal([&] { rerank_pair_list(far, flipped, even, first); }), {"rerank_pair_list: the loss is beyond what a float holds"}));
  CHECK(says(refusal([&] { rerank_pair_list(even, even, far, first, 1e15); }), {"rerank_pair_list: the loss is beyond"}));
}

TEST_CASE("losses made of cross entropies: what is no number is refused by the name of the call and of the argument", "[loss]") {
  matrix<double> const z = matrix<double>::Zero(1, 2);
  matrix<double> bad = z;
  bad(0, 1) = quiet_nan<double>();
  std::vector<int> const label{0};
  std::vector<double> const counts{1, 2}, endless{1.7e308, 1.7e308};
  CHECK(says(refusal([&] { label_cross_entropy(bad, label); }), {"foil: label_cross_entropy: logits", "row 0, column 1"}));
  CHECK(says(refusal([&] { ps_kd(bad, label, z); }), {"foil: ps_kd: logits"}));
  CHECK(says(refusal([&] { ar2_retriever(bad, z); }), {"foil: ar2_retriever: retriever"}));
  CHECK(says(refusal([&] { rerank_pair_list(bad, z, z, label); }), {"foil: rerank_pair_list: positive"}));
  CHECK(says(refusal([&] { rerank_pair_list(z, bad, z, label); }), {"foil: rerank_pair_list: negative"}));
  CHECK(says(refusal([&] { rerank_pair_list(z, z, bad, label); }), {"foil: rerank_pair_list: list_logits"}));
  CHECK(says(refusal([&] { sade(bad, z, z, counts, label); }), {"foil: sade: expert1"}));
  CHECK(says(refusal([&] { sade(z, bad, z, counts, label); }), {"foil: sade: expert2"}));
  CHECK(says(refusal([&] { sade(z, z, bad, counts, label); }), {"foil: sade: expert3"}));
  CHECK(says(refusal([&] { sade(z, z, z, endless, label); }), {"foil: sade: counts"}));
}

TEST_CASE("asymmetric: without exponents, clip and floor it is the binary cross entropy, soft targets included", "[loss]") {
  auto const s = uniform_rows(4, 5, 1, 3);
  matrix<double> const y = (uniform_rows(4, 5, 2, 3).array() / 6 + 0.5).matrix();
  auto const a = value_and_grad_lists(asymmetric{0, 0, 0, 0}, s, y, summed), b = value_and_grad_lists(binary_cross_entropy{}, s, y, summed);
  CHECK(a.value == Approx(b.value));
  CHECK((a.scores - b.scores).cwiseAbs().maxCoeff() < 1e-14);
  auto const w = value_and_grad_lists(binary_cross_entropy{3}, s, y);
  CHECK(table::worst_difference(s, w.scores, [&](auto const& x) { return value_and_grad_lists(binary_cross_entropy{3}, x, y).value; }) <
        1e-8);
  matrix<double> const wrong = y * 2.5;
  matrix<double> const sure = matrix<double>::Constant(1, 1, -40), no = matrix<double>::Zero(1, 1);
  CHECK(value_and_grad_lists(asymmetric{0, 0, 0, 0}, sure, no).value == value_and_grad_lists(binary_cross_entropy{}, sure, no).value);
  CHECK(value_and_grad_lists(asymmetric{0, 0, 0, 0}, sure, no).scores(0, 0) == Approx(std::exp(-40.0)).epsilon(1e-12));
  CHECK(says(refusal([&] { value_and_grad_lists(asymmetric{}, s, wrong); }), {"asymmetric", "targets must be in 0 .. 1"}));
  CHECK(says(refusal([&] { value_and_grad_lists(asymmetric{.clip = 1.5}, s, y); }), {"asymmetric", "clip"}));
}

TEST_CASE("asymmetric: negatives below the clip cost nothing, logits of 1000 stay finite", "[loss]") {
  matrix<double> s(2, 2), y(2, 2);
  s << -1000, 1000, 1000, -1000, y << 0, 0, 1, 1;
  auto const r = value_and_grad_lists(asymmetric{1, 1, 0.05, 1e-8}, s, y, summed);
  CHECK(r.value == Approx(-0.95 * std::log(0.05) - std::log(1e-8)));
  CHECK(r.scores.cwiseAbs().maxCoeff() == 0);  // dropped, clamped, right, clamped
  auto const exact = value_and_grad_lists(asymmetric{0, 0, 0, 0}, s, y, summed);
  CHECK(exact.value == Approx(2000));
}

TEST_CASE("gedi: the uniformity is least where clusters are used alike", "[loss]") {
  matrix<double> const even = matrix<double>::Identity(4, 4) * 1000, other = uniform_rows(4, 4, 3, 3);
  auto const best = gedi(even, even, 1);
  CHECK(best.uniformity == Approx(4 * std::log(4.0)));
  CHECK(std::abs(best.invariance) < 1e-12);
  CHECK(gedi(other, even).uniformity > best.uniformity);
  CHECK(gedi(matrix<double>(0, 4), matrix<double>(0, 4)).value == 0);
  matrix<double> const one_sided = matrix<double>::Ones(3, 1) * matrix<double>::Identity(1, 4) * 1000;
  auto const far = gedi(one_sided, other.topRows(3).eval());
  CHECK(far.uniformity == Approx(3000));
  CHECK(far.z1.allFinite());
  CHECK(says(refusal([&] { gedi(other, even.topRows(3).eval()); }), {"gedi: z1 is [4, 4], z2 [3, 4]"}));
  matrix<double> const wide = other * 1e100;
  CHECK(finite_bits(gedi(wide, other).uniformity));
  CHECK(gedi(wide, other).z1.allFinite());
  matrix<float> edge = matrix<float>::Constant(2, 4, -3e38f);
  edge.col(0).setConstant(3e38f);
  CHECK(says(refusal([&] { gedi(edge, edge); }), {"gedi: the loss is beyond what a float holds"}));
  CHECK(says(refusal([&] { gedi(other, even, -1); }), {"gedi", "beta"}));
}

TEST_CASE("happy: predictions that are even cost no entropy; groups that vanish cost none", "[loss]") {
  matrix<double> const even = matrix<double>::Constant(4, 6, 0.3);
  auto const r = happy(even, even, {.old_classes = 3});
  CHECK(std::abs(r.entropy) < 1e-14);
  CHECK(r.distill == Approx(std::log(6.0)));
  CHECK(happy(uniform_rows(4, 6, 5, 3), even, {.old_classes = 2}).old_in > 0);
  matrix<double> gone = even;
  gone.leftCols(3).setConstant(-1000);
  auto const without = happy(gone, even, {.old_classes = 3, .student_temperature = 1});
  CHECK(without.old_in == 0);
  CHECK(without.old_new == Approx(std::log(2.0)));
  CHECK(without.student.allFinite());
  gone.leftCols(3) = uniform_rows(4, 3, 9, 3).array() - 725;  // a sum that a double holds with few bits
  CHECK(happy(gone, even, {.old_classes = 3, .student_temperature = 1}).old_in == 0);
  auto const x = uniform_rows(6, 5, 6, 3), t = uniform_rows(6, 5, 7, 3);
  happy_options const o{
      .old_classes = 2, .student_temperature = 0.7, .teacher_temperature = 0.5, .w_old_new = 1.5, .w_old_in = 0.6, .w_new_in = 2};
  CHECK(table::worst_difference(x, happy(x, t, o).student, [&](auto const& y) { return happy(y, t, o).value; }) < 1e-8);
  CHECK(says(refusal([&] { happy(even, even, {.old_classes = 6}); }), {"happy: old_classes must leave a new class, got 6 of 6"}));
  CHECK(says(refusal([&] { happy(even.topRows(3).eval(), even.topRows(3).eval(), {}); }), {"happy", "3 rows are not two views"}));
}

TEST_CASE("meco: with gamma 1 the gradient is a softmax, whatever the size of the densities", "[loss]") {
  std::vector<double> const data{1, 2}, noise{3000, 2999, -5000}, log_q{0, 0, 0};
  auto const all = [&](meco_options const& o) { return meco(std::span<double const>(data), std::span<double const>(noise), log_q, o); };
  auto const r = all({.gamma = 1});
  CHECK(r.noise[0] == Approx(1 / (1 + std::exp(-1.0))));
  CHECK(r.noise[2] == 0);
  CHECK(r.log_u == Approx(3000 + std::log1p(std::exp(-1.0)) - std::log(3.0)));
  CHECK(r.data[0] == -0.5);
  CHECK(says(refusal([&] { all({.gamma = 0}); }), {"meco: noise item 0", "raise gamma"}));
  std::vector<double> const faint{-1e31};
  auto const one = meco(std::span<double const>(data), std::span<double const>(faint), std::vector<double>{0}, {.gamma = 1});
  CHECK((one.log_u == -1e31 && one.noise[0] == 1));
  std::vector<float> const f{0};
  auto const dense = [&] { meco(std::span<float const>(f), std::span<float const>(f), std::vector<double>{-1e300}, {.gamma = 1}); };
  CHECK(says(refusal(dense), {"meco: the loss is beyond what a float holds"}));
  CHECK(says(refusal([&] { all({.log_u = std::log(-1.0)}); }), {"meco: log_u"}));
  CHECK(says(refusal([&] { meco(std::span<double const>(data), std::span<double const>(), {}, {}); }), {"meco: needs data and noise"}));
  CHECK(says(refusal([&] { meco(std::span<double const>(data), std::span<double const>(noise), data, {}); }), {"3 noise items, but 2"}));
}

TEST_CASE("ovor: energies beyond their thresholds cost nothing, an empty side costs nothing", "[loss]") {
  matrix<double> const sure = matrix<double>::Constant(2, 3, 100), none(0, 3), flat = matrix<double>::Zero(2, 3);
  auto const r = ovor(sure, none);
  CHECK(r.value == 0);
  CHECK(r.id.cwiseAbs().maxCoeff() == 0);
  CHECK(ovor(none, flat).value == 0);  // -log 3 lies above -3
  auto const z = uniform_rows(3, 4, 8, 3), w = uniform_rows(5, 4, 9, 3);
  ovor_options const o{0.7, -3, -2};
  auto const both = ovor(z, w, o);
  CHECK(table::worst_difference(z, both.id, [&](auto const& x) { return ovor(x, w, o).value; }) < 1e-8);
  CHECK(table::worst_difference(w, both.ood, [&](auto const& x) { return ovor(z, x, o).value; }) < 1e-8);
  CHECK(says(refusal([&] { ovor(z, flat); }), {"ovor: samples have 4 logits, outliers 3"}));
  matrix<double> masked(1, 3), without = z.topLeftCorner(1, 2);
  masked << -1e30, without;
  matrix<float> const off = matrix<float>::Constant(1, 2, -1e30f);
  CHECK(says(refusal([&] { ovor(off, off.topRows(0).eval(), {.lambda = 1e15}); }), {"ovor: the loss is beyond what a float holds"}));
  CHECK(ovor(masked, none, o).id_score == Approx(ovor(without, without.topRows(0).eval(), o).id_score));
}

TEST_CASE("sampling_free: the value is the regressor's, the gradient the classifier's on its scale", "[loss]") {
  auto const z = uniform_rows(4, 3, 10, 3);
  matrix<double> y = matrix<double>::Zero(4, 3);
  CHECK(sampling_free(z, y, 0.5).value == 0);
  CHECK(sampling_free(z, y, 0.5).logits.cwiseAbs().maxCoeff() == 0);
  CHECK(sampling_free(z, y, 0.5, 1, cross_entropy{}).value == 0);
  CHECK(says(refusal([&] { sampling_free(z, y, 0.5, 1, cross_entropy{-1}); }), {"cross_entropy: temperature"}));
  CHECK(says(refusal([&] { sampling_free(z, y.topRows(3).eval(), 0.5); }), {"sampling_free: logits are [4, 3], targets [3, 3]"}));
  y(1, 2) = y(3, 0) = 1;
  auto const plain = value_and_grad_lists(binary_cross_entropy{}, z, y, summed);
  auto const r = sampling_free(z, y, 0.5, 2);
  CHECK(r.value == 1);
  CHECK(r.weight == Approx(0.5 * 2 / plain.value));
  CHECK((r.logits - plain.scores / plain.value).cwiseAbs().maxCoeff() < 1e-15);
  matrix<double> const one_hot = matrix<double>::Identity(4, 3).array() + matrix<double>::Zero(4, 3).array();
  matrix<double> labels = one_hot;
  labels(3, 1) = 1;
  CHECK(sampling_free(z, labels, 0.5, 1, cross_entropy{}).weight > 0);
  matrix<double> const certain = (y.array() * 2 - 1).matrix() * 1000;
  CHECK(says(refusal([&] { sampling_free(certain, y, 0.5); }), {"sampling_free", "loss is 0"}));
  matrix<double> sure = certain * 0.101;
  sure(1, 1) = -99.5;  // a loss of 11 e^-101 + e^-99.5, of which a float holds few bits
  CHECK(sampling_free(matrix<float>(sure.cast<float>()), y, 0.5).logits(1, 2) == float(sampling_free(sure, y, 0.5).logits(1, 2)));
  matrix<float> far(1, 2), first(1, 2);
  far << 720, -742;
  first << 1, 0;
  CHECK(says(refusal([&] { sampling_free(far, first, 10, 10); }), {"sampling_free", "too small"}));
  CHECK(says(refusal([&] { sampling_free(z, y, -0.5); }), {"sampling_free", "regression"}));
  CHECK(says(refusal([&] { sampling_free_prior(3, 0, 1); }), {"sampling_free_prior"}));
}
