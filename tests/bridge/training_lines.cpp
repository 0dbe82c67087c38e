// SPDX-License-Identifier: BSD-3-Clause
// Mined rows in the layouts of trainers. Tests bridge/utf8.hpp.
#include "foil/bridge/training_lines.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/bias/margin.hpp"
#include "foil/bridge/passage.hpp"
#include "foil/mine/mine.hpp"
#include "foil/mine/training_rows.hpp"
#include "foil/pool/bank.hpp"
#include "foil/roles/listed.hpp"

using namespace foil;
using bridge::dialect;
using bridge::passage;
using nlohmann::json;

namespace {

auto const query = [](idx i) { return passage{"q" + std::to_string(i), "", "query " + std::to_string(i)}; };
auto const document = [](idx j) {
  return passage{"d" + std::to_string(j), j % 2 ? "T" + std::to_string(j) : "", "text " + std::to_string(j)};
};

struct lines {
  std::vector<json> all;
  idx left_out = 0;
  json const& operator[](std::size_t i) const { return all.at(i); }
};
template <class S>
lines written(mined<S> const& m, dialect how, bool scores = false) {
  std::ostringstream out;
  bridge::training_lines<S> writer(out, how, scores);
  writer.write(m, query, document);
  writer.finish();
  lines result;
  std::istringstream in(out.str());
  for (std::string line; std::getline(in, line);) result.all.push_back(json::parse(line));
  CHECK(writer.lines() == idx(result.all.size()));
  result.left_out = writer.left_out();
  return result;
}

struct job {
  matrix<float> q = matrix<float>::Random(6, 8), c = matrix<float>::Random(40, 8);
  std::vector<idx> offsets{0, 1, 3, 3, 4, 6, 7}, ids{4, 5, 6, 7, 8, 9, 10};  // query 2 has none
  job() {
    for (std::size_t i = 0; i < 6; ++i)
      for (idx p = offsets[i]; p < offsets[i + 1]; ++p) c.row(ids[std::size_t(p)]) += 2 * q.row(idx(i));
  }
  template <class... Filter>
  auto mine(Filter... filter) const {
    return foil::mine(q, pool::bank(c, roles::listed(offsets, ids), filter...), {.negatives = 3, .range_max = 12});
  }
};

}  // namespace

TEST_CASE("training_lines: every layout holds what was mined", "[bridge]") {
  auto const m = job().mine(bias::absolute_margin{.margin = 0.1});
  auto const text = [](idx j) { return document(j).joined(); };
  auto const triplets = mining::triplets(m);
  auto const t = written(m, dialect::triplet), ts = written(m, dialect::triplet, true);
  REQUIRE((t.all.size() == triplets.size() && !triplets.empty()));
  for (std::size_t i = 0; i < triplets.size(); ++i) {
    auto const [a, p, n] = triplets[i];
    CHECK(t[i] == json{{"anchor", query(a).text}, {"positive", text(p)}, {"negative", text(n)}});
    CHECK(ts[i]["scores"].size() == 2);
    CHECK(ts[i]["scores"][0].get<float>() > ts[i]["scores"][1].get<float>() + 0.1f - 1e-6f);
  }
  auto const tuples = mining::tuples(m, true);
  auto const n = written(m, dialect::n_tuple, true);
  REQUIRE(n.all.size() == tuples.size());
  for (std::size_t i = 0; i < tuples.size(); ++i) {
    CHECK((n[i]["positive"] == text(tuples[i].positive) && n[i]["negative_3"] == text(tuples[i].negatives[2]) && n[i].size() == 6));
    CHECK(n[i]["scores"].size() == 4);
  }
  auto const list = written(m, dialect::labelled_list), pairs = written(m, dialect::labelled_pair),
             scored = written(m, dialect::labelled_pair, true);
  auto const some = mining::tuples(m);
  REQUIRE(list.all.size() == some.size());
  for (std::size_t i = 0; i < some.size(); ++i) {
    CHECK((list[i]["positive"][0] == text(some[i].positive) && list[i]["positive"].size() == some[i].negatives.size() + 1));
    json labels(some[i].negatives.size() + 1, 0);
    labels[0] = 1;
    CHECK(list[i]["labels"] == labels);
  }
  CHECK((pairs[0]["label"] == 1 && !pairs[0].contains("score") && scored[0].contains("score") && !scored[0].contains("label")));
  auto const f = written(m, dialect::flag_embedding, true), v = written(m, dialect::tevatron);
  std::size_t at = 0;
  for (idx r = 0; r < m.rows; ++r) {
    auto const a = std::size_t(m.anchor[std::size_t(r)]);
    if (m.count(r) == 0 || m.positive_offsets[a] == m.positive_offsets[a + 1]) continue;
    CHECK(f[at]["query"] == query(idx(a)).text);
    CHECK(f[at]["pos"].size() == std::size_t(m.positive_offsets[a + 1] - m.positive_offsets[a]));
    CHECK((f[at]["neg"].size() == std::size_t(m.count(r)) && f[at]["neg"][0] == text(m.id(r, 0))));
    CHECK((f[at]["neg_scores"][0].get<float>() == m.score(r, 0) &&
           f[at]["pos_scores"][0].get<float>() == m.positive_scores[std::size_t(m.positive_offsets[a])]));
    CHECK((v[at]["query_id"] == query(idx(a)).id && v[at]["negative_passages"][0]["docid"] == document(m.id(r, 0)).id));
    CHECK(
        (v[at]["negative_passages"][0]["title"] == document(m.id(r, 0)).title && v[at]["positive_passages"].size() == f[at]["pos"].size()));
    ++at;
  }
  CHECK((at == f.all.size() && at == v.all.size() && f.left_out == m.rows - idx(at) && f.left_out > 0));
}

TEST_CASE("training_lines: where a margin refers to each positive, a row has its own", "[bridge]") {
  auto const m = job().mine(bias::absolute_margin{.margin = 0.0, .positive = reference::each});
  auto const f = written(m, dialect::flag_embedding, true);
  CHECK(m.rows > 6);
  idx several = 0;
  for (json const& line : f.all) {
    CHECK(line["pos"].size() == 1);
    for (json const& s : line["neg_scores"]) CHECK(s.get<float>() <= line["pos_scores"][0].get<float>());
    several += line["query"] == "query 1";
  }
  CHECK(several == 2);
}

TEST_CASE("training_lines: positives that hold no numbers are left out and counted", "[bridge]") {
  for (reference const r : {reference::lowest, reference::each}) {
    job j;
    j.c(5, 0) = quiet_nan<float>();  // one of two positives of query 1
    auto const m = foil::mine(j.q, pool::bank(j.c, roles::listed(j.offsets, j.ids), bias::absolute_margin{.margin = 0.0, .positive = r}),
                              {.negatives = 3, .range_max = 12, .bad_rows = bad_rows::skip});
    std::ostringstream out;
    bridge::training_lines<float> writer(out, dialect::flag_embedding, true);
    writer.write(m, query, document);
    CHECK(writer.unscored() == 1);
    CHECK(out.str().find("\"" + document(5).joined() + "\"") == std::string::npos);
    CHECK(out.str().find("null") == std::string::npos);
  }
}

TEST_CASE("training_lines: bytes, streams and requests that cannot be written are refused", "[bridge]") {
  auto const m = job().mine();
  auto const bad = [](idx j) { return passage{"d" + std::to_string(j), "", j == 4 ? "caf\xe9" : "text"}; };
  std::ostringstream out;
  bridge::training_lines<float> refusing(out, dialect::triplet), replacing(out, dialect::triplet, false, bridge::invalid_utf8::replace);
  CHECK(says(refusal([&] { refusing.write(m, query, bad); }), {"training_lines", "byte 3", "text of document d4"}));
  CHECK(out.str().empty());
  replacing.write(m, query, bad);
  CHECK(out.str().find("caf\xef\xbf\xbd") != std::string::npos);
  CHECK(says(refusal([&] { bridge::training_lines<float>(out, dialect::tevatron, true); }), {"Tevatron", "scores"}));
  CHECK(says(refusal([&] { bridge::training_lines<float>(out, dialect(6)); }), {"training_lines", "dialect", "0 .. 5", "6"}));
  std::ofstream closed, full("/dev/full");
  closed.setstate(std::ios::failbit);
  CHECK(says(refusal([&] { bridge::training_lines<float>(closed, dialect::triplet); }), {"cannot be written"}));
  if (!full.is_open()) return;
  bridge::training_lines<float> writer(full, dialect::triplet);
  CHECK(says(refusal([&] { writer.write(m, query, document), writer.finish(); }), {"full disk"}));
}
