// SPDX-License-Identifier: BSD-3-Clause
// What WordNet's own graph says of two synsets: how close a mined negative is to the true sense.
#pragma once

#include "corpus.hpp"

namespace wordnet {

/// Whether two ascending lists share a number.
inline bool meet(std::vector<idx> const& a, std::vector<idx> const& b) {
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (*i == *j) return true;
    if (*i < *j)
      ++i;
    else
      ++j;
  }
  return false;
}

inline bool holds(std::vector<idx> const& list, idx id) { return std::binary_search(list.begin(), list.end(), id); }

/// Two senses of one word: what a hard negative should be, unless the graph also calls them related.
inline bool same_lemma(corpus const& c, idx a, idx b) { return meet(c.at(a).words, c.at(b).words); }

/// One is the hypernym of the other, they have a hypernym in common (siblings), or they are marked similar.
inline bool related(corpus const& c, idx a, idx b) {
  synset const &x = c.at(a), &y = c.at(b);
  return holds(x.hypernyms, b) || holds(y.hypernyms, a) || meet(x.hypernyms, y.hypernyms) || holds(x.alike, b) || holds(y.alike, a) ||
         meet(x.alike, y.alike);
}

}  // namespace wordnet
