// SPDX-License-Identifier: BSD-3-Clause
// The graph: a synset of WordNet and all that is below it, joined within two steps of the hypernym relation; with labels.
#pragma once

#include "../wordnet/corpus.hpp"

namespace network {

using foil::idx;

struct nodes {
  std::vector<wordnet::synset> synsets;
  std::vector<idx> offsets{0}, ids;  ///< of each node: hypernyms and hyponyms, theirs, siblings; ascending, in CSR form
  std::vector<idx> labels;           ///< number of the lexicographer's file, counted from 0
  idx classes = 0;

  idx size() const { return idx(synsets.size()); }
  idx edges() const { return idx(ids.size()) / 2; }
};

/// Neighbours, and the neighbours of neighbours.
inline void join(nodes& g) {
  std::vector<std::vector<idx>> near(g.synsets.size());
  for (idx i = 0; i < g.size(); ++i)
    for (idx const up : g.synsets[std::size_t(i)].hypernyms) near[std::size_t(i)].push_back(up), near[std::size_t(up)].push_back(i);
  for (idx i = 0; i < g.size(); ++i) {
    std::vector<idx> mine = near[std::size_t(i)];
    for (idx const j : near[std::size_t(i)]) mine.insert(mine.end(), near[std::size_t(j)].begin(), near[std::size_t(j)].end());
    std::sort(mine.begin(), mine.end());
    mine.erase(std::unique(mine.begin(), mine.end()), mine.end());
    std::erase(mine, i);
    g.ids.insert(g.ids.end(), mine.begin(), mine.end());
    g.offsets.push_back(idx(g.ids.size()));
  }
}

/// Numbers the lexicographer's files that occur.
inline void label(nodes& g) {
  std::vector<idx> label_of(64, -1);
  for (wordnet::synset const& s : g.synsets) {
    idx& label = label_of.at(std::size_t(s.file));
    if (label < 0) label = g.classes++;
    g.labels.push_back(label);
  }
}

/// The first synset with that lemma before all others, and its descendants, numbered as WordNet lists them.
inline nodes below(std::string const& lemma, wordnet::corpus all) {
  auto const n = all.synsets.size();
  std::vector<std::vector<idx>> joined(n);
  std::vector<idx> number(n, -1), open;
  for (std::size_t i = 0; i < n; ++i) {
    for (idx const up : all.synsets[i].hypernyms) joined[std::size_t(up)].push_back(idx(i));
    if (open.empty() && (all.synsets[i].lemmas + ',').starts_with(lemma + ',')) open.push_back(idx(i));
  }
  foil::require(!open.empty(), "graph: no noun's first lemma is ", lemma);
  for (number[std::size_t(open[0])] = 0; !open.empty();) {
    auto const up = std::size_t(open.back());
    open.pop_back();
    for (idx const down : joined[up])
      if (number[std::size_t(down)] < 0) number[std::size_t(down)] = 0, open.push_back(down);
  }
  nodes out;
  for (std::size_t i = 0; i < n; ++i)
    if (number[i] == 0) number[i] = out.size(), out.synsets.push_back(all.synsets[i]);
  for (wordnet::synset& s : out.synsets) {  // from numbers in WordNet to numbers of nodes
    std::erase_if(s.hypernyms, [&](idx up) { return number[std::size_t(up)] < 0; });
    for (idx& up : s.hypernyms) up = number[std::size_t(up)];
  }
  join(out);
  label(out);
  return out;
}

}  // namespace network
