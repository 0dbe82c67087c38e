// SPDX-License-Identifier: BSD-3-Clause
// Adagrad (Duchi, Hazan, Singer 2011) on the rows of the table that have a gradient, and on no others.
#pragma once

#include "gradient.hpp"

namespace wordnet {

struct adagrad {
  double rate;
  matrix squares;  ///< [table_rows, dim]: sums of squared gradients

  adagrad(idx dim, double learning_rate) : rate(learning_rate), squares(matrix::Zero(table_rows, dim)) {}

  void step(encoder& e, gradient& g) {
    g.take([&](idx row, auto const& slope) {
      squares.row(row).array() += slope.array().square();
      e.table.row(row).array() -= float(rate) * slope.array() / (squares.row(row).array().sqrt() + 1e-10f);
    });
  }
};

}  // namespace wordnet
