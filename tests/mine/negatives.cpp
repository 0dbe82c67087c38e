// SPDX-License-Identifier: BSD-3-Clause
// Negatives on their way into training: mixed ones in a loss, a schedule of three kinds, audits and caps.
#include <set>

#include "../catch.hpp"
#include "foil/bias/bounds.hpp"
#include "foil/bias/margin.hpp"
#include "foil/engine/objective.hpp"
#include "foil/lists/audit_mined.hpp"
#include "foil/lists/negative_schedule.hpp"
#include "foil/loss/info_nce.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/recipe/mochi_pool.hpp"
#include "foil/roles/listed.hpp"
#include "statistics.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

matrix<double> noise(idx n, idx dim, std::uint64_t seed) {
  random_stream r(seed, purpose::user);
  matrix<double> m(n, dim);
  for (idx i = 0; i < m.size(); ++i) m.data()[i] = r.normal();
  return m;
}
mined<double> lists(std::vector<idx> const& ids, std::vector<double> const& scores, idx per_row) {
  mined<double> m;
  m.per_row = per_row, m.rows = idx(ids.size()) / per_row, m.ids = ids, m.scores = scores;
  m.ranks.assign(ids.size(), 0), m.counts.assign(std::size_t(m.rows), per_row);
  m.survivor_offsets.assign(std::size_t(m.rows) + 1, 0);
  return m;
}

}  // namespace

TEST_CASE("mixed negatives as a pool: the loss by hand, constants, gradients by finite differences", "[mining]") {
  idx const b = 5, d = 6;
  auto const q = noise(b, d, 1), k = noise(b, d, 2), memory = noise(20, d, 3);
  auto const mixed = mix_batch(q, memory, 7, 2, {.hardest = 8, .between = 4, .with_query = 3});
  REQUIRE(mixed.rows.rows() == b * 7);
  objective const contrast{loss::info_nce{.temperature = 0.2}, similarity::cosine{}};
  auto const r = contrast.value_and_grad(q, pool::in_batch(k), pool::bank(memory), mixed.pool());
  CHECK(r.pools[1].size() == 0);
  CHECK(r.pools[2].size() == 0);  // no gradient flows through a mix
  double sum = 0;
  for (idx i = 0; i < b; ++i) {
    auto const one = q.row(i).normalized();
    double all = 0;
    auto const add = [&](auto const& row) { all += std::exp(one.dot(row) / 0.2); };
    for (idx j = 0; j < b; ++j) add(k.row(j).normalized());
    for (idx j = 0; j < 20; ++j) add(memory.row(j).normalized());
    for (idx j = 0; j < 7; ++j) add(mixed.rows.row(i * 7 + j));
    sum += std::log(all) - one.dot(k.row(i).normalized()) / 0.2;
  }
  CHECK(r.value == Approx(sum / double(b)));
  auto const check = [&](matrix<double> x, matrix<double> const& gradient, auto value) {
    for (idx t = 0; t < x.size(); ++t) {
      double const was = x.data()[t];
      x.data()[t] = was + 1e-6;
      double const up = value(x);
      x.data()[t] = was - 1e-6;
      double const down = value(x);
      x.data()[t] = was;
      CHECK(gradient.data()[t] == Approx((up - down) / 2e-6).epsilon(1e-5).margin(1e-8));
    }
  };
  check(q, r.anchors, [&](auto const& x) { return contrast.value(x, pool::in_batch(k), pool::bank(memory), mixed.pool()).value; });
  check(k, r.pools[0], [&](auto const& x) { return contrast.value(q, pool::in_batch(x), pool::bank(memory), mixed.pool()).value; });

  // Keyed by row: alone in the batch a query gets the same mixes; another epoch gives others.
  matrix<double> const first = q.topRows(1);
  mochi_options const o{.hardest = 8, .between = 4, .with_query = 3};
  CHECK(mix_batch(first, memory, 7, 2, o).rows == matrix<double>(mixed.rows.topRows(7)));
  CHECK(mix_batch(first, memory, 7, 3, o).rows != matrix<double>(mixed.rows.topRows(7)));
  matrix<double> const empty(0, d), narrow = noise(4, d - 1, 1);
  auto const none = mix_batch(q, empty, 7);
  CHECK(none.per_row == 0);
  CHECK(contrast.value(q, pool::in_batch(k), none.pool()).value == Approx(double(contrast.value(q, pool::in_batch(k)).value)));
  CHECK_THROWS_AS(mix_batch(q, narrow, 7), error);
}

TEST_CASE("negative_schedule: three kinds, never relevant, never twice, refreshed when due", "[mining]") {
  std::vector<double> scores, later;
  for (idx j = 0; j < 50; ++j) scores.push_back(double(-j)), later.push_back(double(j));
  std::vector<idx> const relevant{0, 3};
  negative_schedule s(2, {.static_depth = 6, .from_static = 2, .from_dynamic = 3, .from_corpus = 4, .refresh = {.first = 2, .every = 10}});
  auto const early = s(1, 0, scores, relevant);
  CHECK(early.age == -1);
  CHECK((early.from_static == 0 && early.from_dynamic == 3 && early.from_corpus == 4));
  std::set<idx> const head{1, 2, 4, 5, 6, 7}, tail{49, 48, 47, 46, 45, 44};
  std::vector<idx> counts(50, 0);
  for (idx step = 2; step < 40; ++step) {
    bool const turned = step >= 12;  // by the refresh at 12 the model has changed its mind
    auto const r = s(1, step, step < 5 ? scores : later, relevant);
    REQUIRE(r.ids.size() == 9);
    CHECK(std::set<idx>(r.ids.begin(), r.ids.end()).size() == 9);
    CHECK(r.age == (step - 2) % 10);
    for (std::size_t t = 0; t < 9; ++t) {
      CHECK((r.ids[t] != 0 && r.ids[t] != 3));
      if (t < 2) CHECK((turned ? tail : head).count(r.ids[t]) == 1);
    }
    if (step >= 5) CHECK(r.ids[2] >= 47);
  }
  // STAR's own default: one of the list, uniformly.
  negative_schedule star(1, {.static_depth = 6, .seed = 3});
  for (idx step = 0; step < 20000; ++step) ++counts[std::size_t(star(0, step, scores, relevant).ids.at(0))];
  std::vector<double> law(50, 0.0);
  for (idx id : head) law[std::size_t(id)] = 1.0 / 6;
  CHECK(statistics::chi_square(counts, law) < statistics::one_in_a_million);
  std::vector<idx> const more{1, 2, 4, 5, 6, 0, 3};  // known later: the old list must not offer them
  CHECK(star(0, 20000, scores, more).ids == std::vector<idx>{7});
  CHECK_THROWS_AS(negative_schedule(1, {.static_depth = 1, .from_static = 2}), error);
  CHECK_THROWS_AS(star(1, 0, scores, relevant), error);
}

TEST_CASE("audit: copies, doubtful negatives and hubs of a real run; a cap on how often one serves", "[mining]") {
  auto documents = noise(60, 8, 1);
  matrix<double> const q = documents.topRows(10) + 0.3 * noise(10, 8, 2);
  documents.row(40) = 3 * documents.row(2);  // a copy of the positive of query 2
  std::vector<idx> offsets, ids;
  for (idx i = 0; i <= 10; ++i) offsets.push_back(i);
  for (idx i = 0; i < 10; ++i) ids.push_back(i);
  auto const m = mine(q, pool::bank(documents, roles::listed(offsets, ids)), {.negatives = 8, .range_max = 20});
  auto const a = audit(m, documents, {.margin = 0.1});
  CHECK(a.mined == 80);
  bool found = false;
  for (idx s : a.duplicates) found = found || (s / 8 == 2 && m.ids[std::size_t(s)] == 40);
  CHECK(found);
  for (idx row = 0; row < 10; ++row)
    for (idx k = 0; k < 8; ++k) {
      bool const doubtful = m.score(row, k) > m.positive_scores[std::size_t(row)] - 0.1;
      CHECK(std::count(a.likely_false.begin(), a.likely_false.end(), row * 8 + k) == doubtful);
    }
  CHECK(a.hubs.largest >= 2);
  for (idx most : {1, 2, 5}) {
    auto const c = cap_occurrence(m, most);
    CHECK(audit_hubs(c.ids, 60).largest <= most);
    for (idx row = 0; row < 10; ++row) {
      std::set<idx> const in(c.ids.begin() + row * 8, c.ids.begin() + row * 8 + c.count(row));
      CHECK(idx(in.size()) == c.count(row));
      CHECK(in.count(row) == 0);
      for (idx k = c.count(row); k < 8; ++k) CHECK((c.id(row, k) == -1 && c.rank(row, k) == -1));
      for (idx k = 1; k < c.count(row); ++k) CHECK(c.score(row, k) <= c.score(row, k - 1));
    }
  }
  auto const same = cap_occurrence(m, 10);
  CHECK(same.ids == m.ids);
  auto const tie = cap_occurrence(lists({4, 1, 4, 2, 4, 3}, {0.5, 0.1, 0.9, 0.2, 0.9, 0.3}, 2), 1);
  CHECK(tie.ids == std::vector<idx>{1, -1, 4, 2, 3, -1});  // row 1 and row 2 tie: the lower one keeps it
  CHECK(tie.counts == std::vector<idx>{1, 2, 1});
  CHECK(tie.short_rows == 2);
  CHECK_THROWS_AS(cap_occurrence(m, 0), error);
  mined<double> const nothing;
  CHECK(audit(nothing, documents).mined == 0);
}

TEST_CASE("mine: a positive goes by identity, not by its score; looser filters never find less; rows are their own", "[mining]") {
  auto const documents = noise(200, 7, 5);
  matrix<double> q = noise(6, 7, 6);
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
