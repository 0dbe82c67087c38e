// SPDX-License-Identifier: BSD-3-Clause
// Bad inputs to losses, and what each gets.
// Tests engine/source.hpp, engine/source_of.hpp.
#include <cmath>
#include <limits>

#include "../refusal.hpp"
#include "../table/table.hpp"
#include "foil/bias/bounds.hpp"
#include "foil/roles/listed.hpp"
#include "foil/roles/masks.hpp"
#include "foil/shortcuts.hpp"

using namespace table;

namespace {

float const not_a_number = quiet_nan<float>(), inf = infinity<float>();
objective const info{loss::info_nce{.temperature = 0.1}};

}  // namespace

TEST_CASE("1-3: a NaN or an infinity in an anchor or a candidate is refused by name and row", "[engine]") {
  for (float bad : {not_a_number, inf, -inf}) {
    auto q = normal_rows<float>(5, 4, 1), k = normal_rows<float>(5, 4, 2);
    q(3, 2) = bad;
    CHECK(says(refusal([&] { info.value_and_grad(q, pool::in_batch(k)); }), {"anchors", "row 3", "column 2"}));
    CHECK(says(refusal([&] { info.value_and_grad(k, pool::in_batch(q)); }), {"candidates", "row 3", "column 2"}));
  }
}
TEST_CASE("1-3: with skip a bad row is absent and counted, and the rest is as without it", "[engine]") {
  auto q = normal_rows<float>(6, 4, 1), k = normal_rows<float>(6, 4, 2), bank = normal_rows<float>(9, 4, 3);
  q(2, 0) = not_a_number, bank(5, 1) = inf;
  objective const skip{loss::info_nce{.temperature = 0.1}, similarity::cosine{}, reduce::mean{}, {.bad_rows = bad_rows::skip}};
  auto const r = skip.value_and_grad(q, pool::positives(k), pool::bank(bank));
  matrix<float> q5(5, 4), k5(5, 4), bank8(8, 4);
  q5 << q.topRows(2), q.bottomRows(3);
  k5 << k.topRows(2), k.bottomRows(3);
  bank8 << bank.topRows(5), bank.bottomRows(3);
  auto const clean = info.value_and_grad(q5, pool::positives(k5), pool::bank(bank8));
  CHECK(r.bad_rows == 2);
  CHECK(r.rows_used == 5);
  CHECK(r.value == Approx(clean.value).epsilon(1e-6));
  CHECK(r.anchors.row(2).cwiseAbs().maxCoeff() == 0);
  CHECK((r.anchors.bottomRows(3) - clean.anchors.bottomRows(3)).cwiseAbs().maxCoeff() < 1e-6);
}
TEST_CASE("4: a zero row under the cosine scores 0, has gradient exactly 0 and is counted", "[engine]") {
  auto q = normal_rows<double>(4, 3, 1), k = normal_rows<double>(4, 3, 2);
  q.row(1).setZero(), k.row(2).setZero();
  auto const r = info.value_and_grad(q, pool::in_batch(k));
  CHECK(r.zero_rows == 2);
  CHECK(r.anchors.row(1).cwiseAbs().maxCoeff() == 0);
  CHECK(r.pools[0].row(2).cwiseAbs().maxCoeff() == 0);
  CHECK(r.rows[1] == Approx(std::log(4.0)));
}
TEMPLATE_TEST_CASE("5, 6: rows of norm 1e-25 and 1e+25 are normalised to unit length", "[engine]", float, double) {
  using S = TestType;
  auto const q = normal_rows<S>(6, 8, 1), k = normal_rows<S>(6, 8, 2);
  auto const plain = info.value_and_grad(q, pool::in_batch(k));
  for (S size : {S(1e-25), S(1e25)}) {
    matrix<S> const scaled = q * size;
    auto const r = info.value_and_grad(scaled, pool::in_batch(k));
    CHECK(r.value == Approx(plain.value).epsilon(1e-5));
    CHECK((r.anchors * size - plain.anchors).cwiseAbs().maxCoeff() < S(1e-4) * plain.anchors.cwiseAbs().maxCoeff());
    CHECK(r.zero_rows == 0);
  }
}
TEST_CASE("7: denormal components give finite values and gradients", "[engine]") {
  matrix<float> q = normal_rows<float>(4, 3, 1) * 1e-41f;
  auto const k = normal_rows<float>(4, 3, 2);
  auto const r = info.value_and_grad(q, pool::in_batch(k));
  CHECK(finite_bits(r.value));
  for (idx i = 0; i < r.anchors.size(); ++i) CHECK(finite_bits(r.anchors.data()[i]));
}
TEST_CASE("9: a temperature of 0, below 0, NaN or too close to 0 is refused with its value", "[engine]") {
  auto const q = normal_rows<float>(3, 3, 1), k = q;
  for (double t : {0.0, -0.1, double(not_a_number), 1e-30, double(inf)})
    CHECK(says(refusal([&] { objective(loss::info_nce{.temperature = t}).value_and_grad(q, pool::in_batch(k)); }),
               {"temperature", "positive"}));
}
TEST_CASE("10: temperature 0.005 on cosines of +-1 is exact and finite in float and half storage", "[engine]") {
  matrix<float> q(2, 2), k(2, 2);
  q << 1, 0, 0, 1;
  k << -1, 0, 0, 1;
  objective const f{loss::info_nce{.temperature = 0.005}};
  auto const r = f.value_and_grad(q, pool::in_batch(k));
  CHECK(r.rows[0] == Approx(200).epsilon(1e-6));  // the positive at -200, the negative at 0
  CHECK(r.rows[1] == Approx(0).margin(1e-6));
  Eigen::Matrix<Eigen::half, -1, -1, Eigen::RowMajor> const qh = q.cast<Eigen::half>(), kh = k.cast<Eigen::half>();
  auto const h = f.value_and_grad(qh, pool::in_batch(kh));
  CHECK(h.value == r.value);
  CHECK(same_bits(h.anchors, r.anchors));
}
TEST_CASE("11: a row without a positive contributes nothing and is counted; the mean is over the others", "[engine]") {
  auto const z = normal_rows<double>(5, 4, 1);
  std::vector<int> const ids{0, 0, 1, 2, 0};
  auto const r = objective(loss::sup_con{}).value_and_grad(z, pool::self(z, roles::by_label(ids)));
  CHECK(r.rows_used == 3);
  CHECK(r.without_positive == 2);
  CHECK(r.rows[2] == 0);
  CHECK(r.value == Approx((r.rows[0] + r.rows[1] + r.rows[4]) / 3));
}
TEST_CASE("12: with every negative masked InfoNCE is 0 with gradient 0, a decoupled row leaves the mean", "[engine]") {
  auto const q = normal_rows<float>(4, 3, 1), k = normal_rows<float>(4, 3, 2);
  auto const none = pool::in_batch(k, roles::diagonal{}, bias::max_score{-2});
  auto const r = info.value_and_grad(q, none);
  CHECK(r.value == 0);
  CHECK(r.anchors.cwiseAbs().maxCoeff() == 0);
  CHECK(r.without_negatives == 4);
  auto const d = objective(loss::decoupled{}).value_and_grad(q, none);
  CHECK(d.value == 0);
  CHECK(d.rows_used == 0);
  CHECK(d.anchors.cwiseAbs().maxCoeff() == 0);
}
TEST_CASE("15: a batch of one is worth 0 and counted; a decoupled loss refuses it", "[engine]") {
  auto const q = normal_rows<float>(1, 3, 1), k = normal_rows<float>(1, 3, 2);
  auto const r = info.value_and_grad(q, pool::in_batch(k));
  CHECK(r.value == 0);
  CHECK(r.anchors.cwiseAbs().maxCoeff() == 0);
  CHECK(r.without_negatives == 1);
  CHECK(says(refusal([&] { objective(loss::decoupled{}).value_and_grad(q, pool::in_batch(k)); }), {"row 0", "no negatives"}));
}
TEST_CASE("16: a document that is the positive of two queries is a negative of neither, by id", "[engine]") {
  auto const q = normal_rows<double>(3, 4, 1);
  auto k = normal_rows<double>(3, 4, 2);
  k.row(2) = k.row(0) + matrix<double>::Constant(1, 4, 1e-3);  // dropout made two encodings of one document
  std::vector<idx> const ids{7, 8, 7};
  auto const r = info.value_and_grad(q, pool::in_batch(k, roles::diagonal{}, bias::same_id(ids, ids)));
  CHECK(r.kept == std::vector<idx>{1, 2, 1});
}
TEST_CASE("26: positive ids out of range are refused, repeated and unsorted ones accepted", "[engine]") {
  auto const q = normal_rows<double>(2, 3, 1), bank = normal_rows<double>(5, 3, 2);
  std::vector<idx> const offsets{0, 3, 4}, fine{4, 1, 4, 0}, sorted{1, 4, 4, 0}, beyond{4, 1, 5, 0}, falling{0, 3, 2};
  auto const run = [&](auto const& o, auto const& ids) { return info.value_and_grad(q, pool::bank(bank, roles::listed(o, ids))); };
  auto const a = run(offsets, fine), b = run(offsets, sorted);
  CHECK(a.value == b.value);
  CHECK(a.positives == std::vector<idx>{2, 1});
  CHECK(says(refusal([&] { run(offsets, beyond); }), {"roles::listed", "id 5", "position 2", "0 .. 4"}));
  CHECK(says(refusal([&] { run(falling, fine); }), {"roles::listed", "offsets"}));
}
TEST_CASE("28: a batch of one and dimension one work, dimension zero is refused", "[engine]") {
  auto const q = normal_rows<float>(3, 1, 1), k = normal_rows<float>(3, 1, 2);
  CHECK(finite_bits(info.value_and_grad(q, pool::in_batch(k)).value));
  matrix<float> const nothing(3, 0);
  CHECK(says(refusal([&] { info.value_and_grad(nothing, pool::in_batch(nothing)); }), {"dimension", "0"}));
  matrix<float> const no_rows(0, 1);
  auto const r = info.value_and_grad(no_rows, pool::in_batch(k));
  CHECK(r.value == 0);
  CHECK(r.rows_used == 0);
}
TEST_CASE("29: any dimension, an unaligned base and a stride give the bits of the packed copy", "[engine]") {
  for (idx d = 1; d <= 67; ++d) {
    auto const q = normal_rows<float>(7, d, 1), k = normal_rows<float>(7, d, 2);
    std::vector<float> memory(std::size_t(7 * (d + 3) + 1), 9.f);
    for (idx i = 0; i < 7; ++i)
      for (idx j = 0; j < d; ++j) memory[std::size_t(1 + i * (d + 3) + j)] = k(i, j);
    Eigen::MatrixXf const transposed_tile = k.transpose();  // column-major: the columns are the embeddings
    auto const packed = info.value_and_grad(q, pool::in_batch(k));
    CHECK(same_bits(packed, info.value_and_grad(q, pool::in_batch(rows(memory.data() + 1, 7, d, d + 3)))));
    CHECK(same_bits(packed, info.value_and_grad(q, pool::in_batch(columns(transposed_tile)))));
  }
}
TEST_CASE("shapes that do not fit are refused with both shapes, before anything is computed", "[engine]") {
  auto const q = normal_rows<float>(8, 6, 1), k = normal_rows<float>(8, 5, 2), few = normal_rows<float>(5, 6, 3);
  CHECK(says(refusal([&] { info.value_and_grad(q, pool::in_batch(k)); }), {"[8, 6]", "pool 0", "dim 5"}));
  CHECK(says(refusal([&] { info.value_and_grad(q, pool::in_batch(few)); }), {"diagonal", "8", "5"}));
  CHECK(says(refusal([&] { info.value_and_grad(q, pool::in_batch(q), pool::own(few, 3)); }), {"pool 1", "8 x 3", "5"}));
  std::vector<int> const ids{1, 2};
  CHECK(says(refusal([&] { info.value_and_grad(q, pool::self(q, roles::by_label(ids))); }), {"by_label", "8", "2"}));
  std::vector<unsigned char> const one(16, 1);
  matrix<float> const s = matrix<float>::Zero(4, 4);
  CHECK(
      says(refusal([&] { info.value_and_grad(pool::given(s, roles::masks(one, one, 4))); }), {"masks", "(0, 0)", "positive and negative"}));
  matrix<float> holes = s;
  holes(1, 2) = not_a_number;
  CHECK(says(refusal([&] { info.value_and_grad(pool::given(holes, roles::diagonal{})); }), {"scores", "row 1", "column 2"}));
}
TEST_CASE("39: an exception on a worker thread is thrown again on the caller after all workers stopped", "[engine]") {
  int ended = 0;
  auto const work = [&](int i) {
    if (i == 1) fail("from a worker");
    ++ended;
  };
  CHECK_THROWS_AS(threads(2).run(2, work), error);
  CHECK(ended == 1);
}
#if defined(__SSE2__)
#include <xmmintrin.h>
TEST_CASE("7: a host that flushes denormals gets finite values, and its control register back", "[engine]") {
  matrix<float> q = normal_rows<float>(4, 3, 1) * 1e-41f;
  auto const k = normal_rows<float>(4, 3, 2);
  unsigned const before = _mm_getcsr();
  _mm_setcsr(before | 0x8040u);  // flush to zero, denormals are zero
  auto const r = info.value_and_grad(q, pool::in_batch(k));
  unsigned const after = _mm_getcsr();
  _mm_setcsr(before);
  CHECK((after & 0xffc0u) == ((before | 0x8040u) & 0xffc0u));
  CHECK(finite_bits(r.value));
  for (idx i = 0; i < r.anchors.size(); ++i) CHECK(finite_bits(r.anchors.data()[i]));
}
#endif
TEST_CASE("with skip symmetric leaves a bad candidate out of the columns' mean as a bad anchor out of the rows'", "[engine]") {
  auto const q = normal_rows<double>(5, 4, 1);
  auto k = normal_rows<double>(6, 4, 2);
  k(3, 1) = quiet_nan<double>();
  auto const both_ways = [&](auto const& loss) {
    objective const f{loss, similarity::cosine{}, reduce::mean{}, {.bad_rows = bad_rows::skip}};
    std::vector<int> const of_q{0, 1, 2, 3, 4}, of_k{0, 1, 2, 2, 3, 4};
    auto const there = pool::in_batch(k, roles::by_label(of_q, of_k)), back = pool::in_batch(q, roles::by_label(of_k, of_q));
    double const want = (f.value(q, there).value + f.value(k, back).value) / 2;
    CHECK(f.symmetric_value(q, there).value == Approx(want).epsilon(1e-12));
    CHECK(f.symmetric_value(k, back).value == Approx(want).epsilon(1e-12));
  };
  both_ways(loss::siglip{});
  both_ways(loss::multi_similarity{});
  both_ways(loss::info_nce{});
}
TEST_CASE("n_pair: a row that is skipped has no length to pay for", "[engine]") {
  auto q = normal_rows<double>(3, 4, 1), k = normal_rows<double>(3, 4, 2);
  auto const clean = n_pair(q.topRows(2), k.topRows(2), 0.3);
  q(2, 1) = quiet_nan<double>(), k(2, 0) = infinity<double>();
  auto const r = n_pair(q, k, 0.3, {.bad_rows = bad_rows::skip});
  CHECK(r.value == Approx(clean.value).epsilon(1e-12));
  CHECK((r.anchors.topRows(2) - clean.anchors).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((r.anchors.row(2).isZero() && r.pools[0].row(2).isZero()));
}
