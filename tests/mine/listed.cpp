// SPDX-License-Identifier: BSD-3-Clause
// Mining in a shortlist per row: documents by their ids, as if the whole corpus were mined and the rest could not be found.
#include "foil/bias/listed.hpp"

#include "../refusal.hpp"
#include "../table/table.hpp"
#include "foil/bias/bounds.hpp"
#include "foil/bias/margin.hpp"
#include "foil/bias/near_duplicate.hpp"
#include "foil/engine/unit_rows.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/between.hpp"
#include "foil/pool/listed.hpp"
#include "foil/roles/listed.hpp"
#include "foil/roles/target.hpp"

using namespace table;
using mining::shortage;

namespace {

constexpr idx queries = 20, corpus = 300, per_row = 60;

/// 60 ids a row, some twice, some -1.
std::vector<idx> shortlist() {
  random_stream draw(4, purpose::user);
  std::vector<idx> ids;
  for (idx k = 0; k < queries * per_row; ++k) ids.push_back(k % 7 == 3 ? -1 : k % 11 == 5 && k > 0 ? ids.back() : draw.below(corpus));
  return ids;
}
bool names(std::vector<idx> const& list, idx row, idx id) {
  auto const from = list.begin() + row * per_row;
  return std::find(from, from + per_row, id) != from + per_row;
}
/// What is left of the whole corpus' ranking when only a shortlist may be found.
template <class S>
void same_as_restricted(mined<S> const& listed, mined<S> const& whole, std::vector<idx> const& list) {
  CHECK(listed.positives == whole.positives);
  CHECK(listed.positive_scores == whole.positive_scores);
  for (idx i = 0; i < queries; ++i) {
    idx slot = 0;
    for (idx k = 0; k < whole.count(i) && slot < listed.per_row; ++k) {
      if (!names(list, i, whole.id(i, k))) continue;
      CHECK((listed.id(i, slot) == whole.id(i, k) && listed.score(i, slot) == whole.score(i, k)));
      ++slot;
    }
    CHECK(listed.count(i) == slot);
    for (idx k = slot; k < listed.per_row; ++k) CHECK(listed.id(i, k) == -1);
  }
}

}  // namespace

TEST_CASE("mine: a shortlist gives document ids, knows positives and filters by them, and names no document twice", "[mine]") {
  matrix<float> const q = normal_rows<float>(queries, 6, 1);
  matrix<float> c = normal_rows<float>(corpus, 6, 2);
  for (idx j = 0; j < corpus; j += 3) c.row(j) = c.row((j * 7 + 1) % corpus);  // ties, for the lower id
  auto const ids = shortlist();
  std::vector<idx> own, offsets{0}, more, bans;
  for (idx i = 0; i < queries; ++i) {
    own.push_back(i * 13 % corpus);
    for (idx p = 0; p < i % 4; ++p)
      more.push_back((i * 29 + p * 5) % corpus), bans.push_back(ids[std::size_t(i * per_row)] < 0 ? 0 : ids[std::size_t(i * per_row)]);
    offsets.push_back(idx(more.size()));
  }
  auto const unit = unit_rows(c);
  auto const check = [&](auto similarity, auto relation, auto... filters) {
    mine_options const all{.negatives = corpus};
    auto const whole = mine(q, pool::bank(c, relation, filters...), all, similarity);
    for (idx k : {1, 8, 70})
      for (int workers : {1, 3})
        same_as_restricted(mine(q, pool::listed(c, ids, per_row, relation, filters...),
                                {.negatives = k, .range_max = whole_corpus, .executor = threads(workers)}, similarity),
                           whole, ids);
  };
  check(similarity::dot{}, roles::all_negative{});
  check(similarity::cosine{}, roles::target(own), bias::relative_margin{0.1});
  check(similarity::neg_l2{}, roles::listed(offsets, more), bias::absolute_margin{0.2}, bias::listed(offsets, bans));
  check(similarity::cosine{}, roles::target(own), bias::near_duplicate<float>(as_view(unit), offsets, more, 0.9));
}

TEST_CASE("mine: windows, draws, reports and back-fill of a shortlist count its documents", "[mine]") {
  auto const q = normal_rows<double>(queries, 6, 1), c = normal_rows<double>(corpus, 6, 2);
  auto const ids = shortlist();
  std::vector<idx> own;
  for (idx i = 0; i < queries; ++i) own.push_back(i * 13 % corpus);
  auto const documents = pool::listed(c, ids, per_row, roles::target(own));
  auto const all = mine(q, documents, {.negatives = per_row});
  auto const window = mine(q, documents, {.negatives = 4, .range_min = 3, .range_max = 9, .sampling = sampling::uniform{}, .seed = 3});
  for (idx i = 0; i < queries; ++i) {
    auto const s = window.survivors.begin() + window.survivor_offsets[std::size_t(i)];
    CHECK(std::equal(s, s + 6, all.ids.begin() + i * per_row + 3));
    for (idx k = 0; k < 4; ++k) CHECK(std::find(s, s + 6, window.id(i, k)) != s + 6);
  }
  for (shortage policy : {shortage::fill_random, shortage::fill_deeper}) {
    auto const filled =
        mine(q, documents, {.negatives = per_row, .range_max = per_row, .stage = range_stage::before_filter, .shortage = policy});
    CHECK(filled.ids == all.ids);  // nothing is left to fill from
    mine_options o{.negatives = 12, .range_max = 12, .stage = range_stage::before_filter, .shortage = policy, .executor = threads(2)};
    bias::min_score const high{0.9};  // drops most of the window, and of what fills
    bias::max_score const low{0.1};
    for (bool one : {true, false}) {
      auto const m = one ? mine(q, pool::listed(c, ids, per_row, roles::target(own), high), o)
                         : mine(q, pool::listed(c, ids, per_row, roles::target(own), low), o);
      for (idx i = 0; i < queries; ++i) {
        std::vector<idx> row(m.ids.begin() + i * 12, m.ids.begin() + i * 12 + m.count(i));
        for (idx id : row) CHECK((names(ids, i, id) && id != own[std::size_t(i)]));
        std::sort(row.begin(), row.end());
        CHECK(std::adjacent_find(row.begin(), row.end()) == row.end());
        for (idx k = 0; k < m.count(i); ++k) CHECK((one ? m.score(i, k) >= 0.9 : m.score(i, k) <= 0.1));
      }
      CHECK((one || m.filled > 0));
    }
  }
}

TEST_CASE("mine: what is mined from a shortlist is what a loss is given next", "[mine]") {
  auto const q = normal_rows<float>(queries, 6, 1), c = normal_rows<float>(corpus, 6, 2);
  auto const ids = shortlist();
  std::vector<idx> own;
  for (idx i = 0; i < queries; ++i) own.push_back(i);
  auto const hard = mine(q, pool::listed(c, ids, per_row, roles::target(own)), {.negatives = 5});
  auto const field = similarity::cosine{};
  auto const r = objective(loss::info_nce{.temperature = 0.1}, field)
                     .value_and_grad(q, pool::in_batch(c, roles::target(own)), pool::listed(c, hard.ids, 5));
  CHECK(r.rows_used == queries);
  for (idx i = 0; i < queries; ++i)
    for (idx k = 0; k < 5; ++k) {
      auto const x = q.row(i), y = c.row(hard.id(i, k));
      CHECK(std::abs(x.dot(y) / (x.norm() * y.norm()) - hard.score(i, k)) < 1e-5f);
    }
}

TEST_CASE("mine: ids, roles and pools that do not fit a shortlist are refused", "[mine]") {
  auto const q = normal_rows<float>(2, 6, 1), c = normal_rows<float>(9, 6, 2), s = normal_rows<float>(2, 9, 3);
  std::vector<idx> const ids{0, 1, 2, 3, 4, 8}, out{0, 1, 2, 3, 4, 9}, own{1, 9};
  CHECK(says(refusal([&] { mine(q, pool::listed(c, out, 3)); }), {"mine: id 9"}));
  CHECK(says(refusal([&] { mine(q, pool::listed(c, ids, 3, roles::target(own))); }), {"the target of row 1 is 9", "0 .. 8"}));
  CHECK(says(refusal([&] { mine(q, pool::between(q, c, roles::all_negative{})); }), {"mine: the pool brings anchors"}));
  CHECK(says(refusal([&] { mine(q, pool::given(s, roles::all_negative{})); }), {"mine: given scores need no anchors"}));
}
