// SPDX-License-Identifier: BSD-3-Clause
// k nearest neighbours, found by foil's own mining.
#pragma once

#include <foil/mine/mine.hpp>
#include <foil/pool/bank.hpp>

#include "data.hpp"

namespace digits {

/// Share of the queries whose label is the commonest among their k nearest examples; ties to the nearest.
template <class Similarity>
double accuracy(matrix const& examples, std::vector<idx> const& labels, matrix const& queries, std::vector<idx> const& truth,
                Similarity similarity, idx k = 5) {
  auto const near = foil::mine(queries, foil::pool::bank(examples), {.negatives = k}, similarity);
  idx right = 0;
  for (idx i = 0; i < queries.rows(); ++i) {
    int votes[10] = {};
    idx best = labels[std::size_t(near.id(i, 0))];
    for (idx j = 0; j < near.count(i); ++j) ++votes[labels[std::size_t(near.id(i, j))]];
    for (idx j = 0; j < near.count(i); ++j)
      if (idx const l = labels[std::size_t(near.id(i, j))]; votes[l] > votes[best]) best = l;
    right += best == truth[std::size_t(i)];
  }
  return double(right) / double(queries.rows());
}

}  // namespace digits
