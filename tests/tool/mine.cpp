// SPDX-License-Identifier: BSD-3-Clause
// examples/mine as a program: what it writes is what foil::mine gives in memory, whatever interrupts it.
#include "foil/mine/mine.hpp"

#include <nlohmann/json.hpp>

#include "../refusal.hpp"
#include "foil/bias/bounds.hpp"
#include "foil/bias/guide.hpp"
#include "foil/bias/listed.hpp"
#include "foil/bias/margin.hpp"
#include "foil/bias/mask.hpp"
#include "foil/bias/near_duplicate.hpp"
#include "foil/bias/same_id.hpp"
#include "foil/bridge/training_lines.hpp"
#include "foil/pool/bank.hpp"
#include "foil/roles/listed.hpp"
#include "foil/similarity/dot.hpp"
#include "program.hpp"

using namespace foil;
using bridge::dialect;
using bridge::passage;

namespace {

/// A folder with a small corpus of clusters: queries near their cluster's documents, of which some are marked as positives.
struct job : folder {
  static constexpr idx rows = 300, columns = 2000, dim = 24;
  matrix<float> q{rows, dim}, c{columns, dim};
  std::vector<idx> offsets{0}, ids;

  job() {
    random_stream draw(3, purpose::user);
    matrix<float> centres(40, dim);
    for (idx k = 0; k < centres.size(); ++k) centres.data()[k] = float(draw.uniform() - 0.5);
    auto const near = [&](auto row, idx cluster) {
      for (idx k = 0; k < dim; ++k) row[k] = centres(cluster, k) + float(0.4 * (draw.uniform() - 0.5));
    };
    for (idx j = 0; j < columns; ++j) near(c.row(j), j % 40);
    std::ofstream positives(path("qrels.tsv")), queries(path("queries.jsonl")), corpus(path("corpus.tsv"));
    positives << "query-id\tcorpus-id\tscore\n";
    for (idx i = 0; i < rows; ++i) {
      near(q.row(i), i % 40);
      for (idx p = 0; p < i % 4; ++p) {
        ids.push_back(i % 40 + 40 * ((i * 7 + p * 11) % 50));
        positives << "q" << i << "\td" << ids.back() << "\t1\n";
      }
      offsets.push_back(idx(ids.size()));
      queries << nlohmann::json{{"_id", "q" + std::to_string(i)}, {"text", query(i).text}} << "\n";
    }
    for (idx j = 0; j < columns; ++j) corpus << "d" << j << "\t" << document(j).title << "\t" << document(j).text << "\n";
    bridge::write_npy(path("q.npy"), q);
    bridge::write_npy(path("c.npy"), c);
  }

  static passage query(idx i) { return {"q" + std::to_string(i), "", "wh\xc3\xa9re \"" + std::to_string(i) + "\"?"}; }
  static passage document(idx j) { return {"d" + std::to_string(j), j % 3 ? "" : "Title", "text of " + std::to_string(j)}; }

  /// In memory, with filters of the pool.
  template <class Q, class C, class... Filter>
  auto mined(Q const& queries, C const& documents, mine_options const& o, Filter const&... filter) const {
    return foil::mine(queries, pool::bank(documents, roles::listed(offsets, ids), filter...), o);
  }
  template <class S>
  std::string lines(foil::mined<S> const& m, dialect how, bool scores) const {
    std::ostringstream out;
    bridge::training_lines<S> writer(out, how, scores);
    writer.write(m, query, document);
    return out.str();
  }
};

std::string const files = "q.npy c.npy qrels.tsv --query-texts queries.jsonl --corpus-texts corpus.tsv ";

}  // namespace

TEST_CASE("tool: every layout holds what foil::mine gives, line for line", "[tool]") {
  job const j;
  auto const m = j.mined(j.q, j.c, {.negatives = 4}, bias::max_score{.score = 0.99}, bias::relative_margin{.margin = 0.02});
  CHECK((m.short_rows > 0 && m.dropped[2].dropped > 0));
  for (std::size_t k = 0; k < bridge::dialect_names.size(); ++k)
    for (bool scores : {false, true}) {
      if (scores && dialect(k) == dialect::tevatron) continue;
      INFO(bridge::dialect_names[k] << scores);
      ended const e = run(j, files + "-n 4 --max-score 0.99 --relative-margin 0.02 --block 77 -j 2 --overwrite -o out.jsonl -f " +
                                 bridge::dialect_names[k] + (scores ? " --scores" : ""));
      CHECK(e.err.find("300 of 300 queries") != std::string::npos);
      REQUIRE(e.code == 0);
      CHECK(content(j.path("out.jsonl")) == j.lines(m, dialect(k), scores));
      CHECK(counted(e.out, "relative margin") == m.dropped[2].dropped);
      CHECK(!fs::exists(j.path("out.jsonl.parts")));
    }
}

TEST_CASE("tool: types of embeddings, windows, samplers, shortages, similarities", "[tool]") {
  job const j;
  std::string const plain = "q.npy c.npy qrels.tsv --query-ids qids --corpus-ids cids ";
  {
    std::ofstream q(j.path("qids")), c(j.path("cids"));
    for (idx i = 0; i < job::rows; ++i) q << "q" << i << "\n";
    for (idx i = 0; i < job::columns; ++i) c << "d" << i << "\n";
  }
  same_as(j, j.mined(j.q, j.c, {.negatives = 5, .range_min = 3, .range_max = 20, .stage = range_stage::before_filter}),
          plain + "-n 5 --range-min 3 --range-max 20 --stage before-filter");
  same_as(j, j.mined(j.q, j.c, {.negatives = 5, .range_max = 40, .sampling = sampling::uniform{}, .seed = 9, .epoch = 2}),
          plain + "-n 5 --range-max 40 --sampling uniform --seed 9 --epoch 2");
  bias::absolute_margin const strict{.margin = 0.1};
  same_as(j, j.mined(j.q, j.c, {.negatives = 5, .sampling = sampling::softmax{.temperature = 0.05}}, strict),
          plain + "-n 5 --sampling softmax --temperature 0.05 --absolute-margin 0.1");
  for (auto const& [name, policy] :
       {std::pair("drop-query", mining::shortage::drop_query), std::pair("fill-random", mining::shortage::fill_random),
        std::pair("fill-deeper", mining::shortage::fill_deeper), std::pair("repeat", mining::shortage::repeat)}) {
    auto const m = j.mined(j.q, j.c, {.negatives = 8, .range_max = 20, .shortage = policy}, bias::max_score{.score = 0.9});
    CHECK(m.short_rows > 0);
    same_as(j, m, plain + "-n 8 --range-max 20 --max-score 0.9 --shortage " + name);
  }
  same_as(j, j.mined(j.q, j.c, {.negatives = 5, .range_max = whole_corpus}, strict), plain + "-n 5 --range-max all --absolute-margin 0.1");
  same_as(j, foil::mine(j.q, pool::bank(j.c, roles::listed(j.offsets, j.ids)), {.negatives = 5}, similarity::dot{}), plain + "-n 5 -s dot");
  auto const each = j.mined(j.q, j.c, {.negatives = 3}, bias::absolute_margin{.margin = 0.1, .positive = reference::each});
  same_as(j, each, plain + "-n 3 --absolute-margin 0.1 --margin-of each");
  auto const rows = bridge::read_npy<idx>(j.path("found.queries.npy"));
  CHECK(std::equal(each.anchor.begin(), each.anchor.end(), rows.data(), rows.data() + rows.size()));

  matrix<double> const q64 = j.q.cast<double>(), c64 = j.c.cast<double>();
  bridge::write_npy(j.path("q.npy"), q64), bridge::write_npy(j.path("c.npy"), c64);
  same_as(j, j.mined(q64, c64, {.negatives = 5}), plain + "-n 5");
  matrix<Eigen::half> const q16 = j.q.cast<Eigen::half>(), c16 = j.c.cast<Eigen::half>();
  bridge::write_npy(j.path("q.npy"), q16), bridge::write_npy(j.path("c.npy"), c16);
  same_as(j, j.mined(q16, c16, {.negatives = 5}), plain + "-n 5");
  bridge::write_npy(j.path("q.npy"), j.q);
  std::vector<std::int8_t> whole;
  std::vector<float> scales;
  for (idx i = 0; i < job::columns; ++i) {
    scales.push_back(j.c.row(i).cwiseAbs().maxCoeff() / 127);
    for (idx k = 0; k < job::dim; ++k) whole.push_back(std::int8_t(std::lround(j.c(i, k) / scales.back())));
  }
  {
    std::ofstream out(j.path("c.npy"), std::ios::binary);
    bridge::npy_writer<std::int8_t> writer(out, {job::columns, job::dim});
    writer.append(whole), writer.finish();
    bridge::write_npy_vector(j.path("scales.npy"), scales);
  }
  auto const bytes = rows_int8(whole.data(), job::columns, job::dim, scales.data());
  same_as(j, j.mined(j.q, bytes, {.negatives = 5}), plain + "-n 5 --corpus-scales scales.npy");
  {
    std::ofstream out(j.path("c.npy"), std::ios::binary);
    out << bridge::npy_header_text(bridge::npy_type_of<float>, {job::columns, job::dim}, true);
    for (idx k = 0; k < job::dim; ++k)
      for (idx i = 0; i < job::columns; ++i) out.write(reinterpret_cast<char const*>(&j.c(i, k)), 4);
  }
  same_as(j, j.mined(j.q, j.c, {.negatives = 5}), plain + "-n 5");
}

TEST_CASE("tool: every filter, and what the report says of it", "[tool]") {
  job const j;
  mine_options const o{.negatives = 6};
  std::vector<idx> banned_offsets{0}, banned, q_label, c_label, own, document;
  std::vector<unsigned char> mask(std::size_t(job::rows * job::columns));
  {
    std::ofstream exclude(j.path("exclude"));
    for (idx i = 0; i < job::rows; ++i) {
      for (idx p = 0; p < 5; ++p) {
        banned.push_back(i % 40 + 40 * p);
        exclude << "q" << i << " 0 d" << banned.back() << " 0\n";
      }
      banned_offsets.push_back(idx(banned.size()));
      q_label.push_back(i % 7);
      for (idx k = 0; k < job::columns; ++k) mask[std::size_t(i * job::columns + k)] = (i + k) % 3 > 0;
    }
    for (idx k = 0; k < job::columns; ++k) c_label.push_back(k % 5), document.push_back(k);
    bridge::write_npy_vector(j.path("ql.npy"), q_label);
    bridge::write_npy_vector(j.path("cl.npy"), c_label);
    std::ofstream out(j.path("mask.npy"), std::ios::binary);
    bridge::npy_writer<std::uint8_t> writer(out, {job::rows, job::columns});
    writer.append(mask), writer.finish();
  }
  matrix<float> const gq = j.q + 0.2f * matrix<float>::Random(job::rows, job::dim),
                      gc = j.c + 0.2f * matrix<float>::Random(job::columns, job::dim);
  bridge::write_npy(j.path("gq.npy"), gq), bridge::write_npy(j.path("gc.npy"), gc);
  std::vector<float> limits;
  for (idx i = 0; i < job::rows; ++i) {
    limits.push_back((std::numeric_limits<float>::max)());
    for (idx p = j.offsets[std::size_t(i)]; p < j.offsets[std::size_t(i) + 1]; ++p) {
      Eigen::RowVectorXd const a = gq.row(i).cast<double>(), b = gc.row(j.ids[std::size_t(p)]).cast<double>();
      limits.back() = (std::min)(limits.back(), float(a.dot(b) / (a.norm() * b.norm()) - 0.01));
    }
  }
  std::string const plain = files + "-n 6 ";
  auto const check = [&](auto const& m, std::string const& option, std::string const& label) {
    CHECK(m.dropped[1].dropped > 0);
    CHECK(counted(same_as(j, m, plain + option).out, label) == m.dropped[1].dropped);
  };
  check(j.mined(j.q, j.c, o, bias::listed(banned_offsets, banned)), "--exclude exclude", "excluded");
  check(j.mined(j.q, j.c, o, bias::mask(mask, job::columns)), "--mask mask.npy", "mask");
  check(j.mined(j.q, j.c, o, bias::same_label(q_label, c_label)), "--query-labels ql.npy --corpus-labels cl.npy", "same label");
  double const low = std::stod(std::to_string(j.mined(j.q, j.c, o).score(0, 2)));
  check(j.mined(j.q, j.c, o, bias::min_score{.score = low}), "--min-score " + std::to_string(low), "min score");
  mine_options const deep{.negatives = 6, .range_max = whole_corpus};  // filters by score are counted by the scan
  std::string const all = "--range-max all ";
  check(j.mined(j.q, j.c, deep, bias::min_score{.score = low}), all + "--min-score " + std::to_string(low), "min score");
  check(j.mined(j.q, j.c, deep, bias::max_score{.score = 0.9}), all + "--max-score 0.9", "max score");
  check(j.mined(j.q, j.c, deep, bias::absolute_margin{.margin = 0.05}), all + "--absolute-margin 0.05", "absolute margin");
  auto const two = j.mined(j.q, j.c, deep, bias::max_score{.score = 0.9}, bias::relative_margin{.margin = 0.02});
  check(two, all + "--max-score 0.9 --relative-margin 0.02", "max score");
  CHECK(counted(content(j.path("stdout")), "relative margin") == two.dropped[2].dropped);
  check(j.mined(j.q, j.c, o, bias::near_duplicate(as_view(j.c), j.offsets, j.ids, 0.95)), "--near-duplicate 0.95", "near duplicate");
  check(j.mined(j.q, j.c, o, bias::guide(gq, gc, list_view<float>(limits))),
        "--guide-queries gq.npy --guide-corpus gc.npy --guide-margin 0.01", "guide");
  // What the guide finds exactly as near as the positive, a copy of it, stays.
  matrix<float> twice = gc;
  twice.bottomRows(1000) = gc.topRows(1000);
  bridge::write_npy(j.path("gc.npy"), twice);
  ended const e = run(j, files + "-n 2000 --range-max all -f npy -o copies --guide-queries gq.npy --guide-corpus gc.npy");
  INFO(e.err);
  REQUIRE(e.code == 0);
  bridge::npy_file const file(j.path("copies.ids.npy"));
  std::span<idx const> const found = file.values<idx>();
  idx kept = 0, wanted = 0;
  for (idx i = 1; i < job::rows; i += 4, ++wanted) {  // those with one positive
    idx const copy = (j.ids[std::size_t(j.offsets[std::size_t(i)])] + 1000) % 2000;
    auto const row = found.subspan(std::size_t(i * file.dim()), std::size_t(file.dim()));
    kept += std::find(row.begin(), row.end(), copy) != row.end();
  }
  CHECK(kept == wanted);
  // The queries are documents themselves.
  bridge::write_npy(j.path("q.npy"), j.c.topRows(job::rows));
  for (idx i = 0; i < job::rows; ++i) own.push_back(i);
  auto const m = foil::mine(j.c.topRows(job::rows), pool::bank(j.c, roles::all_negative{}, bias::same_id(own, document)), o);
  CHECK(counted(same_as(j, m, "q.npy c.npy -n 6 --exclude-same-id").out, "same id") == m.dropped[1].dropped);
}

TEST_CASE("tool: the largest block, ranks of recall before files, blank lines behind ids", "[tool]") {
  job const j;
  auto const m = j.mined(j.q, j.c, {.negatives = 3});
  auto const writes = [&](std::string const& arguments) {
    ended const e = run(j, arguments + " -n 3 --overwrite -o out.jsonl");
    INFO(arguments << "\n" << e.err);
    CHECK((e.code == 0 && content(j.path("out.jsonl")) == j.lines(m, dialect::triplet, false)));
    return e;
  };
  writes(files + "--block 9223372036854775807");
  ended const e = writes("--recall-at 1,7 " + files);
  CHECK((counted(e.out, "at 7") >= 0 && counted(e.out, "at 10") == -1));
  {
    std::ofstream ids(j.path("ids"));
    for (idx i = 0; i < job::rows; ++i) ids << "q" << i << "\n";
    ids << "\n \r\n";
  }
  writes(files + "--query-ids ids");
  std::ofstream(j.path("ids"), std::ios::app) << "q300\n";
  ended const gap = run(j, files + "--query-ids ids -o other.jsonl");
  CHECK((gap.code == 1 && says(gap.err, {"ids:301", "empty"})));
}

TEST_CASE("tool: killed at twenty random moments, it ends with the same bytes", "[tool]") {
  job const j;
  std::string const command =
      files + "-n 4 --relative-margin 0.02 --sampling uniform --range-max 30 --shortage fill-random --block 8 --recall-queries 20 -j 2 ";
  auto const now = [] { return std::chrono::steady_clock::now(); };
  auto const start = now();
  REQUIRE(run(j, command + "-o whole.jsonl").code == 0);
  double const seconds = std::chrono::duration<double>(now() - start).count();
  std::string const whole = content(j.path("whole.jsonl"));
  CHECK(whole ==
        j.lines(
            j.mined(j.q, j.c, {.negatives = 4, .range_max = 30, .sampling = sampling::uniform{}, .shortage = mining::shortage::fill_random},
                    bias::relative_margin{.margin = 0.02}),
            dialect::triplet, false));
  auto const seed = std::uint64_t(std::chrono::system_clock::now().time_since_epoch().count());
  random_stream draw(seed, purpose::user);
  INFO("seed " << seed << ", undisturbed " << seconds << " s");
  int killed = 0, went_on = 0, complete = 0;
  for (int attempt = 0; attempt < 400 && killed < 20; ++attempt) {
    ended const e = run(j, command + "-o out.jsonl", 1.1 * seconds * draw.uniform());
    killed += e.code == 128 + SIGKILL;
    went_on += e.err.find("going on") != std::string::npos;
    CHECK((e.code == 128 + SIGKILL || e.code == 0 || e.err.find("is there already") != std::string::npos));
    if (!fs::exists(j.path("out.jsonl"))) continue;
    CHECK(content(j.path("out.jsonl")) == whole);  // never a part of it
    fs::remove(j.path("out.jsonl"));
    ++complete;
  }
  CHECK(killed == 20);
  CHECK(went_on > 0);
  ended const last = run(j, command + "--overwrite -o out.jsonl");
  CHECK(last.code == 0);
  CHECK(content(j.path("out.jsonl")) == whole);
  CHECK(!fs::exists(j.path("out.jsonl.parts")));
  CHECK(counted(last.out, "rows") == job::rows);  // those of the blocks before, too
}

TEST_CASE("tool: stopped by a signal or a full disk, it says so and goes on later", "[tool]") {
  job const j;
  std::string const command = files + "-n 4 --block 4 -j 1 -o out.jsonl";
  REQUIRE(run(j, files + "-n 4 -o whole.jsonl").code == 0);
  std::string const whole = content(j.path("whole.jsonl"));
  ended stopped;
  for (int attempt = 0; attempt < 20 && stopped.code == 0; ++attempt) {  // 0: all other blocks came before the signal
    fs::remove(j.path("out.jsonl"));
    stopped = run(j, command, -1, SIGINT, "", "out.jsonl.parts/block_0");
  }
  CHECK(stopped.code == 130);
  CHECK(says(stopped.err, {"interrupted", "the same command goes on"}));
  CHECK(!fs::exists(j.path("out.jsonl")));
  fs::remove(j.path("out.jsonl"));
  ended const full = run(j, command, -1, 0, std::to_string(whole.size() / 512 / 2));  // blocks of the job fit, its output does not
  CHECK(full.code == 1);
  CHECK(says(full.err, {"out.jsonl", "full disk"}));
  CHECK((!fs::exists(j.path("out.jsonl")) && !fs::exists(j.path("out.jsonl.part"))));
  ended const small = run(j, files + "-n 4 --block 300 -o other.jsonl", -1, 0, "16");  // nor do blocks
  CHECK(small.code == 1);
  CHECK(says(small.err, {"block_0.part", "full disk"}));
  // A damaged block is mined again.
  std::ofstream(j.path("out.jsonl.parts/block_3"), std::ios::binary | std::ios::app) << "x";
  ended const rest = run(j, command);
  CHECK(rest.code == 0);
  CHECK(says(rest.err, {"going on; 296 of 300"}));
  CHECK(content(j.path("out.jsonl")) == whole);
}

TEST_CASE("tool: what is wrong is said with file, line or row", "[tool]") {
  job const j;
  auto const refused = [&](std::string const& arguments, int code, std::initializer_list<char const*> words) {
    ended const e = run(j, arguments);
    INFO(arguments << "\n" << e.err);
    CHECK((e.code == code && says(e.err, words)));
  };
  CHECK(says(run(j, "--help").out, {"EXAMPLE", "INTERRUPTIONS", "--relative-margin"}));
  refused(files, 2, {"--out"});
  refused(files + "-o out -f csv", 2, {"csv"});
  refused("q.npy none.npy qrels.tsv -f npy -o out", 1, {"none.npy", "No such file"});
  refused("q.npy c.npy -o out", 2, {"positives"});
  refused("q.npy c.npy qrels.tsv -o out", 2, {"--query-texts"});
  refused("q.npy c.npy qrels.tsv -f npy -o out", 1, {"qrels.tsv:2", "q1", "numbers of rows", "--skip-unknown"});
  refused("q.npy c.npy qrels.tsv --query-texts queries.jsonl -f npy -o out", 1, {"qrels.tsv:2: no document", "d281", "numbers of rows"});
  std::ofstream(j.path("more.tsv")) << "q1\td1\nq3000\td2\n";
  refused("q.npy c.npy more.tsv --query-texts queries.jsonl --corpus-texts corpus.tsv -o out", 1,
          {"more.tsv:2: no query", "q3000", "those of queries.jsonl"});
  refused(files + "-o out --least-grade 2", 1, {"qrels.tsv", "no positive of grade 2", "--format npy"});
  refused(files + "-o out -n -1", 2, {"--negatives", "1 .. 9223372036854775807", "-1"});
  refused(files + "-o out -n 0", 2, {"--negatives", "1 .. 9223372036854775807", "got 0"});
  refused(files + "-o out -n 9223372036854775807 --range-max 5", 2,
          {"mine: --range-max 5 with --range-min 0", "fewer ranks than --negatives"});
  for (std::string const option : {"--range-min -1", "--block 0", "--recall-queries -1", "--recall-at 5,0"})
    refused(files + "-o out " + option, 2,
            {option.substr(0, option.find(' ')).c_str(), "wanted is a whole number in ", " .. 9223372036854775807"});
  refused(files + "-o out --include-positives", 2, {"--include-positives is for --format npy"});
  refused(files + "-o ''", 2, {"--out", "nothing"});
  fs::create_directories(j.path("place"));
  refused(files + "-o place/", 2, {"--out", "the folder place/"});
  refused(files + "--overwrite -o place", 2, {"place", "is a folder"});
  refused(files + "--overwrite -o ./qrels.tsv", 2, {"qrels.tsv", "is an input"});
  fs::copy_file(j.path("queries.jsonl"), j.path("kept.part"));
  refused("q.npy c.npy qrels.tsv --query-texts kept.part --corpus-texts corpus.tsv -o kept", 2, {"kept.part", "is an input"});
  CHECK(content(j.path("kept.part")) == content(j.path("queries.jsonl")));
  refused(files + "-o q.npy/out", 1, {"q.npy/out.parts", "cannot be made"});
  for (std::string const option :
       {"--seed", "--epoch", "--range-min", "--block", "-n", "--recall-queries", "--recall-at", "--range-max", "--corpus-rows"})
    for (std::string const value : {"99999999999999999999999", "3x", "2.5", "''"})
      refused(files + "-o out " + option + " " + value, 2, {option.c_str(), "whole number", value == "''" ? "" : value.c_str()});
  refused(files + "-o out --seed -1", 2, {"--seed", "0 .. 18446744073709551615", "-1"});
  refused(files + "-o out --temperature nan", 2, {"--temperature", "softmax"});
  refused(files + "-o out --guide-margin 0.1", 2, {"--guide-margin", "--guide-queries"});
  refused(files + "-o out --margin-of each", 2, {"--margin-of", "--relative-margin"});
  refused(files + "-o out --relative-margin 1.5", 2, {"margin", "1.5"});
  refused(files + "-o out -n 4 --shortage error --max-score 0.8", 1, {"query q", "negatives left", "--shortage error"});
  refused(files + "-o out --sampling softmax --temperature 0", 2, {"mine: --temperature", "0"});
  refused("q.npy c.npy -f npy -o out --relative-margin 0.1", 1, {"margins", "no file of positives"});
  bridge::write_npy(j.path("narrow.npy"), j.q.leftCols(8));
  refused("narrow.npy c.npy -f npy -o out", 1, {"narrow.npy", "dim 8", "c.npy has 24"});
  bridge::write_npy(j.path("wide.npy"), matrix<double>(j.q.cast<double>()));
  refused("wide.npy c.npy -f npy -o out", 1, {"wide.npy", "float64"});
  matrix<float> bad = j.q;
  bad(70, 3) = quiet_nan<float>();
  bridge::write_npy(j.path("bad.npy"), bad);
  refused("bad.npy c.npy -f npy -o out --block 32", 1, {"bad.npy", "row 70", "NaN"});
  CHECK(!fs::exists(j.path("out.parts")));  // before any work
  std::string const guided = "q.npy c.npy qrels.tsv --query-texts queries.jsonl --corpus-texts corpus.tsv -f npy -o out --block 32 ";
  refused(guided + "--guide-queries bad.npy --guide-corpus c.npy", 1, {"mine: bad.npy: row 70 holds a NaN", "a guide needs all its rows"});
  CHECK(!fs::exists(j.path("out.parts")));
  bad = j.c;
  bad(70, 3) = infinity<float>();
  bridge::write_npy(j.path("bad.npy"), bad);
  refused(guided + "--guide-queries q.npy --guide-corpus bad.npy", 1, {"mine: bad.npy: row 70 holds"});
  bad(1990, 0) = quiet_nan<float>();
  bridge::write_npy(j.path("bad.npy"), bad);
  refused("q.npy bad.npy -f npy -o out", 1, {"bad.npy", "row 70", "candidates"});
  bad(70, 3) = 0;
  bridge::write_npy(j.path("bad.npy"), bad);
  refused("q.npy bad.npy -f npy -o out --corpus-rows 100", 1, {"bad.npy", "row 1990", "column 0", "candidates"});
  bad(3, 3) = bad(4, 4) = quiet_nan<float>();
  bridge::write_npy(j.path("bad.npy"), bad);
  bridge::write_npy(j.path("bad_q.npy"), bad.topRows(job::rows));
  ended const skipped = run(j, "bad_q.npy bad.npy -f npy -o skipped --bad-rows skip --block 100");
  CHECK((counted(skipped.out, "bad documents skipped") == 3 && counted(skipped.out, "bad queries skipped") == 2));
  ended const near = run(j,
                         "q.npy bad.npy qrels.tsv --query-texts queries.jsonl --corpus-texts corpus.tsv -f npy -o near --bad-rows skip "
                         "--near-duplicate 0.95 --block 100");
  CHECK((near.code == 0 && counted(near.out, "bad documents skipped") == 3 && counted(near.out, "near duplicate") > 0));
  CHECK(!fs::exists(j.path("out.parts")));  // nothing was kept
  std::ofstream(j.path("short.tsv")) << "d1\ttext\n";
  refused("q.npy c.npy qrels.tsv --query-texts queries.jsonl --corpus-texts short.tsv -o out", 1,
          {"short.tsv", "1 texts for the 2000 rows"});
  // An unfinished job of another kind, and a file that is there.
  ended const full = run(j, files + "-n 4 --block 50 -o out.jsonl", -1, 0, "40");
  CHECK(full.code == 1);
  refused(files + "-n 5 --block 50 -o out.jsonl", 1, {"out.jsonl.parts", "another --negatives", "4", "now 5", "--restart"});
  refused(files + "-n 5 -o out.jsonl --restart", 0, {"300 of 300"});
  refused(files + "-n 5 -o out.jsonl", 2, {"out.jsonl", "is there already", "--overwrite"});
  fs::create_directories(j.path("out.jsonl.parts"));  // of a job that was killed at its end
  refused(files + "-n 5 -o out.jsonl", 2, {"out.jsonl", "is there already", "--overwrite"});
  refused(files + "-n 5 -o out.jsonl --restart", 2, {"out.jsonl", "is there already", "--overwrite"});
}

TEST_CASE("tool: a job that goes on replaces its own files alone", "[tool]") {
  job const j;
  std::string const command = files + "-n 4 --block 50 -o x ";
  std::ofstream(j.path("x")) << "theirs";
  ended const full = run(j, command + "-f npy", -1, 0, "16");  // blocks of the job fit, its output does not
  CHECK((full.code == 1 && says(full.err, {"x.ids.npy", "full disk"})));
  ended const other = run(j, command);
  CHECK((other.code == 2 && says(other.err, {"x: is there already"})));
  CHECK(content(j.path("x")) == "theirs");
  std::ofstream(j.path("x.ids.npy")) << "written before an interruption";
  ended const same = run(j, command + "-f npy");
  CHECK((same.code == 0 && says(same.err, {"going on; 300 of 300"})));
  CHECK(content(j.path("x")) == "theirs");
}

TEST_CASE("tool: unknown ids in --exclude are counted", "[tool]") {
  job const j;
  std::ofstream(j.path("exclude")) << "q1\td1\nq3000\td2\nq2\td9999\n";
  ended const e = run(j, files + "-n 4 -o out --exclude exclude --skip-unknown");
  CHECK((e.code == 0 && counted(e.out, "unknown queries") == 0 && counted(e.out, "unknown in --exclude") == 2));
}

TEST_CASE("tool: a ranking for recall that no memory holds is refused before the work", "[tool]") {
  job const j;
  auto const write = [&](char const* name, idx rows) {
    std::ofstream out(j.path(name), std::ios::binary);
    bridge::npy_writer<std::int8_t> writer(out, {rows, 1});
    writer.append(std::vector<std::int8_t>(std::size_t(rows), 1)), writer.finish();
  };
  write("many.npy", 200000), write("wide.npy", 4000000);
  std::ofstream(j.path("pairs")) << "0\t0\n";
  ended const e = run(j, "many.npy wide.npy pairs -f npy -n 1 -o out --recall-queries 200000 --recall-at 1,4000000");
  INFO(e.err);
  CHECK((e.code == 1 && says(e.err, {"--recall-at 4000000", "200000 queries", "MB"})));
}
