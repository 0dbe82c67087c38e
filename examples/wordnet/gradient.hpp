// SPDX-License-Identifier: BSD-3-Clause
// The gradient of the encoder's table: the rows that a batch used, and no others.
#pragma once

#include "encoder.hpp"

namespace wordnet {

/// A row of the table belongs to one member of the team, who reads the texts in order: the sums have the same bits
/// whatever the team's size.
class gradient {
 public:
  gradient(idx dim, int threads) : slot_(std::size_t(table_rows), -1), parts_(std::size_t(threads)) {
    for (part& p : parts_) p.sums.resize(1, dim);
  }

  /// The encoder's backward pass: adds the slopes [rows, dim] of the embeddings of the texts numbered `rows`.
  void add(features const& texts, std::span<idx const> rows, matrix const& slopes) {
    auto const members = idx(parts_.size());
    run_team(int(members), [&](int member) {
      part& p = parts_[std::size_t(member)];
      for (idx i = 0; i < slopes.rows(); ++i)
        for (feature const f : texts.row(rows[std::size_t(i)]))
          if (idx const row = idx(f.id); row % members == member) p.sums.row(slot(p, row)) += f.weight * slopes.row(i);
    });
  }

  /// Calls step(row of the table, its gradient) once for every row used, then forgets them.
  template <class Step>
  void take(Step const& step) {
    run_team(int(parts_.size()), [&](int member) {
      part& p = parts_[std::size_t(member)];
      for (std::size_t i = 0; i < p.used.size(); ++i) {
        step(p.used[i], p.sums.row(idx(i)));
        slot_[std::size_t(p.used[i])] = -1;
      }
      p.used.clear();
    });
  }

 private:
  struct part {
    std::vector<idx> used;  // rows of the table
    matrix sums;            // their gradients, and room for more
  };

  idx slot(part& p, idx row) {
    idx& slot = slot_[std::size_t(row)];
    if (slot < 0) {
      slot = idx(p.used.size());
      p.used.push_back(row);
      if (slot == p.sums.rows()) p.sums.conservativeResize(2 * slot, Eigen::NoChange);
      p.sums.row(slot).setZero();
    }
    return slot;
  }

  std::vector<idx> slot_;
  std::vector<part> parts_;
};

}  // namespace wordnet
