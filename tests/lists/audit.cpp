// SPDX-License-Identifier: BSD-3-Clause
// Audits of what was mined: copies, doubtful negatives and hubs, and a cap on how often one serves.
#include <set>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "../rows.hpp"
#include "foil/bias/listed.hpp"
#include "foil/core/random.hpp"
#include "foil/lists/audit_mined.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/given.hpp"
#include "foil/roles/listed.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

mined<double> lists(std::vector<idx> const& ids, std::vector<double> const& scores, idx per_row) {
  mined<double> m;
  m.per_row = per_row, m.rows = idx(ids.size()) / per_row, m.ids = ids, m.scores = scores;
  m.ranks.assign(ids.size(), 0), m.counts.assign(std::size_t(m.rows), per_row);
  m.survivor_offsets.assign(std::size_t(m.rows) + 1, 0);
  return m;
}

}  // namespace

TEST_CASE("audit: copies, doubtful negatives and hubs of a real run; a cap on how often one serves", "[mining]") {
  auto documents = normal_rows(60, 8, 1);
  matrix<double> const q = documents.topRows(10) + 0.3 * normal_rows(10, 8, 2);
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

TEST_CASE("duplicates_of_positives: monotone in the threshold, positives are never reported", "[mining]") {
  matrix<float> x = normal_rows(20, 3, 4).rowwise().normalized().cast<float>();
  for (idx k = 0; k < 3; ++k) x(5, k) = 2 * x(1, k), x(9, k) = x(1, k) + (k == 0 ? 0.05f : 0);
  std::vector<idx> const offsets{0, 2, 2, 3}, values{1, 5, 8};
  std::size_t before = 0;
  for (double t : {1.1, 0.9999999, 0.98, 0.5, -1.0}) {
    auto const bans = duplicates_of_positives(x, {offsets, values}, t);
    CHECK(bans.values.size() >= before);
    before = bans.values.size();
    CHECK(bans.size() == 3);
    CHECK(bans[1].empty());
    for (idx c : bans[0]) CHECK((c != 1 && c != 5));
    if (t > 1) CHECK(bans.values.empty());
    if (t == 0.98) CHECK(std::count(bans[0].begin(), bans[0].end(), 9) == 1);
  }
  CHECK(before == 18 + 19);
  auto const of = representatives(x);
  CHECK(of[5] == 1);
  CHECK(of[9] == 9);
  for (idx i : of) CHECK(of[std::size_t(i)] == i);
}

TEST_CASE("audit_hubs: nothing mined is all zeros, padding is not counted", "[mining]") {
  std::vector<idx> const none{-1, -1}, some{3, 3, -1, 0}, wrong{7};
  auto const empty = audit_hubs(none, 5);
  CHECK(empty.occurrence == std::vector<idx>(5, 0));
  CHECK(empty.skewness == 0);
  auto const r = audit_hubs(some, 5);
  CHECK(r.largest == 2);
  CHECK(r.top_share == Approx(2.0 / 3));
  CHECK(r.skewness > 0);
  CHECK_THROWS_AS(audit_hubs(wrong, 5), error);
}

TEST_CASE("cap_occurrence: a document that a row repeats is one of its documents", "[mining]") {
  matrix<float> scores(2, 3);
  scores << .9f, .8f, .7f, .1f, .2f, .3f;
  std::vector<idx> const offsets{0, 2, 3}, banned{2, 0, 1};
  auto const pool = pool::given(scores, roles::all_negative{}, bias::listed(offsets, banned));
  auto const m = mine(pool, {.negatives = 4, .shortage = shortage::repeat});
  REQUIRE(m.ids == std::vector<idx>{1, 1, 1, 1, 2, 0, 2, 0});
  auto const same = cap_occurrence(m, 1);
  CHECK((same.ids == m.ids && same.filled == m.filled && same.filled == 5));
  auto shared = m;
  shared.ids[0] = shared.ids[1] = shared.ids[2] = shared.ids[3] = 2;  // .9 each: row 0 keeps document 2
  auto const capped = cap_occurrence(shared, 1);
  CHECK((capped.counts == std::vector<idx>{4, 2} && capped.id(1, 0) == 0 && capped.filled == 4 && capped.short_rows == 1));
}
TEST_CASE("duplicates_of_positives: rows of many positives that are all alike", "[mining]") {
  constexpr idx n = 1500;
  matrix<float> const same = matrix<float>::Constant(n, 2, 1);
  std::vector<idx> offsets{0}, ids;
  for (idx j = 0; j < n - 3; ++j) ids.push_back(j);
  offsets.push_back(idx(ids.size()));
  CHECK(duplicates_of_positives(same, {offsets, ids}).values == std::vector<idx>{n - 3, n - 2, n - 1});
  CHECK(says(refusal([&] { duplicates_of_positives(same, {offsets, ids}, quiet_nan<double>()); }), {"duplicates_of_positives", "cosine"}));
  CHECK(says(refusal([&] { representatives(same, quiet_nan<double>()); }), {"representatives", "cosine"}));
}
