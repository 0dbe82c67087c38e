// SPDX-License-Identifier: BSD-3-Clause
// Mining: the hardest documents of every training sentence under the model as it is, and what the graph says of them.
#pragma once

#include "graph.hpp"
#include "training.hpp"

namespace wordnet {

/// The recipe's number of negatives per sentence, out of all synsets, behind any of foil's filters. The window is the
/// whole corpus: a sentence whose synset is far down still gets its full number from below a margin.
template <class... Filter>
mined mine(task const& t, recipe const& r, model const& m, progress& bar, Filter... filters) {
  matrix const q = m.texts.forward(t.train.texts);
  matrix const d = m.texts.forward(t.documents);
  auto const candidates = foil::pool::bank(d, foil::roles::listed{t.train.offsets, t.train.truth}, filters...);
  foil::mine_options how{.negatives = r.mined, .range_max = foil::whole_corpus};
  how.executor = foil::threads(m.texts.threads);
  how.progress = bar;
  return foil::mine(q, candidates, how, foil::similarity::cosine{});
}

/// Shares of all mined negatives.
struct verdict {
  double related = 0;     ///< the graph links it to the true synset: a false negative, or near one
  double same_lemma = 0;  ///< another sense of a word of the true synset: what the task is about
  double both = 0;        ///< a sense of the same word that the graph links: surely too close to call wrong
};

inline verdict judge(task const& t, mined const& hard) {
  idx count = 0, related_count = 0, lemma_count = 0, both_count = 0;
  for (idx i = 0; i < hard.rows; ++i)
    for (idx k = 0; k < hard.counts[std::size_t(i)]; ++k) {
      idx const a = t.train.truth[std::size_t(i)], b = hard.ids[std::size_t(i * hard.per_row + k)];
      bool const close = related(t.wordnet, a, b), word = same_lemma(t.wordnet, a, b);
      ++count, related_count += close, lemma_count += word, both_count += close && word;
    }
  double const all = double((std::max)(count, idx(1)));
  return {double(related_count) / all, double(lemma_count) / all, double(both_count) / all};
}

}  // namespace wordnet
