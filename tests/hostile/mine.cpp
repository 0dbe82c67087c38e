// SPDX-License-Identifier: BSD-3-Clause
// Mining with every filter, and the miners of a batch: a refusal, or lists that hold what they say.
#include "foil/mine/mine.hpp"

#include <algorithm>

#include "foil/batch/angular_miner.hpp"
#include "foil/batch/batch_hard.hpp"
#include "foil/batch/batch_pairs.hpp"
#include "foil/batch/distance_weighted_miner.hpp"
#include "foil/batch/pair_margin_miner.hpp"
#include "foil/batch/triplet_margin_miner.hpp"
#include "foil/bias.hpp"
#include "foil/engine/threads.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/given.hpp"
#include "foil/pool/own.hpp"
#include "foil/roles/listed.hpp"
#include "foil/similarity.hpp"
#include "hostile.hpp"

namespace {
using namespace foil;
using hostile::dice;
using S = float;

/// Ids within the pool and once a row, scores that fall and are numbers, counts that fit.
void check_lists(mined<S> const& m, idx columns, mine_options const& o) {
  REQUIRE(idx(m.ids.size()) == m.rows * m.per_row);
  for (idx row = 0; row < m.rows; ++row) {
    CHECK((m.count(row) >= 0 && m.count(row) <= m.per_row));
    std::vector<idx> ids;
    for (idx k = 0; k < m.count(row); ++k) {
      CHECK((m.id(row, k) >= 0 && m.id(row, k) < columns));
      CHECK(!nan_bits(m.score(row, k)));
      if (k > 0 && o.sampling.takes_hardest() && m.rank(row, k) >= 0 && m.rank(row, k - 1) >= 0 && o.shortage != mining::shortage::repeat)
        CHECK(m.score(row, k) <= m.score(row, k - 1));
      ids.push_back(m.id(row, k));
    }
    std::sort(ids.begin(), ids.end());
    if (o.shortage != mining::shortage::repeat) CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
  }
}

template <class Sim>
void mine_case(dice& d, Sim similarity) {
  idx const n = d.below(6), columns = d.below(6), dim = d.below(5);
  matrix<S> const q = d.rows<S>(n, dim), c = d.rows<S>(columns, dim), given = d.rows<S>(n, columns), kept_q = q, kept_c = c;
  std::vector<idx> offsets{0}, ids, others{0}, banned;
  for (idx i = 0; i < n; ++i) {
    for (idx k = d.below(3); k > 0; --k) ids.push_back(d.id(columns));
    for (idx k = d.below(2); k > 0; --k) banned.push_back(d.id(columns));
    offsets.push_back(idx(ids.size())), others.push_back(idx(banned.size()));
  }
  mine_options o = hostile::shaken(d, mine_options{});
  if (d.one_in(4) && o.shortage != mining::shortage::repeat) o.negatives = d.size();
  if (d.one_in(6)) o.range_min = d.size();
  if (d.one_in(6)) o.range_max = d.one_in(2) ? d.size() : whole_corpus;
  std::vector<S> const w = d.list<S>(n * columns);
  auto const weight = [&](auto const& p) { return p.column % 3 == 0 ? w[std::size_t(p.row * columns + p.column)] : S(0); };
  auto const build = [&](auto make) {
    return make(roles::listed(offsets, ids), hostile::shaken(d, bias::absolute_margin{.margin = -1e30}),
                hostile::shaken(d, bias::relative_margin{}), hostile::shaken(d, bias::bounds{}), hostile::shaken(d, bias::max_score{}),
                hostile::shaken(d, bias::min_score{}), bias::listed(others, banned), bias::per_pair(weight));
  };
  bool const plain = d.one_in(3), scores = d.one_in(3);
  mined<S> alone, together;
  bool both = false;
  hostile::said const heard = hostile::outcome_of([&] {
    auto const run = [&](mine_options const& how) {
      if (scores) return mine(build([&](auto... b) { return pool::given(given, b...); }), how);
      if (plain) return mine(q, pool::bank(c, roles::listed(offsets, ids)), how, similarity);
      return mine(q, build([&](auto... b) { return pool::bank(c, b...); }), how, similarity);
    };
    if (!plain || scores) return void(alone = run(o));
    alone = run(o);
    o.executor = threads(3);
    together = run(o), both = true;
  });
  INFO("[" << n << ", " << columns << ", " << dim << "], negatives " << o.negatives << ": " << heard.text);
  CHECK_FALSE(heard.other);
  if (heard.text.empty()) check_lists(alone, columns, o);
  if (both) CHECK((alone.ids == together.ids && alone.counts == together.counts));
  CHECK((q.size() == 0 || std::memcmp(q.data(), kept_q.data(), sizeof(S) * std::size_t(q.size())) == 0));
  CHECK((c.size() == 0 || std::memcmp(c.data(), kept_c.data(), sizeof(S) * std::size_t(c.size())) == 0));
}
}  // namespace

TEST_CASE("hostile: mining refuses, or lists what is there", "[hostile]") {
  SECTION("dot") {
    hostile::for_a_while([](dice& d) { mine_case(d, similarity::dot{}); });
  }
  SECTION("neg_l2") {
    hostile::for_a_while([](dice& d) { mine_case(d, similarity::neg_l2{}); });
  }
}

TEST_CASE("hostile: the miners of a batch refuse, or name rows of the batch", "[hostile]") {
  using namespace mining;
  hostile::for_a_while([](dice& d) {
    idx const n = d.below(6), dim = d.below(5);
    matrix<S> const z = d.rows<S>(n, dim), kept = z, given_scores = d.rows<S>(n, n);
    std::vector<idx> const labels = d.one_in(10) ? d.ids(d.below(7), 3) : d.ids(n, 3);
    std::vector<idx> rows;
    std::size_t lengths[3] = {0, 0, 0};
    auto const take = [&](index_triplets const& t) {
      rows = t.anchors;
      rows.insert(rows.end(), t.positives.begin(), t.positives.end()), rows.insert(rows.end(), t.negatives.begin(), t.negatives.end());
      lengths[0] = t.anchors.size(), lengths[1] = t.positives.size(), lengths[2] = t.negatives.size();
    };
    auto const pairs = [&](mined_pairs const& p) {
      for (auto const* list : {&p.positives, &p.negatives})
        rows.insert(rows.end(), list->anchors.begin(), list->anchors.end()),
            rows.insert(rows.end(), list->others.begin(), list->others.end());
    };
    auto const over = [&](auto const& b) {
      switch (d.below(8)) {
        case 0: return take(batch_hard(b));
        case 1: return take(batch_easy_hard(b, hostile::shaken(d, batch_easy_hard_options{})));
        case 2: return take(triplet_margin_miner(b, hostile::shaken(d, triplet_margin_options{})));
        case 3: return take(distance_weighted_miner(b, hostile::shaken(d, distance_weighted_options{})));
        case 4: return pairs(pair_margin_miner(b, hostile::shaken(d, pair_margin_options{})));
        case 5: return pairs(multi_similarity_miner(b, hostile::shaken(d, multi_similarity_options{})));
        case 6: return pairs(hdc_miner(b, d.one_in(3) ? d.extreme() : d.uniform()));
        default: return pairs(uniform_histogram_miner(b, hostile::shaken(d, uniform_histogram_options{})));
      }
    };
    hostile::said const heard = hostile::outcome_of([&] {
      switch (d.below(4)) {
        case 0: return take(angular_miner(z, labels, hostile::shaken(d, angular_options{})).triplets);
        case 1: return over(given(given_scores, d.one_in(2) ? measure::distance : measure::similarity, labels));
        case 2: return over(batch(z, labels, similarity::cosine{}));
        default: return over(batch(z, labels));
      }
    });
    INFO("[" << n << ", " << dim << "]: " << heard.text);
    CHECK_FALSE(heard.other);
    CHECK((lengths[0] == lengths[1] && lengths[0] == lengths[2]));
    for (idx i : rows) CHECK((i >= 0 && i < n));
    CHECK((z.size() == 0 || std::memcmp(z.data(), kept.data(), sizeof(S) * std::size_t(z.size())) == 0));
  });
}
