// SPDX-License-Identifier: BSD-3-Clause
// What WordNet's graph says of mined negatives.
#pragma once

#include "graph.hpp"
#include "negatives.hpp"

namespace wordnet {

/// Shares of all mined negatives.
struct verdict {
  double related = 0;     ///< the graph links it to the true synset: a false negative, or near one
  double same_lemma = 0;  ///< another sense of a word of the true synset: what the task is about
  double both = 0;        ///< a sense of the same word that the graph links: surely too close to call wrong
};

inline verdict judge(task const& t, mined const& hard) {
  idx count = 0, related_count = 0, lemma_count = 0, both_count = 0;
  for (idx i = 0; i < hard.rows; ++i)
    for (idx k = 0; k < hard.count(i); ++k) {
      idx const a = t.train.truth[std::size_t(i)], b = hard.id(i, k);
      bool const close = related(t.wordnet, a, b), word = same_lemma(t.wordnet, a, b);
      ++count, related_count += close, lemma_count += word, both_count += close && word;
    }
  double const all = double((std::max)(count, idx(1)));
  return {double(related_count) / all, double(lemma_count) / all, double(both_count) / all};
}

}  // namespace wordnet
