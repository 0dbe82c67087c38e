// SPDX-License-Identifier: BSD-3-Clause
#include "foil/pool/queue.hpp"

#include <deque>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/random.hpp"
#include "foil/core/representable.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/multi_similarity.hpp"
#include "foil/loss/sup_con.hpp"
#include "foil/pool/bank.hpp"
#include "foil/roles/by_label.hpp"
#include "foil/roles/masks.hpp"

namespace {

using namespace foil;

matrix<float> numbered(idx first, idx n, idx dim) {
  matrix<float> m(n, dim);
  for (idx i = 0; i < n; ++i)
    for (idx j = 0; j < dim; ++j) m(i, j) = float(10 * (first + i) + j);
  return m;
}

}  // namespace

TEST_CASE("queue: holds the last rows in ring order, whatever the batches", "[pool]") {
  random_stream r(1, purpose::user);
  for (idx capacity : {1, 3, 7, 8}) {
    pool::queue<float> memory(capacity, 2), one_by_one(capacity, 2);
    idx next = 0;
    for (int step = 0; step < 12; ++step) {
      idx const b = r.below(2 * capacity + 2);
      matrix<float> const batch = numbered(next, b, 2);
      memory.push(batch);
      for (idx i = 0; i < b; ++i) one_by_one.push(as_view(batch).middle(i, 1));
      next += b;
      REQUIRE(memory.size() == (std::min)(next, capacity));
      CHECK(memory.pointer() == next % capacity);
      CHECK(memory.filled() == (next >= capacity));
      CHECK(one_by_one.pointer() == memory.pointer());
      for (idx s = 0; s < memory.size(); ++s) {
        idx const newest = next - 1 - (next - 1 - s) % capacity;  // the last item that went to slot s
        CHECK(memory.rows()(s, 1) == float(10 * newest + 1));
        CHECK(one_by_one.rows()(s, 1) == memory.rows()(s, 1));
      }
      REQUIRE(idx(memory.written().size()) == b);
      for (idx i = 0; i < b; ++i) {
        idx const slot = memory.written()[std::size_t(i)];
        CHECK((slot >= 0) == (i >= b - capacity));
        if (slot >= 0) CHECK(memory.rows()(slot, 0) == batch(i, 0));
      }
    }
  }
}

TEST_CASE("queue: is a bank, keeps ids, and forgets on demand", "[pool]") {
  pool::queue<Eigen::half> memory(4, 3);
  std::vector<idx> const ids{7, 8, 9};
  memory.push(numbered(0, 3, 3), ids);
  auto const p = pool::bank(memory.rows());
  CHECK(p.columns == 3);
  CHECK(float(p.data(2, 1)) == 21);
  memory.push(numbered(3, 2, 3));
  CHECK(memory.ids()[1] == 8);
  CHECK(memory.ids()[3] == -1);
  CHECK(memory.ids()[0] == -1);
  memory.clear();
  CHECK(memory.size() == 0);
  CHECK(memory.written().empty());
}

TEST_CASE("queue: a refused batch changes nothing", "[pool]") {
  pool::queue<float> memory(4, 2);
  memory.push(numbered(0, 2, 2));
  matrix<float> bad = numbered(5, 3, 2);
  bad(2, 1) = quiet_nan<float>();
  std::vector<idx> const short_ids{1};
  CHECK_THROWS_AS(memory.push(bad), error);
  CHECK_THROWS_AS(memory.push(numbered(5, 1, 3)), error);
  CHECK_THROWS_AS(memory.push(numbered(5, 2, 2), short_ids), error);
  CHECK_THROWS_AS(pool::queue<float>(0, 2), error);
  CHECK(memory.pointer() == 2);
  CHECK(memory.rows()(0, 0) == 0);
  CHECK(memory.written() == std::vector<idx>{0, 1});
}

TEST_CASE("queue: a number that the kept type cannot hold is refused by place, and nothing is written", "[pool]") {
  auto const refuses = [](auto memory, auto batch, double value) {
    batch.setZero();
    memory.push(batch);
    batch(1, 0) = typename decltype(batch)::Scalar(value);
    std::string const said = refusal([&] { memory.push(batch); });
    CHECK(says(said, {"pool::queue::push", "batch", "row 1", "column 0"}));
    CHECK(memory.pointer() == 2);
    CHECK((float(memory.rows()(1, 0)) == 0 && memory.size() == 2));
  };
  refuses(pool::queue<Eigen::half>(4, 2), matrix<float>(2, 2), 70000);
  refuses(pool::queue<Eigen::half>(4, 2), matrix<double>(2, 2), -1e300);
  refuses(pool::queue<float>(4, 2), matrix<double>(2, 2), 1e39);
  refuses(pool::queue<Eigen::bfloat16>(4, 2), matrix<float>(2, 2), 3.4e38);
  refuses(pool::queue<Eigen::half>(4, 2), Eigen::Matrix<Eigen::bfloat16, -1, -1, Eigen::RowMajor>(2, 2), 70000);
  pool::queue<float> memory(2, 1);
  memory.push(matrix<double>(matrix<double>::Constant(1, 1, 1e-300)));  // too small is a rounding, not a refusal
  CHECK(memory.rows()(0, 0) == 0);
}

TEST_CASE("queue: doubles are rounded to halves once, not by way of float", "[pool]") {
  pool::queue<Eigen::half> memory(2, 4);
  matrix<double> x(2, 4);
  x << 1 + 0x1p-11 + 0x1p-40, 1 + 0x1p-11, 1 + 0x1p-11 - 0x1p-40, 65519.9999999, -1 - 0x1p-11 - 0x1p-40, 0x1p-25 + 0x1p-60, 0, -0x1p-200;
  memory.push(x);
  float const expected[] = {1 + 0x1p-10f, 1, 1, 65504, -1 - 0x1p-10f, 0x1p-24f, 0, 0};
  for (idx k = 0; k < 8; ++k) CHECK(float(memory.rows()(k / 4, k % 4)) == expected[k]);
  pool::queue<Eigen::bfloat16> wide(1, 2);
  wide.push(matrix<double>{{1 + 0x1p-8 + 0x1p-40, -1 - 0x1p-8}});
  CHECK((float(wide.rows()(0, 0)) == 1 + 0x1p-7f && float(wide.rows()(0, 1)) == -1));
}

TEST_CASE("queue: its own rows and ids can be pushed", "[pool]") {
  for (idx first : {1, 2, 3, 4, 5, 7}) {
    pool::queue<float> memory(5, 2), other(5, 2);
    std::vector<unsigned> ids;
    for (idx i = 0; i < first; ++i) ids.push_back(unsigned(100 + i));
    memory.push(numbered(0, first, 2), ids), other.push(numbered(0, first, 2), ids);
    matrix<float> const rows = Eigen::Map<matrix<float> const>(memory.rows().data(), memory.size(), 2);
    std::vector<idx> own;
    for (idx i = 0; i < memory.size(); ++i) own.push_back(memory.ids()[i]);
    memory.push(memory.rows(), memory.ids()), other.push(rows, own);
    REQUIRE(memory.size() == other.size());
    CHECK(memory.pointer() == other.pointer());
    for (idx i = 0; i < memory.size(); ++i) CHECK((memory.rows()(i, 1) == other.rows()(i, 1) && memory.ids()[i] == other.ids()[i]));
  }
}

TEST_CASE("queue: sizes that no memory holds are refused by name", "[pool]") {
  CHECK(says(refusal([] { pool::queue<float>(idx(1) << 20, idx(1) << 44); }), {"pool::queue", "memory"}));
  CHECK(says(refusal([] { pool::queue<float>(idx(1) << 62, 0); }), {"pool::queue", "memory"}));
  CHECK(says(refusal([] { pool::queue<Eigen::half>((std::numeric_limits<idx>::max)(), 1); }), {"pool::queue", "memory"}));
}
TEST_CASE("queue: a row's own copy is no positive of it", "[pool]") {
  matrix<double> const z = (matrix<double>(3, 2) << 1, 0, .6, .8, 0, 1).finished();
  std::vector<idx> const labels{0, 0, 1};
  pool::queue<double> memory(3, 2);
  memory.push(z, labels);
  std::vector<unsigned char> const positive{0, 1, 0, 1, 0, 0, 0, 0, 0}, negative{0, 0, 1, 0, 0, 1, 1, 1, 0};
  auto const check = [&](auto const& loss, double want) {
    objective const f(loss);
    auto const got = f.value_and_grad(z, pool::bank(memory.rows(), roles::by_label(labels, memory.ids()).except(memory.written())));
    auto const masked = f.value_and_grad(z, pool::bank(memory.rows(), roles::masks(positive, negative, 3)));
    CHECK(got.value == Approx(want).epsilon(1e-4));
    CHECK(got.value == Approx(masked.value).epsilon(1e-14));
    CHECK((got.anchors - masked.anchors).norm() < 1e-13);
    CHECK(got.positives == masked.positives);
  };
  check(loss::multi_similarity{2, 50, .5}, .39938);
  check(loss::sup_con{.temperature = .1, .base_temperature = .1}, 1.06470);
  // A longer memory: what older batches left is there, the copy is not, wherever it stands.
  pool::queue<double> longer(4, 2);
  std::vector<idx> const older{0, 1};
  longer.push(z.topRows(2), older), longer.push(z, labels);
  auto const relation = roles::by_label(labels, longer.ids()).except(longer.written());
  for (idx i = 0; i < 3; ++i)
    for (idx first : {0, 1, 2}) {
      std::vector<double> bias(4, 0);
      std::vector<idx> positives;
      relation.label(i, first, 4 - first, bias.data(), positives);
      for (idx j = first; j < 4; ++j) {
        bool const own = longer.written()[std::size_t(i)] == j, same = longer.ids()[j] == labels[std::size_t(i)];
        CHECK((std::count(positives.begin(), positives.end(), j - first) == 1) == (same && !own));
        CHECK((bias[std::size_t(j - first)] == 0) == (!same && !own));
      }
    }
  std::vector<idx> const far{0, 1, 5}, few{0, 1};
  auto const with = [&](std::vector<idx> const& own) {
    return refusal(
        [&] { objective(loss::sup_con{}).value(z, pool::bank(longer.rows(), roles::by_label(labels, longer.ids()).except(own))); });
  };
  CHECK(says(with(far), {"by_label", "column 5", "anchor 2", "-1 .. 3"}));
  CHECK(says(with(few), {"by_label", "except", "3 anchors", "got 2"}));
}
