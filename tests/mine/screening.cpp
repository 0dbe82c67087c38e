// SPDX-License-Identifier: BSD-3-Clause
// Products of whole numbers find what the float product finds: lists against sorting every score, for data that 8 bits suit, data that
// want 16, and data that no whole numbers suit; what is reported of it.
// Tests mine/screening.hpp, mine/integer_screen.hpp, mine/packed_candidates.hpp, mine/candidate_block.hpp,
// similarity/integer_panel.hpp.
#include <algorithm>
#include <vector>

#include "../catch.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/threads.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/own.hpp"
#include "foil/simd/canonical.hpp"
#include "foil/similarity/cosine.hpp"
#include "foil/similarity/dot.hpp"
#include "foil/similarity/euclidean.hpp"

using namespace foil;

namespace {

enum class data { normal, clusters, huge, far_apart, equal, two, small_numbers };

template <class S>
matrix<S> rows_of(idx n, idx dim, data kind, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  matrix<S> x(n, dim);
  for (idx i = 0; i < n; ++i) {
    random_stream center(std::uint64_t(r.below(20)), purpose::user, 1);
    for (idx j = 0; j < dim; ++j) {
      x(i, j) = S(r.normal());
      if (kind == data::clusters) x(i, j) = x(i, j) / 4 + S(center.normal());
      if (kind == data::huge && j == i % dim) x(i, j) = S(3e4);
      if (kind == data::equal) x(i, j) = S(0.3);
      if (kind == data::two) x(i, j) = i % 2 ? S(1) : S(-1);
      if (kind == data::small_numbers) x(i, j) = S(r.below(5)) - 2;
    }
    if (kind == data::far_apart) x.row(i) *= S(std::pow(10.0, double(i % 9) - 4));
  }
  return x;
}

/// Mined in one go against mined from an instruction set's view that has no fast pass: similarities computed one by one and given.
template <class T, class Sim>
screening same_as_given(matrix<T> const& q, matrix<T> const& c, idx k, int workers, Sim sim) {
  using S = arithmetic<T>;
  auto const m = mine(q, pool::bank(c), {.negatives = k, .executor = threads(workers)}, sim);
  auto const one_by_one = [&](idx i) {  // private candidates are scored canonically, each
    matrix<T> const row = q.row(i);
    return mine(row, pool::own(c, c.rows()), {.negatives = k}, sim);
  };
  for (idx i = 0; i < q.rows(); i += 7) {
    auto const want = one_by_one(i);
    bool same = m.count(i) == want.count(0);
    for (idx s = 0; same && s < m.count(i); ++s)
      same = m.id(i, s) == want.id(0, s) && std::bit_cast<simd::key<S>>(m.score(i, s)) == std::bit_cast<simd::key<S>>(want.score(0, s));
    INFO("rows " << q.rows() << " columns " << c.rows() << " dim " << q.cols() << " k " << k << " workers " << workers << " row " << i);
    CHECK(same);
  }
  return m.screening;
}
template <class T>
void same_in_every_similarity(idx rows, idx columns, idx dim, idx k, data kind, int workers) {
  using S = arithmetic<T>;
  matrix<T> const q = rows_of<S>(rows, dim, kind, 1).template cast<T>(), c = rows_of<S>(columns, dim, kind, 2).template cast<T>();
  INFO("data " << int(kind));
  for (screening const s : {same_as_given(q, c, k, workers, similarity::cosine{}), same_as_given(q, c, k, workers, similarity::dot{}),
                            same_as_given(q, c, k, workers, similarity::neg_l2{})}) {
    CHECK(s.by_8_bits + s.by_16_bits + s.by_float == rows * columns);
    CHECK(s.let_through <= s.by_8_bits + s.by_16_bits + rows * columns / 4);
    bool const has = simd::integer_kernel<8>::exists || simd::integer_kernel<16>::exists;
    if (kind == data::normal) CHECK((s.by_8_bits + s.by_16_bits > 0) == has);
    if (kind == data::normal && simd::integer_kernel<8>::exists) CHECK(s.by_16_bits == 0);
  }
}

}  // namespace

TEST_CASE("screening: lists are those of canonical scores, whatever the data", "[mine]") {
  for (data kind : {data::normal, data::clusters, data::huge, data::far_apart, data::equal, data::two, data::small_numbers})
    same_in_every_similarity<float>(65, 3100, 37, 9, kind, 1);
}
TEST_CASE("screening: threads, depths and dimensions", "[mine]") {
  same_in_every_similarity<float>(90, 9001, 64, 40, data::normal, 2);
  same_in_every_similarity<float>(33, 20'011, 100, 3, data::clusters, 3);
  same_in_every_similarity<float>(40, 2'500, 384, 10, data::normal, 1);
  same_in_every_similarity<float>(1100, 2'100, 33, 4, data::far_apart, 1);  // packed once for both panels
  same_in_every_similarity<float>(140, 6'100, 32, 20, data::clusters, 4);
}
TEST_CASE("screening: double, half and bfloat16", "[mine]") {
  same_in_every_similarity<double>(64, 4000, 48, 12, data::normal, 1);
  same_in_every_similarity<double>(64, 3000, 33, 5, data::huge, 2);
  same_in_every_similarity<Eigen::half>(64, 3000, 40, 12, data::normal, 2);
  same_in_every_similarity<Eigen::bfloat16>(64, 3000, 40, 12, data::clusters, 1);
}
TEST_CASE("screening: rows that are absent, huge or tiny", "[mine]") {
  auto q = rows_of<float>(64, 40, data::normal, 1), c = rows_of<float>(3000, 40, data::normal, 2);
  c.row(5).setZero(), c.row(700).setConstant(quiet_nan<float>()), q.row(3).setZero(), q.row(9).setConstant(quiet_nan<float>());
  for (int power : {0, -20, -40, 20, 38}) {
    float const unit = std::ldexp(1.0f, power);
    matrix<float> const a = unit * q, b = unit * c;
    auto const m = mine(a, pool::bank(b), {.negatives = 20, .executor = threads(2), .bad_rows = bad_rows::skip}, similarity::dot{});
    CHECK(m.count(9) == 0);
    for (idx i : {0, 3, 8, 63}) {
      std::vector<std::pair<float, idx>> all;
      for (idx j = 0; j < c.rows(); ++j)
        if (j != 700) all.push_back({-float(simd::canonical_dot(a.data() + i * 40, b.data() + j * 40, 40)), j});
      std::sort(all.begin(), all.end());
      bool same = m.count(i) == 20;
      for (idx s = 0; same && s < 20; ++s) same = m.id(i, s) == all[std::size_t(s)].second && m.score(i, s) == -all[std::size_t(s)].first;
      INFO("row " << i << " power " << power);
      CHECK(same);
    }
  }
}

namespace {
template <int Bits>
void packed_by_many_workers() {
  if constexpr (simd::integer_kernel<Bits>::exists) {
    constexpr idx block = 64, columns = 11 * block + 5, workers = 5;
    mining::packed_candidates<Bits> shared;
    shared.open(columns, 32, block, workers);
    std::vector<std::atomic<int>> packed(std::size_t(columns / block + 1));
    std::atomic<int> wrong = 0;
    thread_pool team(workers);
    team.run(workers, [&](int) {
      for (idx j = 0; j < columns; j += 32) {
        auto const found = shared(j, [&](idx first, idx n, auto& to) {
          ++packed[std::size_t(first / block)];
          for (idx k = 0; k < n; ++k) to.bias[k] = float(first + k);
        });
        for (idx k = j; found && k < (std::min)(j + 32, columns); ++k) wrong += found->bias[k - j] != float(k);
      }
    });
    CHECK(wrong == 0);
    for (auto const& n : packed) CHECK(n <= 1);
    CHECK(packed[0] == 1);
  }
}
}  // namespace
TEST_CASE("screening: every block is packed once, by one of many workers", "[mine]") { packed_by_many_workers<8>(); }
