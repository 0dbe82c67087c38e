#include "foil/pool/queue.hpp"

#include <deque>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/random.hpp"
#include "foil/pool/bank.hpp"

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
