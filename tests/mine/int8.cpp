// SPDX-License-Identifier: BSD-3-Clause
// Embeddings in whole numbers of 8 bits with a scale per row: mined as their float copy is, to the last bit.
#include <vector>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/objective.hpp"
#include "foil/engine/threads.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/own.hpp"
#include "foil/similarity/cosine.hpp"
#include "foil/similarity/dot.hpp"
#include "foil/similarity/euclidean.hpp"

using namespace foil;

namespace {

struct whole_rows {
  std::vector<std::int8_t> numbers;
  std::vector<float> scales;
  matrix<float> copy;
  whole_rows(idx n, idx dim, std::uint64_t seed) : copy(n, dim) {
    random_stream r(seed, purpose::user);
    for (idx i = 0; i < n; ++i) {
      scales.push_back(i == 7 ? 0.0f : float(r.uniform() * 0.02 + 0.001));
      for (idx j = 0; j < dim; ++j) {
        numbers.push_back(std::int8_t(r.below(256) - 128));
        copy(i, j) = scales.back() * float(numbers.back());
      }
    }
  }
  auto rows() const { return rows_int8(numbers.data(), copy.rows(), copy.cols(), scales.data()); }
};

template <class Sim>
void same_as_copy(whole_rows const& q, whole_rows const& c, Sim sim) {
  mine_options const o{.negatives = 11, .executor = threads(2)};
  auto const want = mine(q.copy, pool::bank(c.copy), o, sim);
  auto const same = [&](mined<float> const& got) { return got.ids == want.ids && got.scores == want.scores && got.ranks == want.ranks; };
  CHECK(same(mine(q.rows(), pool::bank(c.rows()), o, sim)));
  CHECK(same(mine(q.copy, pool::bank(c.rows()), o, sim)));
  CHECK(same(mine(q.rows(), pool::bank(c.copy), o, sim)));
}

}  // namespace

TEST_CASE("rows_int8: mined lists are those of a float copy", "[mine]") {
  for (idx dim : {3, 48}) {
    whole_rows const q(70, dim, 1), c(2500, dim, 2);
    same_as_copy(q, c, similarity::dot{}), same_as_copy(q, c, similarity::cosine{}), same_as_copy(q, c, similarity::neg_l2{});
  }
}
TEST_CASE("rows_int8: strides, parts and private candidates", "[mine]") {
  whole_rows const q(5, 16, 1), c(5 * 40, 16, 2);
  auto const padded = rows_int8(c.numbers.data(), 100, 8, c.scales.data(), 16);
  matrix<float> const left = c.copy.topLeftCorner(100, 8), few = q.copy.leftCols(8);
  CHECK(mine(few, pool::bank(padded), {.negatives = 4}).ids == mine(few, pool::bank(left), {.negatives = 4}).ids);
  CHECK(mine(q.copy, pool::own(c.rows(), 40), {.negatives = 4}).scores == mine(q.copy, pool::own(c.copy, 40), {.negatives = 4}).scores);
  auto const part = c.rows().middle(60, 20);
  CHECK(part(3, 2) == c.copy(63, 2));
}
TEST_CASE("rows_int8: a loss takes them as frozen candidates", "[mine]") {
  whole_rows const c(20, 16, 2);
  matrix<float> const q = c.copy.topRows(6) + c.copy.middleRows(8, 6), k = c.copy.middleRows(12, 6);
  auto const f = objective(loss::info_nce{});
  auto const got = f.value_and_grad(q, pool::in_batch(k), pool::bank(c.rows())),
             want = f.value_and_grad(q, pool::in_batch(k), pool::bank(c.copy));
  CHECK(got.value == want.value);
  CHECK(got.anchors == want.anchors);
}
TEST_CASE("rows_int8: bad sizes and scales are refused by name", "[mine]") {
  std::vector<std::int8_t> const x(12, 1);
  std::vector<float> s{1, 2, -1};
  CHECK_THROWS_WITH(rows_int8(x.data(), 3, 4, s.data()), Catch::Contains("rows_int8") && Catch::Contains("row 2") && Catch::Contains("-1"));
  s[2] = quiet_nan<float>();
  CHECK_THROWS_WITH(rows_int8(x.data(), 3, 4, s.data()), Catch::Contains("row 2"));
  s[2] = 3e38f;
  CHECK_THROWS_WITH(rows_int8(x.data(), 3, 4, s.data()), Catch::Contains("2e36"));
  CHECK_THROWS_WITH(rows_int8(x.data(), 3, 4, nullptr), Catch::Contains("scales is null"));
  CHECK_THROWS_WITH(rows_int8(nullptr, 3, 4, s.data()), Catch::Contains("data is null"));
  CHECK_THROWS_WITH(rows_int8(x.data(), -3, 4, s.data()), Catch::Contains("-3"));
  CHECK_THROWS_WITH(rows_int8(x.data(), 3, 4, s.data(), 2), Catch::Contains("stride"));
}
