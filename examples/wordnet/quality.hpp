// SPDX-License-Identifier: BSD-3-Clause
// How well sentences find their synsets: exact ranks among all documents.
#pragma once

#include <Eigen/Core>

#include "encoder.hpp"

namespace wordnet {

struct quality {
  double recall_1 = 0, recall_10 = 0, recall_100 = 0, reciprocal_rank = 0;
};

/// Scores every query with every document by cosine, with Eigen's product and nothing of foil's, so that the
/// measure does not depend on what it measures. A tie counts against the true document.
inline quality measure(matrix const& queries, matrix const& documents, std::span<sentence const> truth, int threads) {
  matrix const unit = documents.rowwise().normalized();
  std::vector<idx> ranks(truth.size());
  run_pieces(threads, queries.rows(), [&](idx first, idx last) {
    matrix scores;
    for (idx start = first; start < last; start += 64) {
      scores.noalias() = queries.middleRows(start, (std::min)(idx(64), last - start)) * unit.transpose();
      for (idx i = 0; i < scores.rows(); ++i) {
        auto const at = std::size_t(start + i);
        ranks[at] = (scores.row(i).array() >= scores(i, truth[at].synset)).count();
      }
    }
  });
  quality q;
  double const share = 1 / double(ranks.size());
  for (idx const rank : ranks) {
    q.recall_1 += rank <= 1 ? share : 0;
    q.recall_10 += rank <= 10 ? share : 0;
    q.recall_100 += rank <= 100 ? share : 0;
    q.reciprocal_rank += share / double(rank);
  }
  return q;
}

}  // namespace wordnet
