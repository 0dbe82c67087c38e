// SPDX-License-Identifier: BSD-3-Clause
// How well sentences find their synsets: exact ranks among all documents, and the measures of a rank.
#pragma once

#include <foil/metric.hpp>

#include <Eigen/Core>

#include "encoder.hpp"

namespace wordnet {

/// One row per sentence: 1 where its synset is the first, among the first 10, among the first 100, else 0; and 1 / its rank.
using quality = Eigen::Array<double, Eigen::Dynamic, 4, Eigen::RowMajor>;
inline char const* const quality_names[] = {"R@1", "R@10", "R@100", "MRR"};

/// Scores every query with every document by cosine, with Eigen's product and not foil's, so that the measure does not
/// depend on what it measures. A tie counts against the true document, the one that is relevant.
inline quality measure(matrix const& queries, matrix const& documents, std::span<idx const> truth, int threads) {
  matrix const unit = documents.rowwise().normalized();
  quality out(queries.rows(), 4);
  run_pieces(threads, queries.rows(), [&](idx first, idx last) {
    matrix scores;
    for (idx start = first; start < last; start += 64) {
      scores.noalias() = queries.middleRows(start, (std::min)(idx(64), last - start)) * unit.transpose();
      for (idx i = 0; i < scores.rows(); ++i) {
        idx const rank = (scores.row(i).array() >= scores(i, truth[std::size_t(start + i)])).count();
        foil::metrics::hit const found[] = {{.rank = rank, .grade = 1}};
        idx const grades[] = {1};
        foil::metrics::judged_ranking const r{found, grades};
        using foil::metrics::recall;
        out.row(start + i) << recall{1}(r), recall{10}(r), recall{100}(r), foil::metrics::mrr{}(r);
      }
    }
  });
  return out;
}

}  // namespace wordnet
