// SPDX-License-Identifier: BSD-3-Clause
// The corpus: WordNet's synsets as documents, the quoted sentences of their glosses as queries, and its graph.
#pragma once

#include <algorithm>
#include <cstdint>
#include <foil/foil.hpp>
#include <fstream>
#include <unordered_map>

#include "gloss.hpp"

namespace wordnet {

using foil::idx;

/// One sense: what a document is.
struct synset {
  std::string lemmas;          ///< "car, auto, automobile"
  std::string definition;      ///< the gloss without its sentences
  int file = 0;                ///< the lexicographer's file: 5 is noun.animal, 13 noun.food (lexnames(5WN))
  std::vector<idx> words;      ///< numbers of its lemmas, ascending
  std::vector<idx> hypernyms;  ///< synsets one step up (also the class of an instance), ascending
  std::vector<idx> alike;      ///< similar adjectives, verbs of the same group, ascending

  std::string text() const { return lemmas + ": " + definition; }
};

/// One usage example, and the synset whose gloss quotes it: a query and its document.
struct sentence {
  std::string text;
  idx synset;
};

struct corpus {
  std::vector<synset> synsets;
  std::vector<sentence> sentences;

  synset const& at(idx i) const { return synsets[std::size_t(i)]; }
};

/// Reads WordNet's database files line by line; format: wndb(5WN).
class reader {
 public:
  corpus all;

  void read(std::string const& path) {
    std::ifstream file(path);
    foil::require(bool(file), "wordnet: cannot read ", path, " (on Debian it is in the package wordnet-base)");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("  ")) continue;  // the licence
      std::size_t const bar = line.find('|');
      foil::require(bar != line.npos, "wordnet: a line without a gloss in ", path);
      rest_ = std::string_view(line).substr(0, bar);
      gloss g(std::string_view(line).substr(bar + 1));
      auto const id = idx(all.synsets.size());
      for (std::string& s : g.sentences) all.sentences.push_back({std::move(s), id});
      read_synset(id);
      all.synsets.back().definition = std::move(g.definition);
    }
  }

  /// Turns pointers, which name offsets in files, into numbers of synsets.
  corpus finish() {
    for (pointer const& p : pointers_) {
      synset& s = all.synsets[std::size_t(p.from)];
      (p.kind == '@' ? s.hypernyms : s.alike).push_back(synset_at_.at(p.to));
    }
    for (synset& s : all.synsets) {
      std::sort(s.words.begin(), s.words.end());
      std::sort(s.hypernyms.begin(), s.hypernyms.end());
      std::sort(s.alike.begin(), s.alike.end());
    }
    return std::move(all);
  }

 private:
  struct pointer {
    idx from;
    char kind;
    std::string to;
  };

  std::string_view next() {
    std::size_t const end = (std::min)(rest_.find(' '), rest_.size());
    std::string_view const word = rest_.substr(0, end);
    rest_.remove_prefix((std::min)(end + 1, rest_.size()));
    return word;
  }
  int number(int base) { return std::stoi(std::string(next()), nullptr, base); }
  /// "n02958343"; satellite adjectives (s) live in the file of adjectives (a).
  static std::string place(std::string_view part, std::string_view offset) {
    return (part == "s" ? "a" : std::string(part)) + std::string(offset);
  }

  void read_synset(idx id) {
    synset& s = all.synsets.emplace_back();
    std::string_view const offset = next();
    s.file = number(10);
    synset_at_.emplace(place(next(), offset), id);
    for (int n = number(16); n > 0; --n) {
      std::string lemma(next());
      next();                                                  // the sense number
      lemma.erase((std::min)(lemma.find('('), lemma.size()));  // the syntactic mark: (a), (p), (ip)
      std::replace(lemma.begin(), lemma.end(), '_', ' ');
      s.lemmas += (s.lemmas.empty() ? "" : ", ") + lemma;
      for (char& c : lemma) c = c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
      s.words.push_back(words_.emplace(lemma, idx(words_.size())).first->second);
    }
    for (int n = number(10); n > 0; --n) {
      char const kind = next()[0];
      std::string_view const to = next(), part = next();
      next();  // which of the lemmas point at each other
      if (kind == '@' || kind == '&' || kind == '$') pointers_.push_back({id, kind, place(part, to)});
    }
  }

  std::string_view rest_;  // of the line being read
  std::vector<pointer> pointers_;
  std::unordered_map<std::string, idx> synset_at_, words_;
};

/// The nouns alone.
inline corpus read_nouns(std::string const& folder) {
  reader r;
  r.read(folder + "/data.noun");
  return r.finish();
}

/// All of WordNet, from the folder that holds data.noun, data.verb, data.adj and data.adv.
inline corpus read_corpus(std::string const& folder) {
  reader r;
  for (char const* part : {"noun", "verb", "adj", "adv"}) r.read(folder + "/data." + part);
  return r.finish();
}

}  // namespace wordnet
