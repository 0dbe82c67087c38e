// SPDX-License-Identifier: BSD-3-Clause
// foil::mine against sorting everything, its filters, windows, draws and policies, and bad inputs.
// Tests mine/miner.hpp, mine/screen.hpp, mine/window_filter.hpp, mine/negative_draw.hpp, mine/mined.hpp, sample/sampler.hpp.
#include "foil/mine/mine.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "../table/table.hpp"
#include "foil/bias/bounds.hpp"
#include "foil/bias/guide.hpp"
#include "foil/bias/listed.hpp"
#include "foil/bias/near_duplicate.hpp"
#include "foil/engine/unit_rows.hpp"
#include "foil/mine/training_rows.hpp"
#include "foil/roles/listed.hpp"
#include "foil/roles/target.hpp"

using namespace table;

namespace {

/// All columns of a row by (score descending, lower id), scores in long double.
std::vector<idx> sorted(matrix<double> const& q, matrix<double> const& c, idx i, bool cosine, bool distance) {
  std::vector<std::pair<long double, idx>> all;
  for (idx j = 0; j < c.rows(); ++j) {
    long double dot = 0, a = 0, b = 0, gap = 0;
    for (idx k = 0; k < c.cols(); ++k) {
      long double const x = q(i, k), y = c(j, k);
      dot += x * y, a += x * x, b += y * y, gap += (x - y) * (x - y);
    }
    all.push_back({distance ? -gap : cosine ? dot / std::sqrt(a * b) : dot, j});
  }
  std::sort(all.begin(), all.end(),
            [](auto const& x, auto const& y) { return x.first > y.first || (x.first == y.first && x.second < y.second); });
  std::vector<idx> ids;
  for (auto const& one : all) ids.push_back(one.second);
  return ids;
}

std::string refusal_of(mine_options const& o) {
  auto const q = normal_rows<float>(3, 4, 1), c = normal_rows<float>(9, 4, 2);
  try {
    mine(q, pool::bank(c), o);
  } catch (error const& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("mine: the list is the head of the sorted corpus, for every similarity", "[mine]") {
  auto const q = normal_rows<double>(40, 23, 1), c = normal_rows<double>(1500, 23, 2);
  auto const check = [&](auto similarity, bool cosine, bool distance) {
    auto const m = mine(q, pool::bank(c), {.negatives = 17}, similarity);
    for (idx i = 0; i < q.rows(); ++i) {
      auto const want = sorted(q, c, i, cosine, distance);
      for (idx k = 0; k < 17; ++k) CHECK(m.id(i, k) == want[std::size_t(k)]);
    }
  };
  check(similarity::cosine{}, true, false);
  check(similarity::dot{}, false, false);
  check(similarity::neg_sq_l2{}, false, true);
  check(similarity::neg_l2{}, false, true);
}

TEST_CASE("19: exact ties at rank k go to the lowest ids, for any number of threads", "[mine]") {
  // Integer embeddings: 5,000 candidates on a handful of scores, far more ties than any buffer holds.
  matrix<float> q(5, 3), c(5000, 3);
  random_stream draw(3, purpose::user);
  for (idx k = 0; k < q.size(); ++k) q.data()[k] = float(draw.below(3)) - 1;
  for (idx k = 0; k < c.size(); ++k) c.data()[k] = float(draw.below(3)) - 1;
  q.row(4).setZero();
  auto const one = mine(q, pool::bank(c), {.negatives = 100}, similarity::dot{});
  for (idx i = 0; i < 5; ++i) {
    auto const want = sorted(q.cast<double>(), c.cast<double>(), i, false, false);
    for (idx k = 0; k < 100; ++k) CHECK(one.id(i, k) == want[std::size_t(k)]);
  }
  for (int n : {2, 3}) {
    auto const more = mine(q, pool::bank(c), {.negatives = 100, .executor = threads(n)}, similarity::dot{});
    CHECK(more.ids == one.ids);
    CHECK(more.scores == one.scores);
  }
}
TEST_CASE("20: +0 and -0 are equal scores, the id decides", "[mine]") {
  matrix<float> s(1, 4);
  s << -0.f, 0.f, -0.f, -1.f;
  auto const m = mine(pool::given(s, roles::all_negative{}), {.negatives = 3});
  CHECK(m.ids == std::vector<idx>{0, 1, 2});
}
TEST_CASE("21: k of 0, of the corpus size and above give nothing, everything, and a short row with its count", "[mine]") {
  auto const q = normal_rows<float>(2, 3, 1), c = normal_rows<float>(6, 3, 2);
  CHECK(mine(q, pool::bank(c), {.negatives = 0}).ids.empty());
  CHECK(mine(q, pool::bank(c), {.negatives = 6}).counts == std::vector<idx>{6, 6});
  auto const m = mine(q, pool::bank(c), {.negatives = 8});
  CHECK(m.counts == std::vector<idx>{6, 6});
  CHECK(m.short_rows == 2);
  CHECK((m.id(0, 6) == -1 && m.id(0, 7) == -1 && m.score(0, 7) == minus_infinity<float>()));
}
TEST_CASE("22: impossible windows are refused before any work, with both values", "[mine]") {
  CHECK(refusal_of({.negatives = 3, .range_min = 4, .range_max = 4}).find("[4, 4)") != std::string::npos);
  CHECK(refusal_of({.negatives = 3, .range_min = 4, .range_max = 6}).find("negatives = 3") != std::string::npos);
  CHECK(refusal_of({.negatives = -1}).find("-1") != std::string::npos);
  CHECK(refusal_of({.range_min = -2}).find("-2") != std::string::npos);
  CHECK(refusal_of({.sampling = sampling::softmax{.temperature = 0}}).find("temperature") != std::string::npos);
}
TEST_CASE("23: a query without positives skips its margin and is counted", "[mine]") {
  auto const q = normal_rows<double>(2, 4, 1), c = normal_rows<double>(20, 4, 2);
  std::vector<idx> const offsets{0, 0, 1}, ids{3};
  auto const m = mine(q, pool::bank(c, roles::listed(offsets, ids), bias::relative_margin{0.05}), {.negatives = 2});
  CHECK(m.without_positive == 1);
  CHECK(m.id(0, 0) == sorted(q, c, 0, true, false)[0]);
}
TEST_CASE("24: with 1, 3, 2, 0, 7 positives each margin refers to its own query's", "[mine]") {
  auto const q = normal_rows<double>(5, 6, 1), c = normal_rows<double>(200, 6, 2);
  std::vector<idx> const offsets{0, 1, 4, 6, 6, 13};
  std::vector<idx> ids;
  for (idx k = 0; k < 13; ++k) ids.push_back(k * 11);
  auto const window = mine(q, pool::bank(c, roles::listed(offsets, ids)), {.negatives = 5});  // 5 + 7, of every query
  CHECK(window.range_max == 12);
  CHECK(window.survivor_offsets == std::vector<idx>{0, 12, 24, 36, 48, 60});
  auto const m =
      mine(q, pool::bank(c, roles::listed(offsets, ids), bias::absolute_margin{0.1}), {.negatives = 5, .range_max = whole_corpus});
  for (idx i = 0; i < 5; ++i) {
    if (offsets[std::size_t(i)] == offsets[std::size_t(i) + 1]) continue;
    double lowest = 2;
    for (idx p = offsets[std::size_t(i)]; p < offsets[std::size_t(i) + 1]; ++p) {
      auto const x = q.row(i), y = c.row(ids[std::size_t(p)]);
      lowest = (std::min)(lowest, x.dot(y) / (x.norm() * y.norm()));
    }
    for (idx k = 0; k < m.count(i); ++k) CHECK(m.score(i, k) + 0.1 <= lowest + 1e-12);
    // Nothing better was left out.
    idx seen = 0;
    for (idx j : sorted(q, c, i, true, false)) {
      auto const x = q.row(i), y = c.row(j);
      if (x.dot(y) / (x.norm() * y.norm()) + 0.1 > lowest) continue;
      if (seen == m.count(i)) break;
      CHECK(m.id(i, seen++) == j);
    }
  }
}
TEST_CASE("25: with a positive at -0.50 and a relative margin of 0.05 a negative at -0.49 is dropped", "[mine]") {
  matrix<double> s(1, 4);
  s << -0.50, -0.49, -0.52, -0.53;
  std::vector<idx> const own{0};
  auto const m = mine(pool::given(s, roles::target(own), bias::relative_margin{0.05}), {.negatives = 3});
  CHECK(m.counts == std::vector<idx>{1});
  CHECK(m.id(0, 0) == 3);
}
TEST_CASE("27: a row whose candidates are all filtered is empty with counts; back-fill only if asked", "[mine]") {
  auto const q = normal_rows<double>(3, 4, 1), c = normal_rows<double>(30, 4, 2);
  std::vector<idx> const own{0, 1, 2};
  auto const none = pool::bank(c, roles::target(own), bias::max_score{-2});
  auto const m = mine(q, none, {.negatives = 4});
  CHECK(m.counts == std::vector<idx>{0, 0, 0});
  CHECK(m.dropped[1].dropped > 0);
  using mining::shortage;
  auto const all = pool::bank(c, roles::target(own));
  mine_options o{.negatives = 5, .range_max = 5};
  o.stage = range_stage::before_filter, o.range_min = 0;
  for (shortage policy : {shortage::fill_random, shortage::fill_deeper}) {
    auto how = o;
    how.shortage = policy;
    std::vector<idx> bans;
    for (idx j = 0; j < 30; ++j)
      if (j % 3) bans.push_back(j);
    std::vector<idx> const ends{0, idx(bans.size()), idx(bans.size()), idx(bans.size())};
    auto const r = mine(q, pool::bank(c, roles::target(own), bias::listed(ends, bans)), how);
    CHECK(r.count(0) == 5);
    CHECK(r.filled > 0);
    std::vector<idx> row(r.ids.begin(), r.ids.begin() + 5);
    std::sort(row.begin(), row.end());
    CHECK(std::adjacent_find(row.begin(), row.end()) == row.end());
    for (idx j : row) CHECK((j % 3 == 0 && j != 0));  // never banned, never the positive
  }
  auto strict = o;
  strict.shortage = shortage::error, strict.negatives = 40, strict.range_max = 60;
  CHECK_THROWS_AS(mine(q, all, strict), error);
}
TEST_CASE("1, 2: bad rows are refused, or skipped and counted with all else unchanged", "[mine]") {
  auto q = normal_rows<float>(4, 5, 1), c = normal_rows<float>(50, 5, 2);
  auto const clean = mine(q, pool::bank(c), {.negatives = 6});
  idx const removed = clean.id(0, 0);
  q(3, 1) = quiet_nan<float>(), c(removed, 2) = infinity<float>();
  CHECK_THROWS_AS(mine(q, pool::bank(c)), error);
  auto const m = mine(q, pool::bank(c), {.negatives = 5, .bad_rows = bad_rows::skip});
  CHECK(m.bad_rows == 2);
  CHECK(m.count(3) == 0);
  for (idx i = 0; i < 3; ++i)
    for (idx k = 0, at = 0; k < 5; ++k, ++at) {
      at += clean.id(i, at) == removed;
      CHECK(m.id(i, k) == clean.id(i, at));
    }
}
TEST_CASE("17: near-duplicates of the positive are kept without the filter, dropped and counted with it", "[mine]") {
  auto const q = normal_rows<double>(1, 8, 1);
  auto c = normal_rows<double>(40, 8, 2);
  c.row(7) = q.row(0) + 0.3 * c.row(7);
  c.row(9) = c.row(7) * 1.0001;
  std::vector<idx> const own{7}, offsets{0, 1};
  CHECK(mine(q, pool::bank(c, roles::target(own)), {.negatives = 1}).id(0, 0) == 9);
  auto const unit = unit_rows(c);
  auto const m = mine(q, pool::bank(c, roles::target(own), bias::near_duplicate<double>(as_view(unit), offsets, own)), {.negatives = 1});
  CHECK(m.id(0, 0) != 9);
  CHECK(m.dropped[1].dropped == 1);
}
TEST_CASE("mine: half storage, threads, both axes and a growing k agree", "[mine]") {
  auto const q = normal_rows<float>(3, 16, 1), c = normal_rows<float>(9000, 16, 2);  // few rows: the columns are split
  auto const one = mine(q, pool::bank(c), {.negatives = 30});
  for (int n : {2, 3}) CHECK(mine(q, pool::bank(c), {.negatives = 30, .executor = threads(n)}).ids == one.ids);
  auto const few = mine(q, pool::bank(c), {.negatives = 10});
  for (idx i = 0; i < 3; ++i)
    for (idx k = 0; k < 10; ++k) CHECK(few.id(i, k) == one.id(i, k));
  Eigen::Matrix<Eigen::bfloat16, -1, -1, Eigen::RowMajor> const qb = q.cast<Eigen::bfloat16>(), cb = c.cast<Eigen::bfloat16>();
  matrix<float> const q32 = qb.cast<float>(), c32 = cb.cast<float>();
  CHECK(mine(qb, pool::bank(cb), {.negatives = 30}).ids == mine(q32, pool::bank(c32), {.negatives = 30}).ids);
}
TEST_CASE("mine: margins to each positive give every positive a row of its own", "[mine]") {
  auto const q = normal_rows<double>(2, 6, 1), c = normal_rows<double>(60, 6, 2);
  std::vector<idx> const offsets{0, 2, 3}, ids{4, 9, 1};
  auto const m = mine(q, pool::bank(c, roles::listed(offsets, ids), bias::absolute_margin{.margin = 0.1, .positive = reference::each}),
                      {.negatives = 3});
  CHECK(m.rows == 3);
  CHECK(m.anchor == std::vector<idx>{0, 0, 1});
  for (idx r = 0; r < 3; ++r)
    for (idx k = 0; k < m.count(r); ++k) {
      CHECK(m.score(r, k) + 0.1 <= m.positive_scores[std::size_t(r)]);
      CHECK((m.id(r, k) != 4 || m.anchor[std::size_t(r)] != 0));
    }
  auto const w = mine(q, pool::bank(c, roles::listed(offsets, ids), bias::absolute_margin{.margin = 0.1, .positive = reference::each}),
                      {.negatives = 3, .range_max = whole_corpus});
  std::vector<std::array<idx, 3>> triplets, pairs;  // a row's negatives stand beside the positive that they were chosen for
  for (idx r = 0; r < 3; ++r) {
    pairs.push_back({w.anchor[std::size_t(r)], ids[std::size_t(r)], 1});
    for (idx k = 0; k < w.count(r); ++k) {
      triplets.push_back({w.anchor[std::size_t(r)], ids[std::size_t(r)], w.id(r, k)});
      pairs.push_back({w.anchor[std::size_t(r)], w.id(r, k), 0});
    }
  }
  CHECK(mining::triplets(w) == triplets);
  CHECK(mining::labelled_pairs(w) == pairs);
  std::vector<idx> with_negatives, positives;
  for (idx r = 0; r < 3; ++r)
    if (w.count(r) > 0) with_negatives.push_back(ids[std::size_t(r)]);
  for (mining::training_row const& t : mining::tuples(w)) positives.push_back(t.positive);
  CHECK(positives == with_negatives);
  CHECK(positives.size() >= 2);
  CHECK(mining::statistics(w).positive.min == *std::min_element(w.positive_scores.begin(), w.positive_scores.end()));
  CHECK(mining::statistics(w).difference.min >= 0.1);
}
TEST_CASE("mine: uniform draws include every survivor alike, softmax draws follow Plackett and Luce", "[mine]") {
  matrix<double> s(1, 6);
  s << 0.5, 0.4, 0.3, 0.2, 0.1, 0.0;
  std::map<idx, int> uniform, first;
  int const n = 4000;
  for (int e = 0; e < n; ++e) {
    auto const u = mine(pool::given(s, roles::all_negative{}),
                        {.negatives = 2, .range_max = 6, .sampling = sampling::uniform{}, .epoch = std::uint32_t(e)});
    CHECK(u.score(0, 0) > u.score(0, 1));
    ++uniform[u.id(0, 0)], ++uniform[u.id(0, 1)];
    ++first[mine(pool::given(s, roles::all_negative{}),
                 {.negatives = 1, .range_max = 6, .sampling = sampling::softmax{.temperature = 0.2}, .epoch = std::uint32_t(e)})
                .id(0, 0)];
  }
  double total = 0;
  for (idx j = 0; j < 6; ++j) total += std::exp(s(0, j) / 0.2);
  for (idx j = 0; j < 6; ++j) {
    double const p = 1.0 / 3, w = std::exp(s(0, j) / 0.2) / total;
    CHECK(std::abs(uniform[j] - n * p) < 5.5 * std::sqrt(n * p * (1 - p)));
    CHECK(std::abs(first[j] - n * w) < 5.5 * std::sqrt(n * w * (1 - w)));
  }
}
TEST_CASE("mine: a progress callback sees the end and can cancel", "[mine]") {
  auto const q = normal_rows<float>(9000, 4, 1), c = normal_rows<float>(50, 4, 2);
  std::vector<idx> seen;
  auto watch = [&](idx done, idx total, char const*) {
    seen.push_back(done);
    CHECK(total == 9000);
    return done <= 4096;
  };
  mine_options o{.negatives = 2};
  o.progress = progress(watch, 1e9);  // after every few thousand rows alone, however slow the machine
  auto const m = mine(q, pool::bank(c), o);
  CHECK(m.cancelled);
  CHECK(seen.size() >= 2);
  CHECK(m.rows == 9000);
  CHECK((m.count(0) == 2 && m.count(8999) == 0 && m.id(8999, 0) == -1));
}
TEST_CASE("mine: copies of positives are near-duplicates at a threshold of 1, in float as in double", "[mine]") {
  auto const q = normal_rows<float>(60, 5, 1);
  matrix<float> c = normal_rows<float>(180, 5, 2);
  std::vector<idx> own;
  for (idx i = 0; i < 60; ++i) own.push_back(i), c.row(60 + i) = c.row(i), c.row(120 + i) = 2 * c.row(i);
  std::vector<idx> offsets;
  for (idx i = 0; i <= 60; ++i) offsets.push_back(i);
  bias::near_duplicate<float> const copies(as_view(c), offsets, own, 1);
  auto const m = mine(q, pool::bank(c, roles::target(own), copies), {.negatives = 180, .range_max = whole_corpus});
  CHECK((m.dropped[1].dropped == 120 && m.counts == std::vector<idx>(60, 177)));
}
TEST_CASE("mine: a guide model's filter acts as in losses", "[mine]") {
  auto const q = normal_rows<double>(4, 6, 1), c = normal_rows<double>(30, 6, 2);
  auto const gq = unit_rows(normal_rows<double>(4, 5, 3)), gc = unit_rows(normal_rows<double>(30, 5, 4));
  std::vector<double> const limit(4, 0.2);
  auto const m = mine(q, pool::bank(c, roles::all_negative{}, bias::guide<double>(as_view(gq), as_view(gc), limit)),
                      {.negatives = 8, .range_max = whole_corpus});
  for (idx i = 0; i < 4; ++i)
    for (idx k = 0; k < m.count(i); ++k) CHECK(gq.row(i).dot(gc.row(m.id(i, k))) <= 0.2 + 1e-12);
  CHECK(m.dropped[1].dropped > 0);
}

TEST_CASE("mine: a positive goes by identity, not by its score; looser filters never find less; rows are their own", "[mine]") {
  auto const documents = normal_rows<double>(200, 7, 5);
  matrix<double> q = normal_rows<double>(6, 7, 6);
  q.row(5) = q.row(2);
  std::vector<idx> offsets{0, 1, 2, 5, 5, 6, 9}, ids{11, 40, 3, 77, 150, 12, 3, 77, 150};  // query 5 repeats query 2
  auto const pool_of = [&](double margin, double least) {
    return pool::bank(documents, roles::listed(offsets, ids), bias::absolute_margin{margin}, bias::min_score{least});
  };
  mine_options const o{.negatives = 30, .range_max = 60};
  auto const zero = mine(q, pool_of(0, -1), {.negatives = 30, .range_max = whole_corpus});
  CHECK(zero.dropped[0].dropped == 9);  // each positive, once a row, although none exceeds itself
  for (idx i = 0; i < 6; ++i)
    for (idx k = 0; k < zero.count(i); ++k)
      for (idx p = offsets[std::size_t(i)]; p < offsets[std::size_t(i) + 1]; ++p) {
        CHECK(zero.id(i, k) != ids[std::size_t(p)]);
        CHECK(zero.score(i, k) <= zero.positive_scores[std::size_t(p)]);
      }
  for (idx k = 0; k < 30; ++k) CHECK((zero.id(2, k) == zero.id(5, k) && zero.score(2, k) == zero.score(5, k)));
  std::vector<idx> before(6, 0);
  for (double margin : {0.6, 0.3, 0.1, 0.0, -0.5}) {
    auto const m = mine(q, pool_of(margin, 0.1 * margin), o);
    for (idx i = 0; i < 6; ++i) {
      CHECK(m.count(i) >= before[std::size_t(i)]);
      before[std::size_t(i)] = m.count(i);
      for (idx k = 1; k < m.count(i); ++k) CHECK(m.score(i, k) <= m.score(i, k - 1));
    }
  }
  CHECK(before[3] > 0);  // without a positive the margin is skipped
}
