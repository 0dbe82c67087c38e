// SPDX-License-Identifier: BSD-3-Clause
// What the engine is given, and the memory that a worker works in.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/negative_selection.hpp"
#include "foil/engine/near.hpp"
#include "foil/engine/outcome.hpp"
#include "foil/engine/pool_access.hpp"
#include "foil/engine/products.hpp"
#include "foil/engine/row_program.hpp"
#include "foil/engine/scratch.hpp"
#include "foil/simd/blas1.hpp"
#include "foil/simd/kth_key.hpp"
#include "foil/simd/ordered_key.hpp"
#include "foil/simd/product.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// A call as the engine sees it: the anchors, the pools, the scale and how to carry it out.
template <Scalar S>
struct problem {
  char const* function = "";  ///< that the user called: its errors bear this name
  idx rows = 0;
  S scale = 1;
  std::vector<pool_access<S> const*> pools;
  std::vector<source<S> const*> anchor_groups;  ///< the call's anchors, then those that pools brought
  execution how;
  bool gradients = true;
  bool one_by_one = false;            ///< the loss takes the positives of a row one at a time
  bool mean_of_positives = true;      ///< ... and a row is their mean (else their sum)
  std::vector<char> weight_gradient;  ///< per pool
  negative_selection selection{};     ///< which negatives the loss looks at
};

/// Rows of one slice in the column direction; panels are a multiple of it.
inline constexpr idx row_quantum = simd::product_quantum;
static_assert(quantum % simd::product_quantum == 0);
static_assert(row_quantum <= slice_columns, "a column's slice is no longer than what statistics take");
/// Rows whose negatives are ranked at once.
inline constexpr idx ranked_rows = 16;

/// Scratch of one worker; nothing is allocated inside a tile loop.
template <Scalar S>
struct workspace {
  scratch<S> anchors, candidates, single, work, tile;
  std::vector<idx> near;                       ///< columns of a row that are scored one by one
  std::vector<S> near_slopes;                  ///< slopes of such pairs, while products are taken of the others
  std::vector<simd::key<S>> keys, spare_keys;  ///< of the negatives of a few rows, and of one row
  pair_labels<S> labels;
  S const* bias = nullptr;                                                    ///< log weights of the slice at hand
  std::vector<S> u = std::vector<S>(std::size_t(quantum)), plain = u, g = u;  ///< g is all zeros between two slices

  template <class V>
  static S* fit(V& v, idx n) {
    if constexpr (requires { v.fit(n); })
      return v.fit(n);
    else if (idx(v.size()) < n)
      v.resize(std::size_t(n));
    return v.data();
  }
};

/// Similarities of rows [i0, i1) against columns [j0, j1) of a pool, into out (row i at (i - i0) * ld).
/// Every element's bits are the same whatever block it is computed in. `near`, if any, learns which pairs of a shared pool
/// were scored one by one.
template <Scalar S>
void score(pool_access<S> const& pool, idx i0, idx i1, idx j0, idx j1, S* out, idx ld, workspace<S>& d, near_pairs* near = nullptr) {
  idx const m = i1 - i0, n = j1 - j0, dim = pool.candidates->dim;
  if (pool.kind == pool::layout::given) {
    for (idx i = 0; i < m; ++i) {
      S const* const row = pool.candidates->open(i0 + i, 1, d.candidates.fit(dim)).data;
      std::copy_n(row + j0, n, out + i * ld);
    }
    return;
  }
  bool const distance = pool.candidates->kind.distance;
  dense<S> const a = open_for_products(pool, *pool.anchors, i0, m, d.anchors);
  if (pool.shared()) {
    dense<S> const c = open_for_products(pool, *pool.candidates, j0, n, d.candidates);
    product_of_rows(pool, a, m, c, n, out, ld, d.work);
    for (idx i = 0; i < m; ++i) {
      S* const row = out + i * ld;
      auto const one = [&](idx j) {
        row[j] = pool.in_bf16 ? pool.score_one(i0 + i, pool.anchors->open(i0 + i, 1, d.single.fit(dim)).data, j0 + j,
                                               pool.candidates->open(j0 + j, 1, d.candidates.fit(dim)).data)
                              : pool.score_one(i0 + i, a.row(i), j0 + j, c.row(j));
        if (near && distance) near->mark(i0 + i, j0 + j);
      };
      if (pool.pairwise(i0 + i)) {
        for (idx j = 0; j < n; ++j) one(j);
        continue;
      }
      d.near.clear();
      if (distance) {
        S const own = pool.anchors->square[std::size_t(i0 + i)];
        S const* const other = pool.candidates->square.data() + j0;
        // Cancellation makes near pairs wrong in every digit; those are computed one by one.
        auto const is_near = [&](idx j) { return row[j] < S(0.01) * (own + other[j]); };
        unsigned some = 0;
        for (idx j = 0; j < n; ++j) row[j] = (own + other[j]) - 2 * row[j], some |= unsigned(is_near(j));
        for (idx j = 0; some != 0 && j < n; ++j)
          if (is_near(j)) d.near.push_back(j);
      }
      pool.link(row, n);
      for (idx j : d.near) one(j);
    }
  } else {
    S* const scratch = d.candidates.fit(dim);
    for (idx i = 0; i < m; ++i) {
      bool const careful = distance || pool.pairwise(i0 + i);
      for (idx j = 0; j < n; ++j) {
        idx const id = pool.candidate(i0 + i, j0 + j);
        S const* const c = id < 0 ? nullptr : pool.candidates->open(id, 1, scratch).data;
        out[i * ld + j] = c == nullptr ? S(0) : careful ? pool.score_one(i0 + i, a.row(i), id, c) : simd::dot(a.row(i), c, dim);
      }
      if (!careful) pool.link(out + i * ld, n);
    }
  }
}

}}  // namespace foil::engine
