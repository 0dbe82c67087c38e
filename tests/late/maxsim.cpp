// SPDX-License-Identifier: BSD-3-Clause
// MaxSim: scores by definition, gradients of every token by differences, the same bits for any threads and budget.
// Tests late/token_lists.hpp, simd/unit_row.hpp.
#include "foil/late/maxsim.hpp"

#include <functional>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../table/differences.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/threads.hpp"
#include "foil/late/losses.hpp"
#include "foil/listwise/margin_mse.hpp"
#include "foil/listwise/min_max.hpp"
#include "foil/listwise/soft_label_kl.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/roles/target.hpp"

namespace {

using namespace foil;

struct texts {
  matrix<double> rows;
  std::vector<idx> offsets{0};
  auto lists() const { return late::tokens(rows, offsets); }
};
texts draw_texts(idx n, idx least, idx most, idx dim, std::uint64_t seed) {
  random_stream draw(seed, purpose::user);
  texts t;
  for (idx i = 0; i < n; ++i) t.offsets.push_back(t.offsets.back() + least + draw.below(most - least + 1));
  t.rows.resize(t.offsets.back(), dim);
  for (idx i = 0; i < t.rows.size(); ++i) t.rows.data()[i] = draw.normal();
  return t;
}
double by_definition(texts const& q, idx i, texts const& d, idx j, bool unit) {
  double sum = 0;
  for (idx a = q.offsets[std::size_t(i)]; a < q.offsets[std::size_t(i) + 1]; ++a) {
    double best = -1e300;
    for (idx b = d.offsets[std::size_t(j)]; b < d.offsets[std::size_t(j) + 1]; ++b) {
      double const x = q.rows.row(a).dot(d.rows.row(b));
      best = (std::max)(best, unit ? x / (q.rows.row(a).norm() * d.rows.row(b).norm()) : x);
    }
    sum += best;
  }
  return sum;
}

}  // namespace

TEST_CASE("maxsim: scores are the definition, for long and short texts", "[late]") {
  for (bool unit : {true, false}) {
    auto const q = draw_texts(9, 0, 70, 12, 1), d = draw_texts(40, 1, 120, 12, 2);
    auto const s = late::scores(q.lists(), d.lists(), {.normalize = unit});
    for (idx i = 0; i < 9; ++i)
      for (idx j = 0; j < 40; ++j)
        if (double const want = by_definition(q, i, d, j, unit); !(std::abs(s(i, j) - want) <= 1e-11)) CHECK(s(i, j) == want);
    std::vector<int> const ids{3, -1, 39, 0, 0, 7, 1, 2, 3, 4, 5, 6, 39, 38, 37, -1, -1, -1};
    auto const some = late::scores(q.lists(), d.lists(), ids, 2, {.normalize = unit});
    for (idx p = 0; p < 18; ++p) CHECK(some.data()[p] == (ids[std::size_t(p)] < 0 ? 0 : s(p / 2, ids[std::size_t(p)])));
  }
  auto const one = draw_texts(1, 3000, 3000, 5, 3);  // longer than a tile
  CHECK(late::scores(one.lists(), one.lists())(0, 0) == Approx(3000));
}

TEST_CASE("maxsim: InfoNCE over all pairs, gradients of every token", "[late]") {
  auto q = draw_texts(4, 0, 5, 6, 1), d = draw_texts(6, 1, 7, 6, 2);
  std::vector<int> const answer{5, 0, 2, 2};
  for (bool unit : {true, false}) {
    objective const f{loss::info_nce{.temperature = 0.8}};
    auto const run = [&] { return late::value_and_grad(f, q.lists(), d.lists(), {.normalize = unit}, roles::target(answer)); };
    auto const r = run();
    table::differences_in_place(q.rows, r.tokens.queries, [&] { return run().value; });
    table::differences_in_place(d.rows, r.tokens.documents, [&] { return run().value; });
  }
}

TEST_CASE("maxsim: distillation over each query's documents, gradients of every token", "[late]") {
  auto q = draw_texts(5, 1, 5, 6, 3), d = draw_texts(7, 1, 7, 6, 4);
  std::vector<int> const ids{0, 3, 6, 2, 2, 1, 5, 4, 0, 1, 6, -1, 3, 0, -1}, lengths{3, 3, 3, 2, 2};
  matrix<double> const teacher = draw_texts(5, 1, 1, 3, 5).rows;
  auto const check = [&](auto const& loss) {
    auto const run = [&] { return late::value_and_grad_lists(loss, q.lists(), d.lists(), ids, 3, teacher, {}, {.lengths = lengths}); };
    auto const r = run();
    table::differences_in_place(q.rows, r.tokens.queries, [&] { return run().value; });
    table::differences_in_place(d.rows, r.tokens.documents, [&] { return run().value; });
  };
  loss::soft_label_kl const kl{.temperature = 1, .divergence = loss::divergence::kl_q_p};
  check(loss::margin_mse{}), check(kl), check(loss::min_max{kl});
  std::vector<int> const hole{0, 3, 6, 2, 2, 1, -1, 4, 0, 1, 6, -1, 3, 0, -1};
  CHECK(says(refusal([&] { late::value_and_grad_lists(kl, q.lists(), d.lists(), hole, 3, teacher, {}, {.lengths = lengths}); }),
             {"position 6", "query 2"}));
}

TEST_CASE("maxsim: threads and budget change no bit", "[late]") {
  auto const q = draw_texts(37, 0, 40, 16, 1), d = draw_texts(90, 1, 60, 16, 2);
  matrix<float> const qf = q.rows.cast<float>(), df = d.rows.cast<float>();
  auto const queries = late::tokens(qf, q.offsets), documents = late::tokens(df, d.offsets);
  objective const f{loss::info_nce{}};
  auto const want = late::value_and_grad(f, queries, documents);
  random_stream draw(3, purpose::user);
  std::vector<idx> ids;
  for (int i = 0; i < 37 * 4; ++i) ids.push_back(draw.below(90));
  matrix<float> const targets = matrix<float>::Random(37, 4);
  auto const wanted = late::value_and_grad_lists(loss::margin_mse{}, queries, documents, ids, 4, targets);
  for (int workers : {1, 3})
    for (std::size_t budget : {std::size_t(0), std::size_t(90 * 4 * 50), std::size_t(1) << 30}) {
      late::maxsim_options const o{.budget = budget, .executor = threads(workers)};
      auto const r = late::value_and_grad(f, queries, documents, o);
      CHECK(r.value == want.value);
      CHECK(r.tokens.queries == want.tokens.queries);
      CHECK(r.tokens.documents == want.tokens.documents);
      auto const l = late::value_and_grad_lists(loss::margin_mse{}, queries, documents, ids, 4, targets, o);
      CHECK(l.tokens.queries == wanted.tokens.queries);
      CHECK(l.tokens.documents == wanted.tokens.documents);
    }
}

TEST_CASE("maxsim: zero tokens, halves, refusals", "[late]") {
  auto q = draw_texts(3, 1, 3, 4, 1), d = draw_texts(4, 1, 3, 4, 2);
  q.rows.row(0).setZero(), d.rows.row(1) *= 1e-150;
  auto const r = late::value_and_grad(objective{loss::info_nce{}}, q.lists(), d.lists());
  CHECK(r.zero_rows == 1);
  CHECK(r.tokens.queries.row(0).norm() == 0);
  Eigen::Matrix<Eigen::half, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> const half = q.rows.cast<Eigen::half>();
  matrix<float> const wide = half.cast<float>();
  CHECK(late::scores(late::tokens(half, q.offsets), late::tokens(half, q.offsets)) ==
        late::scores(late::tokens(wide, q.offsets), late::tokens(wide, q.offsets)));
  std::vector<idx> const empty{0, 2, 2, q.rows.rows()}, shorter{0, 1}, falling{0, 2, 1, q.rows.rows()};
  CHECK(late::scores(late::tokens(q.rows, empty), q.lists())(1, 0) == 0);
  CHECK(says(refusal([&] { late::scores(q.lists(), late::tokens(q.rows, empty)); }), {"document 1", "no tokens"}));
  CHECK(says(refusal([&] { late::scores(late::tokens(q.rows, shorter), q.lists()); }), {"queries", "from 0 to"}));
  CHECK(says(refusal([&] { late::scores(late::tokens(q.rows, falling), q.lists()); }), {"queries", "number 1", "2", "1"}));
  auto const other = draw_texts(2, 1, 1, 5, 3);
  CHECK(says(refusal([&] { late::scores(q.lists(), other.lists()); }), {"one dim", "4", "5"}));
  std::vector<idx> const two{0, 1};
  CHECK(says(refusal([&] { late::value_and_grad(objective{loss::info_nce{}}, q.lists(), d.lists(), {}, roles::target(two)); }),
             {"late::value_and_grad: ", "target"}));
  std::vector<idx> const ids{0, 1, 2};
  CHECK(says(refusal([&] { late::maxsim<double>(q.lists(), d.lists(), ids, -5); }), {"maxsim", "per_row", "-5"}));
  CHECK(says(refusal([&] { late::maxsim<double>(q.lists(), d.lists(), ids, -1); }), {"maxsim", "per_row", "-1"}));
  auto const named = [&] { late::maxsim<double>(q.lists(), d.lists(), {}, "late::scores").backward(matrix<double>::Zero(1, 1)); };
  CHECK(says(refusal(named), {"late::scores: slopes must be [3, 4], got [1, 1]"}));
  q.rows(1, 2) = quiet_nan<double>();
  CHECK(says(refusal([&] { late::scores(q.lists(), d.lists()); }), {"queries", "row 1", "column 2"}));
  q.rows(1, 2) = 1e15;
  CHECK(says(refusal([&] { late::scores(q.lists(), d.lists(), {.normalize = false}); }), {"token 1", "queries", "1e14"}));
  texts none;
  none.rows.resize(0, 4);
  CHECK(late::scores(none.lists(), d.lists()).rows() == 0);
  CHECK(late::scores(d.lists(), none.lists()).cols() == 0);
}
