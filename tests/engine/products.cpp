// SPDX-License-Identifier: BSD-3-Clause
// execution::products = precision::bf16: gradients within 5 parts in 1,000 of those in float for every pool and both directions, the
// same bits for any number of threads and any tile, storage in bfloat16 taken as it is, and what is refused.
// Tests engine/products.hpp, engine/source_of.hpp.
#include "../refusal.hpp"
#include "../table/table.hpp"
#include "foil/pool/between.hpp"
#include "foil/pool/listed.hpp"
#include "foil/pool/proxies.hpp"
#include "foil/roles/target.hpp"

using namespace table;

namespace {

execution const rounded{.products = precision::bf16};

template <class L, class Sim = similarity::cosine>
auto with(execution const& how, L const& loss, Sim similarity = {}) {
  return objective(loss, similarity, reduce::mean{}, how);
}
double distance(matrix<float> const& a, matrix<float> const& b) {
  REQUIRE(a.rows() == b.rows());
  double const size = b.cast<double>().norm();
  return size == 0 ? a.cast<double>().norm() : (a.cast<double>() - b.cast<double>()).norm() / size;
}
/// All gradients of f(execution) with rounded products against those without: within 5 parts in 1,000, and not the same.
template <class F>
void near_float(F const& f) {
  outcome<float> const want = f(execution{}), got = f(rounded);
  CHECK(double(got.value) == Approx(double(want.value)).epsilon(2e-3));
  CHECK(got.scale == Approx(want.scale).epsilon(1e-2));
  CHECK(distance(got.anchors, want.anchors) < 5e-3);
  REQUIRE(got.pools.size() == want.pools.size());
  for (std::size_t n = 0; n < got.pools.size(); ++n) CHECK(distance(got.pools[n], want.pools[n]) < 5e-3);
  for (std::size_t n = 0; n < got.own_anchors.size(); ++n) CHECK(distance(got.own_anchors[n], want.own_anchors[n]) < 5e-3);
  CHECK_FALSE(same_bits(got.anchors, want.anchors));
}
/// Documents that resemble their queries, as they do in training.
matrix<float> alike(matrix<float> const& q, float share, std::uint64_t seed) {
  return share * q + (1 - share) * normal_rows<float>(q.rows(), q.cols(), seed);
}

}  // namespace

TEST_CASE("bfloat16: gradients are those in float to within 5 parts in 1,000", "[engine]") {
  for (idx dim : {128, 255}) {
    INFO("dim " << dim);
    auto const q = normal_rows<float>(300, dim, 1), k = alike(q, 0.4f, 2);
    auto const classes = labels(300, 40, 3);
    loss::info_nce const info{.temperature = 0.05};
    near_float([&](auto const& how) { return with(how, info).value_and_grad(q, pool::in_batch(k)); });
    near_float([&](auto const& how) { return with(how, info).symmetric(q, pool::in_batch(k)); });
    near_float([&](auto const& how) {
      return with(how, loss::sup_con{.temperature = 0.05}).value_and_grad(q, pool::self(q, roles::by_label(classes)));
    });
    near_float([&](auto const& how) { return with(how, loss::triplet{.margin = 0.3, .soft = true}).value_and_grad(q, pool::in_batch(k)); });
    near_float([&](auto const& how) { return with(how, loss::siglip{.log_scale = 3, .bias = -3}).symmetric(q, pool::in_batch(k)); });
    matrix<float> const a = q * 0.2f, b = k * 0.2f;
    near_float([&](auto const& how) {
      return with(how, loss::info_nce{.temperature = 1.0}, similarity::dot{}).value_and_grad(a, pool::in_batch(b));
    });
  }
}
TEST_CASE("bfloat16: distances do not cancel, near rows and far from the origin", "[engine]") {
  auto const q = normal_rows<float>(200, 128, 4), k = alike(q, 0.5f, 5);
  near_float([&](auto const& how) {
    return with(how, loss::triplet{.margin = 3, .soft = true}, similarity::neg_l2{}).value_and_grad(q, pool::in_batch(k));
  });
  matrix<float> near = q;
  near += 0.01f * normal_rows<float>(200, 128, 6);  // most of the positives are scored one by one
  auto const plain = with({}, loss::info_nce{.temperature = 30}, similarity::neg_sq_l2{}).value_and_grad(q, pool::in_batch(near));
  auto const got = with(rounded, loss::info_nce{.temperature = 30}, similarity::neg_sq_l2{}).value_and_grad(q, pool::in_batch(near));
  CHECK(got.value == Approx(plain.value).epsilon(2e-3));
  CHECK(distance(got.anchors, plain.anchors) < 5e-3);
  CHECK(distance(got.pools[0], plain.pools[0]) < 5e-3);
}
TEST_CASE("bfloat16: every pool takes part; private pools and given scores stay as they are", "[engine]") {
  auto const q = normal_rows<float>(48, 96, 7), k = alike(q, 0.5f, 8), more = normal_rows<float>(96, 96, 9), other = alike(q, 0.3f, 10);
  auto const scores = normal_rows<float>(48, 20, 11);
  std::vector<int> ids;
  for (int i = 0; i < 48 * 3; ++i) ids.push_back(i * 7 % 96);
  loss::info_nce const info{.temperature = 0.1};
  near_float([&](auto const& how) { return with(how, info).value_and_grad(q, pool::in_batch(k), pool::trained(pool::bank(more))); });
  near_float([&](auto const& how) { return with(how, info).value_and_grad(q, pool::in_batch(k), pool::own(more, 2)); });
  near_float(
      [&](auto const& how) { return with(how, info).value_and_grad(q, pool::in_batch(k), pool::trained(pool::listed(more, ids, 3))); });
  near_float([&](auto const& how) { return with(how, info).value_and_grad(q, pool::in_batch(k), pool::self(q)); });
  near_float([&](auto const& how) {
    return with(how, info).value_and_grad(q, pool::in_batch(k), pool::between(other, more, roles::all_negative{}));
  });
  near_float([&](auto const& how) { return with(how, info).symmetric(q, pool::in_batch(k), pool::trained(pool::bank(more))); });

  auto const alone = [&](auto const&... pools) {
    return same_bits(with({}, info).value_and_grad(q, pools...), with(rounded, info).value_and_grad(q, pools...));
  };
  CHECK(alone(pool::positives(k), pool::own(more, 2)));
  CHECK(alone(pool::positives(k), pool::trained(pool::listed(more, ids, 3))));
  std::vector<int> const fifth(48, 5);
  auto const given = [&](auto const& how) { return with(how, info).value_and_grad(pool::given(scores, roles::target(fifth))); };
  CHECK(same_bits(given(execution{}), given(rounded)));
}
TEST_CASE("bfloat16: the same bits for any number of threads, any tile and any cache of opened rows", "[engine]") {
  for (idx dim : {33, 64}) {
    auto const q = normal_rows<float>(700, dim, 12), k = alike(q, 0.4f, 13), more = normal_rows<float>(530, dim, 14);
    loss::info_nce const info{.temperature = 0.05};
    auto const run = [&](execution how, bool both) {
      how.products = precision::bf16;
      auto const f = with(how, info);
      return both ? f.symmetric(q, pool::in_batch(k), pool::trained(pool::bank(more)))
                  : f.value_and_grad(q, pool::in_batch(k), pool::trained(pool::bank(more)));
    };
    for (bool both : {false, true})
      for (std::size_t budget : {std::size_t(0), std::size_t(1) << 20, std::size_t(64) << 20}) {
        auto const usual = run({.budget = budget}, both);
        for (int workers : {1, 2, 3})
          for (tiling tile : {tiling{}, tiling{1, 1}, tiling{512, 300}, tiling{256, 4096}}) {
            auto const r = run({.executor = threads(workers), .budget = budget, .tile = tile}, both);
            CHECK(same_bits(usual, r));
          }
      }
  }
}
TEST_CASE("bfloat16: embeddings stored in it or in half give what their copies in float give", "[engine]") {
  using bfloat16 = Eigen::bfloat16;
  for (idx dim : {40, 41}) {
    auto const q = normal_rows<float>(60, dim, 15), k = alike(q, 0.4f, 16);
    auto const check = [&](auto const& a, auto const& b, auto similarity) {
      matrix<float> const wide_a = a.template cast<float>(), wide_b = b.template cast<float>();
      for (std::size_t budget : {std::size_t(0), std::size_t(64) << 20}) {
        auto const f = with({.budget = budget, .products = precision::bf16}, loss::info_nce{.temperature = 0.5}, similarity);
        auto const stored = f.value_and_grad(a, pool::in_batch(b)), copied = f.value_and_grad(wide_a, pool::in_batch(wide_b));
        if constexpr (decltype(similarity)::kind.unit)  // rows of float are scaled in float, others in double
          CHECK((distance(stored.anchors, copied.anchors) < 1e-3 && distance(stored.pools[0], copied.pools[0]) < 1e-3));
        else
          CHECK(same_bits(stored, copied));
      }
    };
    matrix<bfloat16> const a = (q * 0.3f).cast<bfloat16>(), b = (k * 0.3f).cast<bfloat16>();
    matrix<Eigen::half> const c = (q * 0.3f).cast<Eigen::half>(), d = (k * 0.3f).cast<Eigen::half>();
    check(a, b, similarity::cosine{}), check(a, b, similarity::dot{}), check(a, b, similarity::neg_l2{});
    check(c, d, similarity::cosine{}), check(c, d, similarity::dot{}), check(a, d, similarity::dot{});
    // Nothing is rounded on the way to the scores.
    auto const plain = with({}, loss::info_nce{.temperature = 0.5}, similarity::dot{}).value(a, pool::in_batch(b));
    auto const value = with(rounded, loss::info_nce{.temperature = 0.5}, similarity::dot{}).value(a, pool::in_batch(b));
    CHECK(value.value == Approx(plain.value).epsilon(1e-6));
  }
}
TEST_CASE("bfloat16: rows of any length, zero rows and rows left out", "[engine]") {
  auto const q = normal_rows<float>(64, 128, 17), k = alike(q, 0.5f, 18);
  for (float size : {1e-25f, 1e25f}) {
    matrix<float> const scaled = q * size;
    auto const f = with(rounded, loss::info_nce{.temperature = 0.05});
    auto const want = f.value_and_grad(q, pool::in_batch(k)), got = f.value_and_grad(scaled, pool::in_batch(k));
    CHECK(got.value == Approx(want.value).epsilon(1e-4));
    CHECK(distance(got.anchors * size, want.anchors) < 5e-3);
  }
  matrix<float> holes = q;
  holes.row(5).setZero(), holes(9, 3) = quiet_nan<float>();
  auto const f = with({.bad_rows = bad_rows::skip, .products = precision::bf16}, loss::info_nce{.temperature = 0.05});
  auto const r = f.value_and_grad(holes, pool::in_batch(k));
  CHECK(r.zero_rows == 1);
  CHECK(r.bad_rows == 1);
  CHECK(r.anchors.row(5).cwiseAbs().maxCoeff() == 0);
  CHECK(r.anchors.row(9).cwiseAbs().maxCoeff() == 0);
}
TEST_CASE("bfloat16: slopes are rounded in proportion, however small", "[engine]") {
  auto const q = normal_rows<float>(64, 128, 19), k = normal_rows<float>(64, 128, 20);
  for (double temperature : {1e25, 1e12, 1.0, 0.01}) {
    loss::info_nce const info{.temperature = temperature};
    auto const want = with({}, info).value_and_grad(q, pool::in_batch(k)), got = with(rounded, info).value_and_grad(q, pool::in_batch(k));
    CHECK(distance(got.anchors, want.anchors) < (temperature > 0.1 ? 5e-3 : 2e-2));  // exponents err in proportion to 1 / temperature
    CHECK(distance(got.pools[0], want.pools[0]) < (temperature > 0.1 ? 5e-3 : 2e-2));
    CHECK(got.anchors.cwiseAbs().maxCoeff() > 0);
  }
}
TEST_CASE("bfloat16: doubles and what is no precision are refused", "[engine]") {
  auto const q = normal_rows<double>(6, 4, 1), k = normal_rows<double>(6, 4, 2);
  loss::info_nce const info{};
  CHECK(
      says(refusal([&] { with(rounded, info).value_and_grad(q, pool::in_batch(k)); }), {"value_and_grad", "execution.products", "double"}));
  CHECK(says(refusal([&] { with(rounded, info).symmetric(q, pool::in_batch(k)); }), {"symmetric", "execution.products"}));
  matrix<float> const a = q.cast<float>(), b = k.cast<float>();
  CHECK(says(refusal([&] { with({.products = precision(7)}, info).value(a, pool::in_batch(b)); }), {"value", "products"}));
}
