// SPDX-License-Identifier: BSD-3-Clause
// Index tuples: the pairs and triplets that a miner chose, one vector a column, and the masks that losses read.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "foil/core/ids.hpp"
#include "foil/roles/masks.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Appends first + i for the set bits i of a word, or what `names` calls these places; returns how many.
inline std::size_t add_places(std::vector<idx>& to, idx first, std::uint64_t bits, idx const* names = nullptr) {
  auto const n = std::size_t(std::popcount(bits));
  to.resize(to.size() + n);
  idx* at = to.data() + to.size() - n;
  if (n == 64 && names == nullptr)
    for (idx i = 0; i < 64; ++i) at[i] = first + i;
  else
    for (; bits != 0; bits &= bits - 1) {
      idx const place = first + std::countr_zero(bits);
      *at++ = names != nullptr ? names[place] : place;
    }
  return n;
}
/// Reserves memory for all rows by what the first `done` of them took, at most twelve times what the list holds: a long list that
/// grows by doubling would touch its memory three times.
template <class T>
void expect_rows(std::vector<T>& list, idx done, idx rows) {
  auto const each = list.size() / std::size_t(done) + 1;
  if (list.size() + 4 * each > list.capacity() && done < rows)
    list.reserve((std::min)(list.size() + std::size_t(rows - done) * each * 9 / 8, 8 * list.size() + 4 * each));
}

template <class T>
void append_list(std::vector<T>& to, std::vector<T> const& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// Ordered pairs (anchor, other), sorted by anchor, then other.
struct index_pairs {
  std::vector<idx> anchors, others;  ///< row and column of each pair

  idx size() const { return idx(anchors.size()); }
  void add(idx anchor, idx other) { anchors.push_back(anchor), others.push_back(other); }
  void expect(idx done, idx rows) { expect_rows(anchors, done, rows), expect_rows(others, done, rows); }
  void append(index_pairs const& more) { append_list(anchors, more.anchors), append_list(others, more.others); }
  /// The pairs of an anchor with the places of a word.
  void add(idx anchor, idx first, std::uint64_t bits, idx const* names) {
    anchors.resize(anchors.size() + add_places(others, first, bits, names), anchor);
  }
};

/// Triplets (anchor, positive, negative), sorted the same way.
struct index_triplets {
  std::vector<idx> anchors, positives, negatives;  ///< row and columns of each triplet

  idx size() const { return idx(anchors.size()); }
  void add(idx a, idx p, idx n) { anchors.push_back(a), positives.push_back(p), negatives.push_back(n); }
  void expect(idx done, idx rows) {
    expect_rows(anchors, done, rows), expect_rows(positives, done, rows), expect_rows(negatives, done, rows);
  }
  void append(index_triplets const& more) {
    append_list(anchors, more.anchors), append_list(positives, more.positives), append_list(negatives, more.negatives);
  }
  /// The triplets of an anchor and a positive with the places of a word.
  void add(idx a, idx p, idx first, std::uint64_t bits, idx const* names) {
    anchors.resize(anchors.size() + add_places(negatives, first, bits, names), a), positives.resize(anchors.size(), p);
  }
};

/// One byte a pair, [rows, columns]: chosen or not. `relation` is what a pool takes:
///   auto const m = mining::pair_masks(found, n, n);   objective.value_and_grad(z, pool::self(z, m.relation()));
struct pair_masks_of_batch {
  std::vector<unsigned char> positive, negative;  ///< [rows, columns], row by row: 1 where the pair was chosen
  idx columns = 0;                                ///< width of a row

  roles::masks relation() const& { return {positive, negative, columns}; }  ///< views this object: keep it alive
  roles::masks relation() && = delete;
};

/// The pairs that a miner kept, of both kinds.
struct mined_pairs {
  index_pairs positives, negatives;  ///< kept pairs of either kind

  void append(mined_pairs const& more) { positives.append(more.positives), negatives.append(more.negatives); }
};

/// The masks of mined pairs; everything that was not mined is absent. O(rows columns).
inline pair_masks_of_batch pair_masks(mined_pairs const& pairs, idx rows, idx columns) {
  require(rows >= 0 && columns >= 0, "pair_masks: rows and columns must not be negative, got ", rows, " and ", columns);
  require(rows == 0 || columns <= (idx(1) << 40) / rows, "pair_masks: [", rows, ", ", columns, "] is more than 2^40 bytes");
  pair_masks_of_batch m;
  m.columns = columns;
  auto const mark = [&](index_pairs const& from, std::vector<unsigned char>& to) {
    to.assign(std::size_t(rows * columns), 0);
    for (std::size_t t = 0; t < from.anchors.size(); ++t) {
      idx const i = from.anchors[t], j = from.others[t];
      require(i >= 0 && i < rows && j >= 0 && j < columns, "pair_masks: pair (", i, ", ", j, ") is outside [", rows, ", ", columns, "]");
      to[std::size_t(i * columns + j)] = 1;
    }
  };
  mark(pairs.positives, m.positive), mark(pairs.negatives, m.negative);
  return m;
}

}}  // namespace foil::mining
