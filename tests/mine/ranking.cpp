// SPDX-License-Identifier: BSD-3-Clause
// The fused search against sorting every canonical score, over many shapes, ties, storage types and numbers of threads.
// Tests mine/ranking.hpp, mine/candidate_gather.hpp, mine/shortlist.hpp, mine/ranked.hpp, mine/pair_scorer.hpp, mine/full_scan.hpp.
#include <algorithm>
#include <cmath>
#include <vector>

#include "../table/table.hpp"
#include "foil/mine/mine.hpp"

using namespace table;

namespace {

template <class S>
struct listed_row {
  std::vector<idx> ids;
  std::vector<S> scores;
};

/// The head of the row's canonical scores, sorted by (score descending, lower id).
template <class T>
auto sorted(matrix<T> const& q, matrix<T> const& c, idx i, idx depth) {
  using S = arithmetic<T>;
  std::vector<std::pair<S, idx>> all;
  for (idx j = 0; j < c.rows(); ++j) all.push_back({S(simd::canonical_dot(q.data() + i * q.cols(), c.data() + j * c.cols(), c.cols())), j});
  auto const end = all.begin() + (std::min)(depth, c.rows());
  std::partial_sort(all.begin(), end, all.end(),
                    [](auto const& x, auto const& y) { return x.first > y.first || (x.first == y.first && x.second < y.second); });
  listed_row<S> r;
  for (auto at = all.begin(); at != end; ++at) r.ids.push_back(at->second), r.scores.push_back(at->first);
  return r;
}

template <class T>
void same_as_sorting(matrix<T> const& q, matrix<T> const& c, idx depth, int workers) {
  auto const m = mine(q, pool::bank(c), {.negatives = depth, .executor = threads(workers)}, similarity::dot{});
  for (idx i = 0; i < q.rows(); ++i) {
    auto const want = sorted(q, c, i, depth);
    auto const n = idx(want.ids.size());
    bool same = m.count(i) == n;
    for (idx k = 0; same && k < n; ++k) same = m.id(i, k) == want.ids[std::size_t(k)] && m.score(i, k) == want.scores[std::size_t(k)];
    INFO("rows " << q.rows() << " columns " << c.rows() << " dim " << c.cols() << " depth " << depth << " workers " << workers << " row "
                 << i);
    CHECK(same);
  }
}

/// Small whole numbers: few distinct scores, every product exact.
template <class T>
matrix<T> whole(idx n, idx dim, int values, std::uint64_t seed) {
  random_stream draw(seed, purpose::user);
  matrix<T> x(n, dim);
  for (idx k = 0; k < x.size(); ++k) x.data()[k] = T(float(draw.below(values) - values / 2));
  return x;
}

}  // namespace

TEST_CASE("ranking: every dimension from 1 to 67, columns below and above a block", "[mine]") {
  for (idx dim = 1; dim <= 67; ++dim)
    for (idx n : {idx(1), 5 + dim, idx(1500) + 7 * dim})
      same_as_sorting(normal_rows<float>(1 + dim % 5, dim, 1), normal_rows<float>(n, dim, 2), 1 + dim % 20, 1);
}
TEST_CASE("ranking: depths from one to all, in double too", "[mine]") {
  auto const q = normal_rows<float>(3, 9, 1), c = normal_rows<float>(5000, 9, 2);
  for (idx depth : {1, 2, 63, 64, 65, 300, 1100, 2499, 2501, 4999, 5000, 6000}) same_as_sorting(q, c, depth, 1);
  auto const qd = normal_rows<double>(5, 13, 3), cd = normal_rows<double>(4500, 13, 4);
  for (idx depth : {1, 40, 500}) same_as_sorting(qd, cd, depth, 2);
}
TEST_CASE("ranking: ties at the last rank, any number of threads, few rows and many", "[mine]") {
  for (int workers : {1, 2, 3, 8})
    for (idx rows : {1, 7, 70}) {
      idx const columns = rows == 70 ? 2600 : 20'000;
      same_as_sorting(whole<float>(rows, 6, 5, 1), whole<float>(columns, 6, 5, 2), 25, workers);
      same_as_sorting(normal_rows<float>(rows, 20, 3), normal_rows<float>(columns, 20, 4), 25, workers);
    }
}
TEST_CASE("ranking: many rows over few columns, and rows beyond one panel", "[mine]") {
  same_as_sorting(whole<float>(1500, 3, 4, 1), whole<float>(40, 3, 4, 2), 10, 2);
  same_as_sorting(normal_rows<float>(1300, 4, 3), normal_rows<float>(1700, 4, 4), 3, 1);
}
TEST_CASE("ranking: rising scores, where every candidate beats all before it", "[mine]") {
  matrix<float> q(3, 2), c(9000, 2);
  q << 1, 0, -1, 0, 0.5f, 1;
  for (idx j = 0; j < c.rows(); ++j) c(j, 0) = float(j) * 0.25f, c(j, 1) = float(j % 7);
  for (int workers : {1, 3}) same_as_sorting(q, c, 30, workers);
}
TEST_CASE("ranking: half and bfloat16 storage rank like their widened copies", "[mine]") {
  auto const check = [](auto zero) {
    using T = decltype(zero);
    matrix<T> const q = normal_rows<float>(4, 33, 1).cast<T>(), c = normal_rows<float>(3000, 33, 2).cast<T>();
    for (int workers : {1, 2}) same_as_sorting(q, c, 50, workers);
    for (idx dim : {1, 8, 15}) same_as_sorting(whole<T>(3, dim, 3, 3), whole<T>(2100, dim, 3, 4), 9, 1);
  };
  check(Eigen::half()), check(Eigen::bfloat16());
}
TEST_CASE("ranking: lengths so far apart that rounding decides nothing, and so large that products overflow", "[mine]") {
  auto q = normal_rows<float>(4, 12, 1), c = normal_rows<float>(3000, 12, 2);
  for (idx j = 0; j < c.rows(); ++j) c.row(j) *= j % 3 == 0 ? 1e-3f : 1e3f;
  c.row(77) *= 1e6f;  // one giant widens the rounding band of every row to all the others
  same_as_sorting(q, c, 20, 1);
  q *= 1e16f, c *= 1e11f;
  same_as_sorting(q, c, 20, 1);
  q *= 1e3f, c *= 1e6f;  // the giant's products are more than a float holds
  CHECK_THROWS_WITH(mine(q, pool::bank(c), {.negatives = 20}, similarity::dot{}), Catch::Contains("float cannot hold"));
}
TEST_CASE("ranking: products that are no normal numbers, whether the processor keeps them or takes them for zeros", "[mine]") {
  for (int power : {60, 61, 62, 64, 68, 70, 72}) {
    float const unit = std::ldexp(1.0f, -power);
    same_as_sorting<float>(unit * normal_rows<float>(3, 20, 1), unit * normal_rows<float>(5000, 20, 2), 30, 1);
  }
}
TEST_CASE("ranking: walls of equal scores take the exact path and are counted", "[mine]") {
  matrix<float> q = normal_rows<float>(2, 4, 1), c(12'000, 4);
  for (idx j = 0; j < c.rows(); ++j) c.row(j) << 1, 2, 3, 4;
  auto const m = mine(q, pool::bank(c), {.negatives = 10}, similarity::dot{});
  CHECK(m.exact_rows == 2);
  for (idx i = 0; i < 2; ++i)
    for (idx k = 0; k < 10; ++k) CHECK(m.id(i, k) == k);
}
TEST_CASE("ranking: candidates that floats cannot tell apart, for more rows than are scored together", "[mine]") {
  auto const q = normal_rows<float>(37, 24, 1), base = normal_rows<float>(1, 24, 2), noise = normal_rows<float>(24'006, 24, 3);
  matrix<float> c(noise.rows(), noise.cols());
  for (idx j = 0; j < c.rows(); ++j)
    for (idx k = 0; k < c.cols(); ++k) c(j, k) = noise(j, k) > 0 ? base(0, k) : std::nextafter(base(0, k), 9.0f);
  for (int workers : {1, 3}) {
    same_as_sorting(q, c, 10, workers);
    CHECK(mine(q, pool::bank(c), {.negatives = 10, .executor = threads(workers)}, similarity::dot{}).exact_rows == q.rows());
  }
}
TEST_CASE("ranking: absent rows among the candidates never fill a short row", "[mine]") {
  auto const q = normal_rows<float>(2, 5, 1);
  auto c = normal_rows<float>(6000, 5, 2);
  for (idx j = 0; j < c.rows(); ++j)
    if (j % 1000 != 3) c(j, 1) = quiet_nan<float>();
  auto const m = mine(q, pool::bank(c), {.negatives = 10, .bad_rows = bad_rows::skip}, similarity::dot{});
  for (idx i = 0; i < 2; ++i) {
    CHECK(m.count(i) == 6);
    for (idx k = 0; k < m.count(i); ++k) CHECK(m.id(i, k) % 1000 == 3);
  }
}
