// SPDX-License-Identifier: BSD-3-Clause
// Every similarity against its definition, in both precisions, with the pairs that arithmetic gets wrong.
// Tests similarity/contract.hpp, similarity/normalized.hpp.
#include "foil/similarity.hpp"

#include "../table/table.hpp"
#include "foil/roles/uniform.hpp"

using namespace table;

namespace {

/// The score of two rows, read off a loss that is the mean score of a single positive.
template <class S, class Sim>
S score(matrix<S> const& a, matrix<S> const& c, Sim similarity) {
  return objective(loss::tolerance{}, similarity).value(a, pool::positives(c)).value;
}
template <class S>
void check_all(S tolerance) {
  using namespace similarity;
  for (idx d : {1, 3, 16, 67}) {
    auto const a = normal_rows<S>(1, d, std::uint64_t(d)), c = normal_rows<S>(1, d, std::uint64_t(d) + 100);
    auto const x = a.template cast<double>().eval(), y = c.template cast<double>().eval();
    auto const close = [&](S got, double want) { CHECK(double(got) == Approx(want).epsilon(double(tolerance)).margin(double(tolerance))); };
    double const dot_ = x.cwiseProduct(y).sum();
    close(score(a, c, dot{}), dot_);
    close(score(a, c, cosine{}), dot_ / x.norm() / y.norm());
    close(score(a, c, neg_sq_l2{}), -(x - y).squaredNorm());
    close(score(a, c, neg_l2{}), -(x - y).norm());
    close(score(a, c, normalized<neg_l2>{}), -(x / x.norm() - y / y.norm()).norm());
  }
}

}  // namespace

TEST_CASE("similarity: each is its definition", "[similarity]") { check_all<double>(1e-14), check_all<float>(2e-5f); }

TEST_CASE("similarity: distances of near-duplicates are right in float", "[similarity]") {
  for (idx d : {8, 128}) {
    matrix<float> const a = normal_rows<float>(40, d, 1);
    matrix<float> c = a;
    for (idx i = 0; i < 40; ++i) c(i, i % d) += 1e-3f;
    objective const f{loss::tolerance{}, similarity::neg_l2{}};
    // Through the shared product, where |a|^2 + |c|^2 - 2 a.c cancels.
    auto const r = f.value(a, pool::in_batch(c));
    for (idx i = 0; i < 40; ++i) {
      double const want = double((c.row(i).cast<double>() - a.row(i).cast<double>()).norm());
      CHECK(double(r.rows[std::size_t(i)]) == Approx(-want).epsilon(1e-5));
    }
  }
}
TEST_CASE("similarity: identical points have distance 0 and gradient 0", "[similarity]") {
  auto const a = normal_rows<float>(5, 7, 1);
  matrix<float> const c = a;
  auto const check = [&](auto similarity) {
    auto const r = objective(loss::tolerance{}, similarity).value_and_grad(a, pool::in_batch(c));
    CHECK(r.value == 0);
    CHECK(r.anchors.cwiseAbs().maxCoeff() == 0);
    CHECK(r.pools[0].cwiseAbs().maxCoeff() == 0);
  };
  check(similarity::neg_l2{}), check(similarity::neg_sq_l2{});
}
TEST_CASE("similarity: the gradient of the cosine is orthogonal to its embedding and falls with its length", "[similarity]") {
  auto q = normal_rows<double>(6, 5, 1);
  auto const k = normal_rows<double>(6, 5, 2);
  auto const r = objective(loss::info_nce{}).value_and_grad(q, pool::in_batch(k));
  for (idx i = 0; i < 6; ++i) CHECK(r.anchors.row(i).dot(q.row(i)) == Approx(0).margin(1e-14));
  q.row(2) *= 10;
  auto const longer = objective(loss::info_nce{}).value_and_grad(q, pool::in_batch(k));
  CHECK(longer.value == Approx(r.value).epsilon(1e-14));
  CHECK((10 * longer.anchors.row(2) - r.anchors.row(2)).cwiseAbs().maxCoeff() < 1e-13);
}
