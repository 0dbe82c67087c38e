// SPDX-License-Identifier: BSD-3-Clause
// Judgements and texts, as the usual files hold them. Tests bridge/text_lines.hpp.
#include "foil/bridge/qrels.hpp"

#include <cstdio>
#include <fstream>
#include <map>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/bridge/json_line.hpp"
#include "foil/bridge/jsonl_qrels.hpp"
#include "foil/bridge/texts.hpp"

using namespace foil;

namespace {

/// "q0" .. "q3" and "d0" .. "d9".
auto const row = [](std::string_view id) { return id.size() == 2 && id[0] == 'q' && id[1] < '4' ? idx(id[1] - '0') : idx(-1); };
auto const document = [](std::string_view id) { return id.size() == 2 && id[0] == 'd' ? idx(id[1] - '0') : idx(-1); };

bridge::qrels read(std::string const& text, int least = 1, bridge::unknown_ids unknown = bridge::unknown_ids::refuse) {
  return bridge::read_qrels(text, "qrels", 4, row, document, least, unknown);
}
bridge::qrels read_jsonl(std::string const& text, int least = 1) {
  return bridge::read_jsonl_qrels(text, "pos.jsonl", 4, row, document, least);
}

}  // namespace

TEST_CASE("qrels: TREC, TSV with and without heading, JSON lines of judgements and of lists say the same", "[bridge]") {
  for (bridge::qrels const& r :
       {read("q2 0 d7 1\nq0\t0\td1\t2\n\nq2  Q0  d3 1\nq0 0 d4 0\n"),
        read("query-id\tcorpus-id\tscore\r\nq2\td7\t1\r\nq0\td1\t2\r\nq2\td3\t1\r\nq0\td4\t0"),
        read("\xef\xbb\xbfq2\td7\t1\nq0\td1\t2\nq2\td3\t1\nq0\td4\t0\n"),
        read_jsonl("{\"query-id\": \"q2\", \"corpus-id\": \"d7\"}\n{\"qid\": \"q0\", \"docid\": \"d1\", \"score\": 2}\n"
                   "{\"query_id\": \"q2\", \"positive_document_ids\": [\"d3\"]}\n{\"query-id\": \"q0\", \"corpus-id\": \"d4\", \"score\": "
                   "0}\n")}) {
    CHECK(r.offsets == std::vector<idx>{0, 1, 1, 3, 3});
    CHECK(r.documents == std::vector<idx>{1, 7, 3});
    CHECK(r.grades == std::vector<int>{2, 1, 1});
    CHECK(r.below == 1);
  }
  CHECK(read("q2 0 d7 1\nq0 0 d1 2\nq0 0 d4 0", -1).documents == std::vector<idx>{1, 4, 7});
  CHECK(read("q1\td2\nq1\td1\n").documents == std::vector<idx>{2, 1});
  CHECK(read("").offsets == std::vector<idx>{0, 0, 0, 0, 0});
  auto const twice = read("q1 0 d2 1\nq1 0 d5 1\nq1 0 d2 1\n");
  CHECK((twice.documents == std::vector<idx>{2, 5} && twice.repeated == 1));
}

TEST_CASE("qrels: what is wrong is refused by file and line", "[bridge]") {
  CHECK(says(refusal([] { read("q1 0 d2 1\nq9 0 d2 1\n"); }), {"qrels:2", "no query has the id q9"}));
  CHECK(says(refusal([] { read("q1 0 x2 1\n"); }), {"qrels:1", "no document has the id x2"}));
  CHECK(says(refusal([] { bridge::read_qrels("q1 0 d2 1\nq3 0 d2 1\n", "qrels", 3, row, document); }),
             {"qrels:2: query q3 has row 3, of 3 queries"}));
  auto const r = read("q1 0 d2 1\nq9 0 d2 1\nq1 0 x2 1\n", 1, bridge::unknown_ids::skip);
  CHECK((r.documents == std::vector<idx>{2} && r.unknown_queries == 1 && r.unknown_documents == 1));
  CHECK(says(refusal([] { read("q1 0 d2 1\n\nq1 0 d3\n"); }), {"qrels:3", "the line has 3 parts"}));
  CHECK(says(refusal([] { read("q1\td2\t1\nq1\td3\n"); }), {"qrels:2", "2 parts"}));
  CHECK(says(refusal([] { read("q1 d2 1\n"); }), {"qrels:1", "query, iteration, document and grade", "3 parts"}));
  CHECK(says(refusal([] { read("q1 0 d2 1.5\n"); }), {"qrels:1", "grade 1.5"}));
  CHECK(says(refusal([] { read("q1 0 d2 99999999999\n"); }), {"qrels:1", "99999999999"}));
  CHECK(says(refusal([] { read("q1\t\t1\n"); }), {"qrels:1", "empty"}));
  CHECK(says(refusal([] { read("q1 0 d2 1\nq1 0 d3 1\nq1 0 d2 2\n"); }), {"qrels:3", "grade 2", "line 1 gives 1"}));
  CHECK(says(refusal([] { read_jsonl("{\"query-id\": \"q1\", \"corpus-id\": \"d1\"}\n{\"query-id\": \"q1\"}\n"); }),
             {"pos.jsonl:2", "none of the fields corpus-id"}));
  CHECK(says(refusal([] { read_jsonl("{\"query_id\": \"q1\", \"positives\": \"d1\"}\n"); }),
             {"pos.jsonl:1", "positives must be a list", "string"}));
  CHECK(
      says(refusal([] { read_jsonl("{\"query_id\": \"q1\", \"docid\": \"d1\", \"score\": 0.5}\n"); }), {"pos.jsonl:1", "score", "whole"}));
  CHECK(says(refusal([] { read_jsonl("{\"qid\": \"q1\", \"docid\": \"d1\", \"positives\": [\"d2\"]}\n"); }),
             {"pos.jsonl:1: has both docid and positives"}));
  CHECK(says(refusal([] { read_jsonl("{\"qid\": \"q1\", \"positive_ids\": [\"d1\"], \"positives\": [\"d2\"]}\n"); }),
             {"pos.jsonl:1: has both positive_ids and positives"}));
  CHECK(says(refusal([] { read_jsonl("[1]\n"); }), {"pos.jsonl:1", "array"}));
  CHECK(says(refusal([] { read_jsonl("{\"query_id\": \"q1\",\n"); }), {"pos.jsonl:1", "no JSON"}));
}

TEST_CASE("json_line: fields have types, and errors name them", "[bridge]") {
  bridge::json_line const x(R"({"a": "text", "n": 7, "list": ["x", 3], "words": ["x", "y"], "none": null})", "f:5");
  CHECK((x.text("a") == "text" && x.id("n") == "7" && x.whole("n") == 7 && x.has("none") && !x.has("b")));
  CHECK((x.ids("list") == std::vector<std::string>{"x", "3"} && x.texts("words") == std::vector<std::string>{"x", "y"}));
  CHECK(says(refusal([&] { x.text("n"); }), {"f:5", "n must be a string", "number"}));
  CHECK(says(refusal([&] { x.text("none"); }), {"f:5", "null"}));
  CHECK(says(refusal([&] { x.texts("list"); }), {"f:5", "list must hold strings"}));
  CHECK(says(refusal([&] { x.text("b"); }), {"f:5", "no field b"}));
  CHECK(says(refusal([] { bridge::json_line("{\"a\": \"\xff\"}", "f:1"); }), {"f:1", "UTF-8"}));
}

TEST_CASE("texts: JSON lines and TSV by row and by id", "[bridge]") {
  struct file {
    std::string path = "foil_test_texts";
    explicit file(std::string const& text) { std::ofstream(path, std::ios::binary) << text; }
    ~file() { std::remove(path.c_str()); }
  };
  {
    file const f("{\"_id\": \"a\", \"title\": \"T\", \"text\": \"one\"}\n\n{\"id\": 7, \"text\": \"zw\\u00f6lf\\n\"}");
    bridge::texts const t(f.path);
    CHECK((t.size() == 2 && t[0].joined() == "T one" && t[1].text == "zw\xc3\xb6lf\n" && t[1].title.empty() && t.row("7") == 1 &&
           t.row("b") == -1));
  }
  {
    file const f("a\tone\r\nb\tTitle\ttwo\r\n");
    bridge::texts const t(f.path);
    CHECK((t.size() == 2 && t[0].text == "one" && t[1].joined() == "Title two" && t[1].id == "b"));
  }
  std::string const mark = "\xef\xbb\xbf";
  for (std::string const& text : {mark + "a\tone\n" + mark + "b\ttwo\n" + mark,
                                  mark + "{\"_id\": \"a\", \"text\": \"one\"}\n" + mark + "{\"_id\": \"b\", \"text\": \"two\"}\n"}) {
    file const f(text);  // two files, one behind the other
    bridge::texts const t(f.path);
    CHECK((t.size() == 2 && t.row("b") == 1 && t[1].id == "b" && t[1].text == "two"));
  }
  auto const said = [](std::string const& text) {
    file const f(text);
    return refusal([&] { bridge::texts{f.path}; });
  };
  CHECK(says(said("a\tone\na\ttwo\n"), {"foil_test_texts:2", "id a", "line 1"}));
  CHECK(says(said("a\tone\nb two\n"), {"foil_test_texts:2", "1 part"}));
  CHECK(says(said("\tone\n"), {"foil_test_texts:1", "id is empty"}));
  CHECK(says(said("{\"_id\": \"\", \"text\": \"one\"}\n"), {"foil_test_texts:1", "id is empty"}));
  CHECK(says(said("{\"id\": \"a\", \"text\": [1]}\n"), {"foil_test_texts:1", "text must be a string"}));
  CHECK(says(said("{\"id\": \"a\"}\n"), {"foil_test_texts:1", "none of the fields text"}));
}
