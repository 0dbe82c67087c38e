// SPDX-License-Identifier: BSD-3-Clause
// The options as a command line, with a help that reads like a manual page.
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <foil/bridge/text_lines.hpp>
#include <limits>
#include <map>

#include "options.hpp"

namespace miner {

/// Names of the values of an enumeration.
template <class E>
using names = std::map<std::string, E>;

/// Help whose descriptions are paragraphs.
struct manual_page : CLI::Formatter {
  static constexpr std::size_t width = 88;  ///< of the descriptions
  std::string make_option_desc(CLI::Option const* option) const override {
    std::string text = CLI::Formatter::make_option_desc(option);
    for (std::size_t start = 0; text.size() - start > width;) {
      std::size_t const blank = text.rfind(' ', start + width);
      if (blank == text.npos || blank <= start) break;
      text[blank] = '\n';
      start = blank + 1;
    }
    return text;
  }
};

class command_line {
 public:
  explicit command_line(options& o) : o_(o) {
    app_.name("mine");
    app_.formatter(std::make_shared<manual_page>());
    app_.get_formatter()->column_width(30);
    app_.set_help_flag("-h,--help", "This page");
    app_.footer(footer);
    input(), output(), mining(), filters(), job();
  }

  /// Returns false where the program ends here (help or a wrong command line), with its exit code.
  bool parse(int count, char** arguments, int& code) {
    try {
      app_.parse(count, arguments);
    } catch (CLI::ParseError const& e) {
      code = app_.exit(e) == 0 ? 0 : 2;
      return false;
    }
    try {
      settle();
    } catch (foil::error const& e) {
      std::fprintf(stderr, "mine: %s\n", std::string(foil::without_name(e.what())).c_str());
      code = 2;
      return false;
    }
    return true;
  }

 private:
  void input() {
    auto const file = [&](char const* name, std::string& to, char const* text, char const* group = "Input") {
      return app_.add_option(name, to, text)->type_name("FILE")->group(group);
    };
    file("QUERIES", o_.queries, "Embeddings of the queries, .npy [queries, dim]: float16, float32, float64, or int8 with scales")
        ->required();
    file("CORPUS", o_.corpus, "Embeddings of the documents, .npy [documents, dim]; mapped, not read into memory")->required();
    file("POSITIVES", o_.positives,
         "Who is whose positive: TREC qrels (query 0 document grade), TSV (query document [grade]) or JSON lines "
         "({\"query-id\", \"corpus-id\", \"score\"} or {\"query_id\", \"positive_document_ids\"})");
    file("--query-texts", o_.query_texts, "Texts of the queries: JSON lines {\"_id\", \"text\"} or TSV (id, text)");
    file("--corpus-texts", o_.corpus_texts, "Texts of the documents: JSON lines {\"_id\", \"title\", \"text\"} or TSV (id, [title,] text)");
    file("--query-ids", o_.query_ids,
         "Ids of the rows of the queries, one per line. Without it, row i is the i-th of the texts; without texts, its id is i");
    file("--corpus-ids", o_.corpus_ids, "The same of the corpus");
    file("--query-scales", o_.query_scales, "Of int8 queries: .npy float32 [queries], by which a row is multiplied (default: 1)");
    file("--corpus-scales", o_.corpus_scales, "Of an int8 corpus");
    app_.add_option("--least-grade", o_.least_grade, "Lowest grade that makes a positive")->capture_default_str()->group("Input");
    app_.add_flag("--skip-unknown", o_.skip_unknown,
                  "Leave out positives and pairs of --exclude whose ids have no row, and count them, instead of stopping")
        ->group("Input");
  }
  void output() {
    app_.add_option("-o,--out", o_.out, "File to write; with --format npy the beginning of three names")
        ->required()
        ->type_name("FILE")
        ->group("Output");
    names<int> formats{{"npy", -1}};
    for (std::size_t k = 0; k < foil::bridge::dialect_names.size(); ++k) formats[foil::bridge::dialect_names[k]] = int(k);
    app_.add_option_function<std::string>(
            "-f,--format",
            [this, formats](std::string const& name) {
              int const k = formats.at(name);
              if (k < 0)
                o_.dialect.reset();
              else
                o_.dialect = foil::bridge::dialect(k);
            },
            "triplet, n-tuple, labelled-pair, labelled-list (sentence-transformers), flag-embedding, tevatron: JSON lines, see FORMATS. "
            "npy: FILE.ids.npy, FILE.scores.npy, FILE.ranks.npy [rows, negatives]")
        ->check(CLI::IsMember(formats).description(""))
        ->type_name("NAME")
        ->default_str("triplet")
        ->group("Output");
    app_.add_flag("--scores", o_.scores, "Add the scores of positives and negatives to every line")->group("Output");
    app_.add_flag("--replace-invalid-utf8", o_.replace_invalid, "Write U+FFFD for bytes that are not UTF-8, instead of stopping")
        ->group("Output");
    app_.add_flag("--overwrite", o_.overwrite, "Replace FILE if it is there")->group("Output");
  }
  void mining() {
    auto const group = "Mining";
    auto& m = o_.mining;
    whole("-n,--negatives", m.negatives, idx(1), "Negatives per row", group);
    choose("-s,--similarity", o_.similarity, {{"cosine", metric::cosine}, {"dot", metric::dot}, {"euclidean", metric::euclidean}},
           "cosine, dot, or euclidean (minus the distance)", "cosine", group);
    whole("--range-min", m.range_min, idx(0), "First rank that is taken, from 0", group);
    app_.add_option(
            "--range-max", o_.range_max,
            "First rank that is not taken. auto: range-min + negatives + the most positives of a query, with ten times the negatives "
            "where a filter may drop many. all: as deep as it takes to fill the row")
        ->capture_default_str()
        ->group(group);
    choose("--stage", m.stage, {{"after-filter", foil::range_stage::after_filter}, {"before-filter", foil::range_stage::before_filter}},
           "What ranks count: after-filter, survivors of the filters (sentence-transformers); before-filter, all documents (FlagEmbedding)",
           "after-filter", group);
    app_.add_option("--sampling", o_.sampling, "Which survivors of the window are taken: top, uniform, softmax")
        ->type_name("NAME")
        ->check(CLI::IsMember({"top", "uniform", "softmax"}).description(""))
        ->capture_default_str()
        ->group(group);
    app_.add_option("--temperature", o_.temperature, "Of softmax sampling: in proportion to e^(score / temperature)")
        ->capture_default_str()
        ->group(group);
    using foil::mining::shortage;
    choose("--shortage", m.shortage,
           {{"keep-short", shortage::keep_short},
            {"drop-query", shortage::drop_query},
            {"fill-random", shortage::fill_random},
            {"fill-deeper", shortage::fill_deeper},
            {"repeat", shortage::repeat},
            {"error", shortage::error}},
           "Rows with fewer survivors than negatives: keep-short, drop-query, fill-random (from the whole corpus), fill-deeper (from "
           "behind the "
           "window), repeat, error",
           "keep-short", group);
    app_.add_flag("--include-positives", m.include_positives,
                  "Positives stay candidates, but for bounds and margins; with --format npy: for a look at the full ranking")
        ->group(group);
    whole("--seed", m.seed, decltype(m.seed)(0), "Of all draws", group);
    whole("--epoch", m.epoch, decltype(m.epoch)(0), "Another epoch gives other draws of the same seed", group);
    choose("--bad-rows", m.bad_rows, {{"refuse", foil::bad_rows::refuse}, {"skip", foil::bad_rows::skip}},
           "Embeddings with a NaN or an infinity: refuse, or skip and count", "refuse", group);
  }
  void filters() {
    auto const group = "Filters (in the order in which they act; the report counts what each was the first to drop)";
    auto const file = [&](char const* name, std::string& to, char const* text) {
      app_.add_option(name, to, text)->type_name("FILE")->group(group);
    };
    app_.add_flag("--exclude-same-id", o_.exclude_same_id, "Documents that have the query's own id")->group(group);
    file("--exclude", o_.exclude, "Pairs listed in a file as of positives, of any grade");
    file("--mask", o_.mask, "Pairs that are 0 in .npy [queries, documents] of bool or uint8");
    file("--query-labels", o_.query_labels, "Documents with the query's label: .npy int32 or int64 [queries], and");
    file("--corpus-labels", o_.corpus_labels, "[documents]");
    app_.add_option("--min-score", o_.min_score, "Documents that score lower")->group(group);
    app_.add_option("--max-score", o_.max_score, "Documents that score higher")->group(group);
    app_.add_option("--absolute-margin", o_.absolute_margin, "Documents with score > positive - MARGIN")->type_name("MARGIN")->group(group);
    app_.add_option("--relative-margin", o_.relative_margin,
                    "Documents with score > positive - |positive| MARGIN; 0.05 is 95 % of the positive")
        ->type_name("MARGIN")
        ->group(group);
    choose("--margin-of", o_.margin_of,
           {{"lowest", foil::reference::lowest}, {"highest", foil::reference::highest}, {"each", foil::reference::each}},
           "Which positive of a query margins refer to: lowest, highest; each: a row of its own for every positive", "lowest", group);
    app_.add_option("--near-duplicate", o_.near_duplicate, "Documents whose cosine to a positive of the query is at least COSINE")
        ->type_name("COSINE")
        ->group(group);
    file("--guide-queries", o_.guide_queries,
         "Documents that a second model finds nearer to the query than its lowest positive (GISTEmbed): its embeddings, and");
    file("--guide-corpus", o_.guide_corpus, "of the documents");
    app_.add_option("--guide-margin", o_.guide_margin, "Taken from the guide's score of the positive")->capture_default_str()->group(group);
  }
  void job() {
    auto const group = "Job";
    app_.add_option("-j,--threads", o_.threads, "Threads; 0: as many as processors. The result is the same for any number")
        ->capture_default_str()
        ->group(group);
    whole("--block", o_.block, idx(1), "Queries that are mined and kept at a time; an interruption loses at most one block", group);
    app_.add_option(
            "--corpus-rows", o_.corpus_rows,
            "Documents that are looked at together: a corpus of more is read in blocks of so many, each once for every 4096 queries. "
            "auto: all, if they take no more than half of the memory, else what fits an eighth; of several processes, each of its part. "
            "The result is the same for any number")
        ->capture_default_str()
        ->group(group);
    app_.add_flag("--restart", o_.restart, "Forget what an interrupted job has done")->group(group);
    whole("--recall-queries", o_.recall_queries, idx(0), "Recall is measured on so many queries, drawn at random; 0: not at all", group);
    app_.add_option_function<std::string>(
            "--recall-at",
            [this](std::string const& list) {
              o_.recall_at.clear();
              for (std::string_view const rank : foil::bridge::split(list, ','))
                o_.recall_at.push_back(number<idx>(rank, "--recall-at", 1));
            },
            "Ranks for recall, between commas")
        ->type_name("INT,...")
        ->default_str("1,10,100")
        ->group(group);
  }

  /// The whole text as a number of at least `least` that T can hold.
  template <class T>
  static T number(std::string_view text, std::string const& option, T least) {
    using limits = std::numeric_limits<T>;
    T n{};
    auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (fault != std::errc() || end != text.data() + text.size() || n < least)
      throw CLI::ValidationError(option, "wanted is a whole number in " + std::to_string(least) + " .. " + std::to_string((limits::max)()) +
                                             ", got " + std::string(text));
    return n;
  }
  template <class T>
  void whole(char const* name, T& to, T least, char const* text, char const* group) {
    app_.add_option_function<std::string>(
            name, [&to, name, least](std::string const& s) { to = number<T>(s, name, least); }, text)
        ->type_name(std::is_signed_v<T> ? "INT" : "UINT")
        ->default_str(std::to_string(to))
        ->group(group);
  }

  template <class E>
  void choose(char const* name, E& to, names<E> const& values, char const* text, char const* standard, std::string const& group) {
    app_.add_option_function<std::string>(
            name, [&to, values](std::string const& s) { to = values.at(s); }, text)
        ->check(CLI::IsMember(values).description(""))
        ->type_name("NAME")
        ->default_str(standard)
        ->group(group);
  }

  /// What several options say together.
  void settle() {
    auto& m = o_.mining;
    using foil::require;
    auto const at_least_1 = [](std::string const& text, char const* option, char const* words) {
      idx n = 0;
      auto const [end, fault] = std::from_chars(text.data(), text.data() + text.size(), n);
      require(fault == std::errc() && end == text.data() + text.size() && n >= 1, option, " must be ", words, " or a whole number in 1 .. ",
              foil::whole_corpus, ", got ", text);
      return n;
    };
    if (o_.range_max == "all") {
      m.range_max = foil::whole_corpus;
    } else if (o_.range_max != "auto") {
      m.range_max = at_least_1(o_.range_max, "--range-max", "auto, all");
    }
    if (o_.corpus_rows != "auto") o_.at_a_time = at_least_1(o_.corpus_rows, "--corpus-rows", "auto");
    if (o_.sampling == "uniform") m.sampling = foil::sampling::uniform{};
    if (o_.sampling == "softmax") m.sampling = foil::sampling::softmax{.temperature = o_.temperature};
    require(o_.range_max == "auto" || (m.range_max > m.range_min && m.range_max - m.range_min >= m.negatives), "--range-max ", o_.range_max,
            " with --range-min ", m.range_min, " leaves fewer ranks than --negatives ", m.negatives);
    if (o_.sampling == "softmax") foil::check_option("--temperature", "FLOAT", o_.temperature, foil::range::temperature);
    foil::check_options("mine", m);
    namespace bias = foil::bias;
    if (o_.min_score) foil::check_options("--min-score", bias::min_score{*o_.min_score});
    if (o_.max_score) foil::check_options("--max-score", bias::max_score{*o_.max_score});
    if (o_.absolute_margin) foil::check_options("--absolute-margin", bias::absolute_margin{*o_.absolute_margin});
    if (o_.relative_margin) foil::check_options("--relative-margin", bias::relative_margin{*o_.relative_margin});
    if (o_.near_duplicate) foil::check_option("--near-duplicate", "COSINE", *o_.near_duplicate, {-1, 1, true});
    require(app_.count("--temperature") == 0 || o_.sampling == "softmax", "--temperature is of --sampling softmax");
    require(app_.count("--margin-of") == 0 || o_.absolute_margin || o_.relative_margin,
            "--margin-of is of --absolute-margin and --relative-margin, of which none is given");
    require(app_.count("--guide-margin") == 0 || !o_.guide_queries.empty(),
            "--guide-margin is of a guide: --guide-queries, --guide-corpus");
    foil::check_option("--guide-margin", "MARGIN", o_.guide_margin, foil::range::either_sign);
    require(o_.threads >= 0 && o_.threads <= 4096, "--threads must be in 0 .. 4096, got ", o_.threads);
    require(o_.query_labels.empty() == o_.corpus_labels.empty(), "--query-labels and --corpus-labels belong together");
    require(o_.guide_queries.empty() == o_.guide_corpus.empty(), "--guide-queries and --guide-corpus belong together");
    if (!o_.dialect) {
      require(!o_.scores, "--scores is for JSON lines; --format npy always has them");
      return;
    }
    require(!m.include_positives, "--include-positives is for --format npy: lines would hold positives among the negatives");
    require(!o_.positives.empty(), "JSON lines need a file of positives (or ask for --format npy)");
    require(!o_.query_texts.empty() && !o_.corpus_texts.empty(),
            "JSON lines need --query-texts and --corpus-texts (or ask for --format npy)");
    require(*o_.dialect != foil::bridge::dialect::tevatron || !o_.scores, "--scores: lines for Tevatron hold no scores");
  }

  static constexpr char const* footer = R"(
EXAMPLE
  mine queries.npy corpus.npy qrels.tsv --query-texts queries.jsonl --corpus-texts corpus.jsonl -n 5 --relative-margin 0.05 -o train.jsonl
  then, in Python: datasets.load_dataset("json", data_files="train.jsonl")

FORMATS (a JSON object per line; with --scores also what stands in brackets)
  triplet         anchor, positive, negative [scores]; a line for each positive and negative
  n-tuple         anchor, positive, negative_1 .. negative_n [scores]; a line for each positive of rows with all n negatives
  labelled-pair   anchor, positive, label 1 or 0 [score in its place]
  labelled-list   anchor, positive: [positive, negatives ...], labels [scores in their place]
  flag-embedding  query, pos: [...], neg: [...] [pos_scores, neg_scores]
  tevatron        query_id, query, positive_passages and negative_passages: [{docid, title, text} ...]
  npy             ids: rows of the corpus, -1 where there are no more; scores: float32 or float64; ranks among all documents, before any filter,
                  -1 for what a shortage policy added. With --margin-of each also FILE.queries.npy, the query of each row.
  Rows without a positive or without a negative become no lines; the report counts them. Titles stand before texts, but in Tevatron's lines.

EXACTNESS
  Lists are exact: by score, ties to the lower row, the same for any number of threads, blocks and interruptions, on every processor.

INTERRUPTIONS
  Finished blocks are kept in the folder FILE.parts with a manifest of the options and hashes of all inputs. The same command goes on where
  it was stopped (Ctrl-C, a crash, a full disk); the file is then, byte for byte, that of an undisturbed run. It appears when it is complete.
  Another command, or changed inputs, are refused while that folder is there, unless --restart is given.

MEMORY
  Resident are one block of queries, the ids, the places of texts, 8 bytes a document, and a tile and windows of ranks per block. The corpus,
  masks, texts and a guide of the same type are mapped: the system keeps what fits of them. A corpus that does not fit is read in blocks
  (--corpus-rows), one after the other: once for its hash, once to look for numbers that are none, once for every 4096 queries (fewer
  where windows are deeper), and once for recall; once more where a filter leaves rows short of --range-max all. Beside that are up to
  256 MB of documents in 8 bits. Single rows are read by --near-duplicate, a guide and
  --shortage fill-random. A corpus in Fortran order is copied; so are a float16 or int8 corpus for --near-duplicate, one
  of which --bad-rows leaves some out, and a guide of another type than the scores.

SEVERAL PROCESSES
  examples/run mine --ranks 4 ..., or mpirun -n 4 mine_ranks ...: each reads and ranks its part of the corpus, in blocks where its part of
  the memory does not hold it, on its part of the threads; the first writes the file, which is the same. All need the input files at the
  same paths. Interruptions are noticed between blocks.

EXIT STATUS
  0 done; 1 an error, said on stderr; 2 a wrong command line, or an output that is there already; 130 interrupted, the same command goes on.
)";

  options& o_;
  CLI::App app_{
      "Mines hard negatives: embeddings in .npy files in, training files out.\n"
      "For every query the documents that score highest and are none of its positives, behind filters against false negatives."};
};

}  // namespace miner
