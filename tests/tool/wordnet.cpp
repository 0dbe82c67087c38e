// SPDX-License-Identifier: BSD-3-Clause
// examples/mine on real text: senses of WordNet and the sentences of their glosses, embedded by examples/wordnet's encoder in as many
// numbers as small sentence encoders have. Debian: wordnet-base; FOIL_WORDNET names another folder that holds data.noun.
#include "../../examples/wordnet/encoder.hpp"
#include "../../examples/wordnet/task.hpp"
#include "foil/bridge/training_lines.hpp"
#include "program.hpp"

using namespace foil;
using bridge::passage;

namespace {

/// The first senses with their lemmas and definitions, and their sentences; positives: the sense and what stands one step above it.
struct senses : folder {
  static constexpr idx columns = 4000, dim = 384;
  wordnet::corpus nouns;
  std::vector<wordnet::sentence> sentences;
  std::vector<idx> offsets{0}, ids;
  foil::matrix<float> q, c;

  explicit senses(std::string const& data) : nouns(wordnet::read_nouns(data)) {
    wordnet::features documents, queries;
    for (idx j = 0; j < columns; ++j) {
      documents.add(nouns.at(j).lemmas, wordnet::lemma_weight);
      documents.add(nouns.at(j).definition, 1);
      documents.close();
    }
    for (wordnet::sentence const& s : nouns.sentences) {
      if (s.synset >= columns) continue;
      sentences.push_back(s);
      queries.add(s.text, 1);
      queries.close();
      ids.push_back(s.synset);
      for (idx const up : nouns.at(s.synset).hypernyms)
        if (up < columns) ids.push_back(up);
      offsets.push_back(idx(ids.size()));
    }
    std::vector<float> const factor = wordnet::rarity(documents);
    documents.scale(factor), queries.scale(factor);
    wordnet::encoder const encode(dim, 1, 2);
    q = encode.forward(queries), c = encode.forward(documents);
    write();
  }

  passage query(idx i) const { return {"q" + std::to_string(i), "", sentences[std::size_t(i)].text}; }
  passage document(idx j) const { return {"d" + std::to_string(j), "", nouns.at(j).text()}; }

 private:
  void write() const {
    bridge::write_npy(path("q.npy"), q);
    bridge::write_npy(path("c.npy"), c);
    std::ofstream positives(path("qrels")), queries(path("queries.tsv")), documents(path("corpus.tsv"));
    for (idx i = 0; i < q.rows(); ++i) {
      queries << query(i).id << "\t" << query(i).text << "\n";
      for (idx p = offsets[std::size_t(i)]; p < offsets[std::size_t(i) + 1]; ++p)
        positives << "q" << i << " 0 d" << ids[std::size_t(p)] << " 1\n";
    }
    for (idx j = 0; j < columns; ++j) documents << document(j).id << "\t" << document(j).text << "\n";
  }
};

}  // namespace

TEST_CASE("tool: on WordNet it writes the lists of foil::mine", "[.wordnet]") {
  char const* const told = std::getenv("FOIL_WORDNET");
  std::string const data = told != nullptr ? told : "/usr/share/wordnet";
  if (!fs::exists(data + "/data.noun")) {
    WARN("SKIPPED: there is no " << data << "/data.noun (Debian: wordnet-base)");
    return;
  }
  senses const s(data);
  REQUIRE(s.q.rows() > 1000);
  std::string const files = "q.npy c.npy qrels --query-texts queries.tsv --corpus-texts corpus.tsv ";
  auto const found = [&](mine_options const& o, auto similarity, auto const&... filter) {
    return mine(s.q, pool::bank(s.c, roles::listed(s.offsets, s.ids), filter...), o, similarity);
  };
  auto const hard = found({.negatives = 10}, similarity::cosine{}, bias::relative_margin{.margin = 0.05});
  CHECK((hard.short_rows > 0 && hard.dropped[0].dropped > 0 && hard.dropped[1].dropped > 0));
  same_as(s, hard, files + "-n 10 --relative-margin 0.05", 1500);
  same_as(s,
          found({.negatives = 3, .range_max = whole_corpus, .sampling = sampling::uniform{}, .seed = 4}, similarity::dot{},
                bias::absolute_margin{.margin = 0.1}),
          files + "-n 3 --range-max all --sampling uniform --seed 4 -s dot --absolute-margin 0.1", 1500);
  std::ostringstream lines;
  bridge::training_lines<float> writer(lines, bridge::dialect::triplet, false, bridge::invalid_utf8::replace);
  writer.write(
      hard, [&](idx i) { return s.query(i); }, [&](idx j) { return s.document(j); });
  ended const e = run(s, files + "-n 10 --relative-margin 0.05 --replace-invalid-utf8 -o triplets.jsonl");
  INFO(e.err);
  CHECK((e.code == 0 && content(s.path("triplets.jsonl")) == lines.str()));
}
