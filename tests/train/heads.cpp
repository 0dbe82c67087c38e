// SPDX-License-Identifier: BSD-3-Clause
// Heads and weights around a training loop: closed forms against their definitions.
#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "foil/train/attentive_pooling.hpp"
#include "foil/train/krr.hpp"
#include "foil/train/neon_merge.hpp"

namespace {

using namespace foil;

}  // namespace

TEST_CASE("krr: its gradient is the slope of its value, with and without a bias", "[train]") {
  auto const fs = normal_rows(6, 4, 1), fr = normal_rows(9, 4, 2), yr = normal_rows(9, 3, 3);
  matrix<double> ys = normal_rows(6, 3, 4);
  for (bool bias : {false, true}) {
    loss::krr_options const o{.ridge = 0.01, .bias = bias};
    auto const r = loss::krr(fs, ys, fr, yr, o);
    for (idx i = 0; i < ys.size(); ++i) {
      double const x = ys.data()[i], h = 1e-5;
      ys.data()[i] = x + h;
      double const up = loss::krr(fs, ys, fr, yr, o).value;
      ys.data()[i] = x - h;
      double const down = loss::krr(fs, ys, fr, yr, o).value;
      ys.data()[i] = x;
      CHECK(r.gradient.data()[i] == Approx((up - down) / (2 * h)).margin(1e-8));
    }
  }
  matrix<double> const twice = fs.row(0).replicate(6, 1);
  CHECK(says(refusal([&] { loss::krr(twice, ys, fr, yr, {.ridge = 0}); }), {"krr", "singular"}));
  CHECK(says(refusal([&] { loss::krr(fs, yr, fr, yr); }), {"krr", "[6, c]", "[9, 3]"}));
}

TEST_CASE("attentive_pooling: blocks of the projected tokens, weighted", "[train]") {
  auto const x = normal_rows(11, 8, 5), q = normal_rows(2, 8, 6), w = normal_rows(4, 8, 7);
  auto const r = loss::attentive_pooling(x, q, w);
  matrix<double> const v = x * w.transpose();
  for (idx m = 0; m < 2; ++m) {
    CHECK(r.attention.row(m).sum() == Approx(1));
    for (idx j = 0; j < 2; ++j) CHECK(r.pooled[std::size_t(m * 2 + j)] == Approx(r.attention.row(m).dot(v.col(m * 2 + j))));
  }
  Eigen::VectorXd const e = (x * q.row(1).transpose() / std::sqrt(8.0)).array().exp();
  for (idx i = 0; i < 11; ++i) CHECK(r.attention(1, i) == Approx(e(i) / e.sum()));
  matrix<double> const far = x * 1e3;  // logits of thousands: nothing overflows
  CHECK(finite_bits(loss::attentive_pooling(far, matrix<double>(q * 1e3), w).pooled[0]));
  auto const begin = loss::pooling_queries<float>(32, 8, random_stream(1, purpose::user));
  CHECK(begin.rows() == 32);
  CHECK(begin.cwiseAbs().maxCoeff() < 0.12f);
  for (double bad : {quiet_nan<double>(), infinity<double>(), -1.0})
    CHECK(says(refusal([&] { loss::pooling_queries<float>(2, 8, random_stream(1, purpose::user), bad); }), {"pooling_queries", "scale"}));
  CHECK(says(refusal([&] { loss::attentive_pooling(x, q, normal_rows(5, 8, 1)); }), {"attentive_pooling", "2", "5"}));
  CHECK(says(refusal([&] { loss::attentive_pooling(matrix<double>(0, 8), q, w); }), {"attentive_pooling", "empty"}));
}

TEST_CASE("neon_merge: away from the degraded weights, what is not finite stays", "[train]") {
  float const big = (std::numeric_limits<float>::max)();
  std::vector<float> base{1, 2, big, infinity<float>(), 5};
  std::vector<float> const degraded{0.5f, 2, -big, 1, quiet_nan<float>()};
  mining::neon_merge<float>(base, degraded, 0.5);
  CHECK(base == std::vector<float>{1.25f, 2, big, infinity<float>(), 5});
  std::vector<float> const shorter{1};
  CHECK(says(refusal([&] { mining::neon_merge<float>(base, shorter, 0.5); }), {"neon_merge", "5", "1"}));
  CHECK(says(refusal([&] { mining::neon_merge<float>(base, degraded, -1); }), {"neon_merge", "w", "-1"}));
}
