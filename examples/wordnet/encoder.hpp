// SPDX-License-Identifier: BSD-3-Clause
// The encoder: a text is the weighted sum of its features' rows in one learned table (under a cosine, the mean).
#pragma once

#include "features.hpp"
#include "team.hpp"

namespace wordnet {

using matrix = foil::matrix<float>;

struct encoder {
  matrix table;  ///< [table_rows, dim]
  int threads;

  encoder(idx dim, std::uint64_t seed, int members) : table(table_rows, dim), threads(members) {
    run_pieces(threads, table_rows, [&](idx first, idx last) {
      for (idx i = first; i < last; ++i) {
        foil::random_stream numbers(seed, foil::purpose::user, 0, std::uint64_t(i));
        for (idx j = 0; j < dim; ++j) table(i, j) = float(numbers.uniform() - 0.5);
      }
    });
  }

  /// Writes the embeddings of the texts numbered `rows` into these rows of `all` [texts, dim].
  void embed(features const& texts, std::span<idx const> rows, matrix& all) const {
    run_pieces(threads, idx(rows.size()), [&](idx first, idx last) {
      for (idx const text : rows.subspan(std::size_t(first), std::size_t(last - first))) {
        all.row(text).setZero();
        for (feature const f : texts.row(text)) all.row(text) += f.weight * table.row(idx(f.id));
      }
    });
  }
  /// The embeddings [rows, dim] of the texts numbered `rows`.
  matrix forward(features const& texts, std::span<idx const> rows) const {
    matrix out = matrix::Zero(idx(rows.size()), table.cols());
    run_pieces(threads, out.rows(), [&](idx first, idx last) {
      for (idx i = first; i < last; ++i)
        for (feature const f : texts.row(rows[std::size_t(i)])) out.row(i) += f.weight * table.row(idx(f.id));
    });
    return out;
  }

  /// The embeddings of all texts.
  matrix forward(features const& texts) const {
    std::vector<idx> rows(std::size_t(texts.rows()));
    for (idx i = 0; i < texts.rows(); ++i) rows[std::size_t(i)] = i;
    return forward(texts, rows);
  }
};

}  // namespace wordnet
