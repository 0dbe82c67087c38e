// SPDX-License-Identifier: BSD-3-Clause
// Lists of negatives for every training sentence: the hardest documents under a model as it is, or random ones.
#pragma once

#include "graph.hpp"
#include "training.hpp"

namespace wordnet {

/// foil::mine out of all synsets, behind any of foil's filters; the model's threads.
template <class... Filter>
mined mine(task const& t, model const& m, foil::mine_options how, progress& bar, Filter... filters) {
  matrix const q = m.texts.forward(t.train.texts);
  matrix const d = m.texts.forward(t.documents);
  auto const candidates = foil::pool::bank(d, foil::roles::listed{t.train.offsets, t.train.truth}, filters...);
  how.executor = foil::threads(m.texts.threads);
  how.progress = bar;
  return foil::mine(q, candidates, how, foil::similarity::cosine{});
}

/// Drops what WordNet's graph links to the true synset: the best that a filter could know.
inline auto unrelated(task const& t) {
  return foil::bias::per_pair([&t](auto const& pair) {
    return related(t.wordnet, t.train.truth[std::size_t(pair.row)], pair.column) ? foil::log_zero<float> : 0.0f;
  });
}

/// Lists of the same size out of all synsets, each as likely as any other.
inline mined random_lists(task const& t, recipe const& r) {
  mined out;
  out.rows = idx(t.train.truth.size()), out.per_row = r.mined;
  out.counts.assign(t.train.truth.size(), r.mined);
  for (idx i = 0; i < out.rows; ++i) {
    foil::random_stream draw(r.seed, foil::purpose::user, 1, std::uint64_t(i));
    for (idx k = 0; k < r.mined; ++k) {
      idx const other = draw.below(t.documents.rows() - 1);  // any but the true one
      out.ids.push_back(other + (other >= t.train.truth[std::size_t(i)]));
    }
  }
  return out;
}

/// The lists of both, one behind the other.
inline mined joined(mined const& a, mined const& b) {
  mined out;
  out.rows = a.rows, out.per_row = a.per_row + b.per_row;
  for (idx i = 0; i < a.rows; ++i) {
    for (mined const* m : {&a, &b})
      for (idx k = 0; k < m->count(i); ++k) out.ids.push_back(m->id(i, k));
    out.counts.push_back(a.count(i) + b.count(i));
    out.ids.resize(std::size_t((i + 1) * out.per_row), -1);
  }
  return out;
}

}  // namespace wordnet
