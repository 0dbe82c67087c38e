// SPDX-License-Identifier: BSD-3-Clause
// The task as files, for the tool mine and for whoever wants to look: embeddings, texts, positives.
#pragma once

#include <foil/bridge/json_string.hpp>
#include <foil/bridge/npy.hpp>
#include <fstream>

#include "training.hpp"

namespace wordnet {

/// Writes queries.npy, queries.jsonl (the training sentences), corpus.npy, corpus.jsonl (all synsets) and qrels.tsv; the folder exists.
inline void write_files(task const& t, model const& m, std::string const& folder) {
  foil::bridge::write_npy(folder + "/queries.npy", m.texts.forward(t.train.texts));
  foil::bridge::write_npy(folder + "/corpus.npy", m.texts.forward(t.documents));
  auto const write = [&](char const* name, idx n, auto const& line) {
    std::string const path = folder + "/" + name;
    std::ofstream out(path, std::ios::binary);
    for (idx i = 0; i < n; ++i) out << line(i);
    out.close();
    foil::require(bool(out), "wordnet: cannot write ", path);
  };
  auto const text = [](char const* kind, idx number, std::string const& words) {
    std::string s = "{\"_id\": \"" + (kind + std::to_string(number)) + "\", \"text\": ";
    foil::bridge::append_json_string(s, words, foil::bridge::invalid_utf8::replace);
    return s + "}\n";
  };
  auto const& sentences = t.train.all;
  idx const n = idx(sentences.size());
  write("queries.jsonl", n, [&](idx i) { return text("q", i, sentences[std::size_t(i)].text); });
  write("corpus.jsonl", t.documents.rows(), [&](idx j) { return text("d", j, t.wordnet.at(j).text()); });
  write("qrels.tsv", n, [&](idx i) { return "q" + std::to_string(i) + "\td" + std::to_string(t.train.truth[std::size_t(i)]) + "\t1\n"; });
}

}  // namespace wordnet
