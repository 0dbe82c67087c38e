// SPDX-License-Identifier: BSD-3-Clause
// BM25 against the formula and a full sort; words; fusion; and all of it as candidates of a dense miner.
// Tests retrieve/retrieved.hpp.
#include <map>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/core/canonical_order.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/threads.hpp"
#include "foil/mine/mine.hpp"
#include "foil/pool/bank.hpp"
#include "foil/pool/listed.hpp"
#include "foil/retrieve/rank_fusion.hpp"
#include "foil/retrieve/words.hpp"
#include "foil/roles/target.hpp"

namespace {

using namespace foil;
using namespace foil::mining;

/// Small ids are common; a list may be empty.
id_lists random_texts(idx n, idx terms, idx longest, std::uint64_t seed) {
  random_stream draw(seed, purpose::user);
  id_lists out;
  for (idx i = 0; i < n; ++i) {
    std::vector<idx> text;
    for (idx t = draw.below(longest + 1); t > 0; --t) text.push_back(idx(double(terms) * std::pow(draw.uniform(), 3)));
    out.append(text);
  }
  return out;
}

/// The lucene variant by its formula.
double formula(id_lists const& documents, std::span<idx const> query, idx d, double k1, double b) {
  std::map<idx, double> terms;
  for (idx t : query) ++terms[t];
  double const n = double(documents.size()), mean = double(documents.values.size()) / n;
  double score = 0;
  for (auto const& [t, often] : terms) {
    double df = 0, tf = 0;
    for (idx i = 0; i < documents.size(); ++i) df += double(std::count(documents[i].begin(), documents[i].end(), t) > 0);
    tf = double(std::count(documents[d].begin(), documents[d].end(), t));
    if (tf > 0)
      score +=
          often * std::log(1 + (n - df + 0.5) / (df + 0.5)) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * double(documents[d].size()) / mean));
  }
  return score;
}

}  // namespace

TEST_CASE("bm25: the formula, term by term", "[mining]") {
  auto const documents = random_texts(60, 40, 20, 1), queries = random_texts(9, 44, 6, 2);
  bm25_index const index(documents.lists(), {.k1 = 1.3, .b = 0.6});
  auto const scores = index.scores(queries.lists());
  for (idx q = 0; q < 9; ++q)
    for (idx d = 0; d < 60; ++d) CHECK(scores(q, d) == Approx(formula(documents, queries[q], d, 1.3, 0.6)).epsilon(1e-12));
}

TEST_CASE("bm25: lists are those of sorting all scores, for any variant, k, bans and threads", "[mining]") {
  auto const documents = random_texts(9000, 3000, 30, 3), queries = random_texts(40, 3100, 8, 4);
  random_stream draw(5, purpose::user);
  id_lists bans;
  for (idx q = 0; q < 40; ++q) {
    std::vector<idx> some;
    for (idx i = draw.below(30); i > 0; --i) some.push_back(draw.below(9000));
    bans.append(some);
  }
  for (auto variant : {bm25_variant::lucene, bm25_variant::robertson, bm25_variant::atire, bm25_variant::l, bm25_variant::plus}) {
    bm25_index const index(documents.lists(), {.variant = variant, .epsilon = 0.25});
    auto const scores = index.scores(queries.lists());
    id_lists const nothing{{0, 0}, {}};
    for (idx k : {1, 7, 100, 9000})
      for (bool banned : {false, true})
        for (bool unmatched : {false, true}) {
          search_options o{.k = k, .unmatched = unmatched};
          if (banned) o.exclude = bans.lists();
          auto const r = index.search(queries.lists(), o);
          o.executor = threads(3);
          auto const again = index.search(queries.lists(), o);
          CHECK(again.ids == r.ids);
          CHECK(again.scores == r.scores);
          for (idx q = 0; q < 40; ++q) {
            std::vector<double> row(scores.row(q).begin(), scores.row(q).end());
            double const none = *std::min_element(row.begin(), row.end());  // someone shares no term
            for (double& x : row)
              if (!unmatched && x <= none) x = minus_infinity<double>();
            if (banned)
              for (idx d : bans[q]) row[std::size_t(d)] = minus_infinity<double>();
            auto const want = canonical_order(row, k);
            std::vector<idx> const got(r.ids.begin() + q * r.per_row, r.ids.begin() + q * r.per_row + r.count(q));
            if (got != want) CHECK(got == want);
            for (idx i = 0; i < r.count(q); ++i)
              if (r.score(q, i) != row[std::size_t(r.id(q, i))]) CHECK(r.score(q, i) == row[std::size_t(r.id(q, i))]);
            for (idx i = r.count(q); i < r.per_row; ++i)
              if (r.id(q, i) != -1) CHECK(r.id(q, i) == -1);
          }
        }
  }
}

TEST_CASE("bm25: empty documents, empty queries, unknown terms, refusals", "[mining]") {
  id_lists const documents{{0, 0, 2, 3}, {4, 4, 1}};
  bm25_index const index(documents.lists());
  id_lists const queries{{0, 0, 1, 2, 4}, {4, 99, 0, 1}};
  auto const r = index.search(queries.lists(), {.k = 5});
  CHECK(r.per_row == 3);
  CHECK(r.counts == std::vector<idx>{0, 1, 0, 1});
  CHECK(r.id(1, 0) == 1);
  CHECK(r.id(3, 0) == 2);
  CHECK(index.search(queries.lists(), {.k = 2, .unmatched = true}).ids == std::vector<idx>{0, 1, 1, 0, 0, 1, 2, 0});
  id_lists const none{{0, 0, 0}, {}};
  CHECK(bm25_index(none.lists()).search(queries.lists(), {.k = 3}).counts == std::vector<idx>{0, 0, 0, 0});
  CHECK(bm25_index(id_lists{}.offsets.size() > 0 ? ragged{none.offsets, none.values} : ragged{}).documents() == 2);
  id_lists const negative{{0, 1}, {-1}};
  CHECK(says(refusal([&] { bm25_index{negative.lists()}; }), {"bm25_index", "-1"}));
  CHECK(says(refusal([&] { index.search(negative.lists()); }), {"bm25 search", "-1"}));
  CHECK(says(refusal([&] { index.search(queries.lists(), {.exclude = none.lists()}); }), {"exclude", "4 anchors", "3"}));
  CHECK(says(refusal([&] { bm25_index(documents.lists(), {.b = 2}); }), {"bm25_index", "b", "2"}));
}

TEST_CASE("words: lower case, numbers of words, unknown ones left out", "[mining]") {
  std::vector<std::string> const texts{"The cat, the CAT!", "caf\xc3\xa9_1 cat", "..."};
  vocabulary<> words;
  auto const lists = words.add(texts);
  CHECK(lists.values == std::vector<idx>{0, 1, 0, 1, 2, 1});
  CHECK(lists.offsets == std::vector<idx>{0, 4, 6, 6});
  std::vector<char const*> const more{"a cat of the sea"};
  CHECK(words.find(more).values == std::vector<idx>{1, 0});
  text_index const index(texts);
  CHECK(index.search(more, {.k = 1}).ids == std::vector<idx>{0});
  auto const letters = [](std::string_view text, auto const& f) {  // a splitter of one's own
    for (std::size_t i = 0; i < text.size(); ++i) f(text.substr(i, 1));
  };
  CHECK(text_index(std::vector<std::string>{"ab", "bc"}, {}, letters).search(std::vector<std::string>{"c"}, {.k = 2}).count(0) == 1);
}

TEST_CASE("fuse_ranks: reciprocal ranks by definition, ties to the lower id", "[mining]") {
  std::vector<int> const a{5, 2, 7, 1, -1, -1}, b{2, 5, 9, 8};
  auto const r = fuse_ranks({{a, 3}, {b, 2}}, {.k = 4});
  CHECK(r.ids == std::vector<idx>{2, 5, 7, -1, 1, 9, 8, -1});
  CHECK(r.score(0, 0) == Approx(1 / 61.0 + 1 / 62.0));
  CHECK(r.score(0, 1) == r.score(0, 0));
  CHECK(fuse_ranks({{a, 3, 1}, {b, 2, 3}}).ids == std::vector<idx>{2, 5, 7, -1, -1, 9, 8, 1, -1, -1});
  std::vector<int> const twice{4, 4, 6};
  CHECK(fuse_ranks({{twice, 3}}).score(0, 1) == Approx(1 / 63.0));
  CHECK(fuse_ranks(std::span<ranked_ids const>{}).rows == 0);
  ranked_ids const wide{.per_row = (std::numeric_limits<idx>::max)()};  // of no rows
  CHECK((fuse_ranks({wide, wide}).per_row == 100 && fuse_ranks({wide, wide}).rows == 0));
  CHECK(says(refusal([&] { fuse_ranks({{a, 3}, {b, 4}}); }), {"fuse_ranks", "2", "1"}));
  CHECK(says(refusal([&] { fuse_ranks({{a, 4}}); }), {"fuse_ranks", "6 ids", "4"}));
}

TEST_CASE("bm25 and embeddings together: fused candidates, mined with filters", "[mining]") {
  auto const documents = random_texts(300, 200, 20, 6), queries = random_texts(12, 200, 5, 7);
  matrix<float> d(300, 16), q(12, 16);
  random_stream draw(8, purpose::user);
  for (idx i = 0; i < d.size(); ++i) d.data()[i] = float(draw.normal());
  for (idx i = 0; i < q.size(); ++i) q.data()[i] = float(draw.normal());
  std::vector<idx> answer, offsets{0};
  for (idx i = 0; i < 12; ++i) answer.push_back(draw.below(300)), offsets.push_back(i + 1);
  auto const lexical = bm25_index(documents.lists()).search(queries.lists(), {.k = 20, .exclude = {offsets, answer}});
  auto const dense = foil::mine(q, pool::bank(d, roles::target(answer)), {.negatives = 20});
  auto const fused = fuse_ranks({{lexical.ids, lexical.per_row}, {dense.ids, dense.per_row}}, {.k = 30});
  auto const hard = foil::mine(q, pool::listed(d, fused.ids, fused.per_row, roles::target(answer)), {.negatives = 5});
  for (idx i = 0; i < 12; ++i) {
    std::vector<double> row(300, minus_infinity<double>());
    for (idx s = 0; s < fused.count(i); ++s) {
      idx const id = fused.id(i, s);
      CHECK(id != answer[std::size_t(i)]);
      row[std::size_t(id)] = double(q.row(i).normalized().dot(d.row(id).normalized()));
    }
    auto const want = canonical_order(row, 5);
    CHECK(std::vector<idx>(hard.ids.begin() + 5 * i, hard.ids.begin() + 5 * i + 5) == want);
  }
}
