// SPDX-License-Identifier: BSD-3-Clause
// Learned similarities: formulas, gradients by differences through several losses and layouts, mining.
#include "foil/recipe/learned_similarity.hpp"

#include <functional>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "../table/differences.hpp"
#include "foil/bias/bounds.hpp"
#include "foil/core/canonical_order.hpp"
#include "foil/engine/check_gradient.hpp"
#include "foil/engine/threads.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/loss/sup_con.hpp"
#include "foil/loss/triplet.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/between.hpp"
#include "foil/pool/given.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/listed.hpp"
#include "foil/pool/own.hpp"
#include "foil/pool/self.hpp"
#include "foil/roles/by_label.hpp"
#include "foil/roles/target.hpp"
#include "foil/similarity/dot.hpp"
#include "foil/similarity/euclidean.hpp"

namespace {

using namespace foil;

}  // namespace

TEST_CASE("learned similarities: scores are the formulas", "[recipe]") {
  auto const q = normal_rows(4, 3, 1), k = normal_rows(6, 5, 2), w = normal_rows(3, 5, 3);
  objective const f{loss::info_nce{1}, similarity::dot{}};
  std::vector<int> const target{5, 0, 2, 2};
  matrix<double> const scores = q * w * k.transpose();
  double const want = f.value(pool::given(scores, roles::target(target))).value;
  CHECK(bilinear(w).value(f, q, pool::in_batch(k, roles::target(target))).value == Approx(want).epsilon(1e-12));
  CHECK(says(refusal([&] { bilinear(w).value(f, q, pool::given(scores, roles::target(target))); }), {"bilinear", "given scores"}));

  auto const l = normal_rows(2, 3, 4), x = normal_rows(6, 3, 5);
  matrix<double> distances(4, 6);
  for (idx i = 0; i < 4; ++i)
    for (idx j = 0; j < 6; ++j) {
      Eigen::VectorXd const d = (q.row(i) - x.row(j)).transpose();
      distances(i, j) = -d.dot(l.transpose() * l * d);
    }
  objective const g{loss::info_nce{1}, similarity::neg_sq_l2{}};
  double const far = g.value(pool::given(distances, roles::target(target))).value;
  CHECK(mahalanobis(l).value(g, q, pool::in_batch(x, roles::target(target))).value == Approx(far).epsilon(1e-12));

  auto const p = normal_rows(2, 3, 6), r = normal_rows(2, 5, 7);
  matrix<double> const low_rank = q * p.transpose() * r * k.transpose();
  CHECK(projections(p, r).value(f, q, pool::in_batch(k, roles::target(target))).value ==
        Approx(f.value(pool::given(low_rank, roles::target(target))).value).epsilon(1e-12));
}

TEST_CASE("bilinear: gradients of both sides and of the matrix, in several losses and layouts", "[recipe]") {
  auto q = normal_rows(5, 4, 1), k = normal_rows(5, 3, 2), bank = normal_rows(7, 3, 3), own = normal_rows(10, 3, 4);
  auto w = normal_rows(4, 3, 5);
  std::vector<int> const ids{0, 3, 6, -1, 2, 2, 1, 4, 5, 0};
  objective const f{loss::info_nce{0.7}, similarity::dot{}};
  auto const all = [&](auto const& g) {
    return bilinear(w).value_and_grad(g, q, pool::in_batch(k), pool::own(own, 2), pool::trained(pool::listed(bank, ids, 2)));
  };
  auto const value = [&] { return all(f).value; };
  auto const r = all(f);
  table::differences_in_place(q, r.anchors, value), table::differences_in_place(w, r.map, value),
      table::differences_in_place(k, r.pools[0], value);
  table::differences_in_place(own, r.pools[1], value), table::differences_in_place(bank, r.pools[2], value);
  CHECK(r.candidates_map.size() == 0);

  objective const cosine{loss::triplet{.margin = 0.4}, similarity::cosine{}};
  auto const hinge = all(cosine);
  table::differences_in_place(w, hinge.map, [&] { return all(cosine).value; });
  auto const unread = bilinear(w).value_and_grad(f, q, pool::in_batch(k), pool::bank(bank));
  CHECK(unread.pools[1].size() == 0);
  CHECK(unread.map != r.map);
}

TEST_CASE("mahalanobis, projections: gradients, also through candidates that do not train", "[recipe]") {
  auto q = normal_rows(5, 4, 1), k = normal_rows(5, 4, 2), bank = normal_rows(7, 4, 3), other = normal_rows(5, 4, 4);
  auto l = normal_rows(2, 4, 5);
  objective const f{loss::info_nce{1.3}, similarity::neg_sq_l2{}};
  auto const all = [&] {
    return mahalanobis(l).value_and_grad(f, q, pool::in_batch(k), pool::bank(bank), pool::between(other, k, roles::all_negative{}));
  };
  auto const value = [&] { return all().value; };
  auto r = all();
  CHECK(r.pools[1].size() == 0);
  table::differences_in_place(q, r.anchors, value), table::differences_in_place(l, r.map, value),
      table::differences_in_place(other, r.own_anchors[0], value);
  r.pools[0] += r.pools[2];  // k stands in two pools
  table::differences_in_place(k, r.pools[0], value);

  auto p = normal_rows(3, 4, 6), s = normal_rows(3, 4, 7);
  objective const heads{loss::info_nce{0.3}, similarity::cosine{}};
  auto const two = [&] { return projections(p, s).value_and_grad(heads, q, pool::in_batch(k)); };
  auto const t = two();
  table::differences_in_place(p, t.map, [&] { return two().value; });
  table::differences_in_place(s, t.candidates_map, [&] { return two().value; });
  auto const metric = projections(p, s);
  matrix<double> const mapped_q = metric.anchors(q);
  auto const mapped_k = metric.pool(pool::in_batch(k));
  CHECK(check_gradient(heads, mapped_q, pool::in_batch(mapped_k.rows)).error < 1e-6);
}

TEST_CASE("mahalanobis: a listed pool that names few rows of its table", "[recipe]") {
  auto q = normal_rows(3, 4, 1), k = normal_rows(3, 4, 2), table = normal_rows(10, 4, 3), l = normal_rows(2, 4, 5);
  std::vector<int> const ids{7, 3, 3, -1, 9, 7};
  objective const f{loss::info_nce{1.3}, similarity::neg_sq_l2{}};
  auto const listed = pool::listed(table, ids, 2);
  auto const trained = [&] { return mahalanobis(l).value_and_grad(f, q, pool::in_batch(k), pool::trained(listed)); };
  auto const value = [&] { return trained().value; };
  auto const r = trained();
  CHECK(r.pools[1].ids == std::vector<idx>{3, 7, 9});
  table::differences_in_place(l, r.map, value), table::differences_in_place(table, r.pools[1].dense(), value);
}

TEST_CASE("learned similarities: the anchors among themselves", "[recipe]") {
  auto z = normal_rows(6, 3, 1);
  std::vector<int> const labels{0, 1, 0, 1, 2, 2};
  objective const f{loss::sup_con{}, similarity::cosine{}};
  for (bool square : {false, true}) {
    auto w = normal_rows(square ? 2 : 3, 3, 2);
    auto const all = [&] {
      auto const self = pool::self(z, roles::by_label(labels));
      return square ? mahalanobis(w).value_and_grad(f, z, self) : bilinear(w).value_and_grad(f, z, self);
    };
    auto const r = all();
    table::differences_in_place(z, r.anchors, [&] { return all().value; });
    table::differences_in_place(w, r.map, [&] { return all().value; });
    CHECK(r.pools[0].size() == 0);
  }
  auto const w = normal_rows(3, 3, 2), other = normal_rows(6, 3, 3), short_of = normal_rows(5, 3, 4);
  auto const self_of = [&](auto const& m) { return pool::self(m, roles::by_label(labels)); };
  auto const few = as_view(z).middle(0, 5);
  CHECK(says(refusal([&] { bilinear(w).value_and_grad(f, z, self_of(other)); }), {"bilinear", "pool::self", "another matrix"}));
  CHECK(says(refusal([&] { mahalanobis(w).value(f, z, self_of(other)); }), {"mahalanobis", "pool::self", "another matrix"}));
  CHECK(says(refusal([&] { bilinear(w).value_and_grad(f, few, self_of(z)); }), {"bilinear", "the 5 anchors", "6 rows"}));
  CHECK(says(refusal([&] { bilinear(w).value_and_grad(f, z, self_of(short_of)); }), {"bilinear", "the 6 anchors", "5 rows"}));
}

TEST_CASE("learned similarities: mined lists are those of the formula, in half and float", "[recipe]") {
  matrix<float> const q = normal_rows(9, 8, 1).cast<float>(), d = normal_rows(200, 6, 2).cast<float>(),
                      w = normal_rows(8, 6, 3).cast<float>();
  std::vector<int> answer;
  for (int i = 0; i < 9; ++i) answer.push_back(20 * i);
  auto const metric = bilinear(w);
  auto const r = foil::mine(metric.anchors(q), metric.pool(pool::bank(d, roles::target(answer), bias::max_score{8})),
                            {.negatives = 10, .executor = threads(2)}, similarity::dot{});
  matrix<double> const scores = q.cast<double>() * w.cast<double>() * d.cast<double>().transpose();
  for (idx i = 0; i < 9; ++i) {
    std::vector<double> row(scores.row(i).begin(), scores.row(i).end());
    for (double& x : row)
      if (x > 8) x = minus_infinity<double>();
    row[std::size_t(answer[std::size_t(i)])] = minus_infinity<double>();
    auto const want = mining::canonical_order(row, 10);
    CHECK(std::vector<idx>(r.ids.begin() + 10 * i, r.ids.begin() + 10 * i + 10) == want);
  }
  Eigen::Matrix<Eigen::half, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> const hq = q.cast<Eigen::half>(), hd = d.cast<Eigen::half>();
  matrix<float> const wq = hq.cast<float>(), wd = hd.cast<float>();
  objective const f{loss::info_nce{}, similarity::dot{}};
  auto const narrow = metric.value_and_grad(f, hq, pool::trained(pool::bank(hd, roles::target(answer))));
  auto const wide = metric.value_and_grad(f, wq, pool::trained(pool::bank(wd, roles::target(answer))));
  CHECK(narrow.value == wide.value);
  CHECK(narrow.map == wide.map);
  CHECK(narrow.pools[0] == wide.pools[0]);
  CHECK(says(refusal([&] { metric.anchors(d); }), {"bilinear", "anchors of dim 8", "got 6"}));
  CHECK(says(refusal([&] { metric.pool(pool::bank(q)); }), {"bilinear", "[8, 6]", "dim 8"}));
  CHECK(says(refusal([&] { projections(q, w); }), {"projections", "one dim", "9", "8"}));
}
TEST_CASE("learned similarities: rows that are skipped leave no trace in the matrix", "[recipe]") {
  auto q = normal_rows(5, 3, 1), k = normal_rows(6, 3, 2), n = normal_rows(4, 3, 3);
  auto const w = normal_rows(3, 3, 4), p = normal_rows(2, 3, 5), o = normal_rows(2, 3, 6);
  std::vector<idx> const ids{0, 1, 2, 3, 0, 1, 2, 3, 0, 1}, fewer{0, 1, 2, -1, 0, 1, 2, -1, 0, 1};
  std::vector<int> const target{0, 1, 2, 3, 4};
  objective const plain{loss::info_nce{1}, similarity::dot{}};
  objective const skip{loss::info_nce{1}, similarity::dot{}, reduce::mean{}, {.bad_rows = bad_rows::skip}};
  auto const call = [&](auto const& metric, auto const& f, idx anchors, idx columns, std::vector<idx> const& list) {
    return metric.value_and_grad(f, q.topRows(anchors),
                                 pool::in_batch(k.topRows(columns), roles::target(std::span(target).first(std::size_t(anchors)))),
                                 pool::listed(n, std::span(list).first(std::size_t(2 * anchors)), 2));
  };
  auto const compare = [&](auto const& metric) {
    auto const want = call(metric, plain, 4, 5, fewer);
    auto const whole = std::tuple{q, k, n};
    q(4, 1) = quiet_nan<double>(), k(5, 0) = infinity<double>(), n(3, 2) = quiet_nan<double>();
    auto const r = call(metric, skip, 5, 6, ids);
    std::tie(q, k, n) = whole;
    CHECK(r.bad_rows == 3);
    CHECK(r.value == Approx(want.value).epsilon(1e-12));
    CHECK((r.map - want.map).cwiseAbs().maxCoeff() < 1e-12);
    if (want.candidates_map.size() > 0) CHECK((r.candidates_map - want.candidates_map).cwiseAbs().maxCoeff() < 1e-12);
    CHECK(r.anchors.row(4).isZero());
  };
  compare(bilinear(w)), compare(mahalanobis(p)), compare(projections(p, o));
}
