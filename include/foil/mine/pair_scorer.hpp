// SPDX-License-Identifier: BSD-3-Clause
// Canonical scores of pairs of anchors and candidates, one by one or 32 x 4 at a time: the same bits on every instruction set.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/mine/ranked.hpp"
#include "foil/simd/canonical_tile.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

template <Scalar S>
class pair_scorer {
 public:
  static constexpr idx most_candidates = 4, most_anchors = 32;  ///< candidates and anchors that one call of score() takes
  explicit pair_scorer(engine::pool_access<S> const& pool) : pool_(pool) {}

  /// The canonical score of a row and a column of the pool; for given scores, the number given.
  S operator()(workspace<S>& d, idx row, idx column) const {
    idx const dim = pool_.candidates->dim;
    if (pool_.kind == pool::layout::given)
      return pool_.candidates->open(row, 1, engine::workspace<S>::fit(d.candidates, dim)).row(0)[column];
    if (pool_.anchors->is_bad(row)) return minus_infinity<S>();
    idx const id = pool_.kind == pool::layout::own ? row * pool_.columns + column : column;
    S number;
    (*this)(d, row, pool_.anchors->open(row, 1, engine::workspace<S>::fit(d.u, dim)).data, &id, 1, &number);
    return number;
  }
  /// Of an opened, good anchor and 1 to `most_candidates` candidates by id; a bad one scores minus infinity.
  void operator()(workspace<S>& d, idx row, S const* a, idx const* id, idx n, S* number) const {
    S const* c[most_candidates];
    open(d, id, n, c);
    score(&row, &a, 1, id, n, c, number, 0);
  }
  /// Opens 1 to `most_candidates` candidates for score(), which reads all of c: what is over repeats the first. Valid until
  /// the next are opened.
  void open(workspace<S>& d, idx const* id, idx n, S const* (&c)[most_candidates]) const {
    idx const dim = pool_.candidates->dim;
    S* const scratch = engine::workspace<S>::fit(d.g, most_candidates * dim);
    for (idx k = 0; k < most_candidates; ++k) c[k] = k < n ? pool_.candidates->open(id[k], 1, scratch + k * dim).data : c[0];
  }
  /// Of m <= most_anchors opened, good anchors a, which are rows `row`, with the n candidates that open(id) gave: number[i * step + k].
  /// Refuses a pair whose score S cannot hold.
  void score(idx const* row, S const* const* a, idx m, idx const* id, idx n, S const* const (&c)[most_candidates], S* number,
             idx step) const {
    engine::source<S> const& from = *pool_.candidates;
    double sum[std::size_t(most_anchors)][std::size_t(most_candidates)];
    if (from.kind.distance)
      simd::canonical_square_of_difference_tile(a, m, c, from.dim, sum[0]);
    else
      simd::canonical_dot_tile(a, m, c, from.dim, sum[0]);
    for (idx i = 0; i < m; ++i, number += step) {
      bool uncertain = false;
      for (idx k = 0; k < n; ++k) number[k] = S(sum[i][k]), uncertain |= is_uncertain(sum[i][k]);
      pool_.link(number, n);
      if (!uncertain && from.bad.empty()) continue;
      for (idx k = 0; k < n; ++k) {
        if (from.is_bad(id[k]))
          number[k] = minus_infinity<S>();
        else if (is_uncertain(sum[i][k]))
          number[k] = pool_.score_one(row[i], a[i], id[k], c[k]);
      }
    }
  }

 private:
  /// Whether S may not hold all digits of the number, so that score_one must take it: near overflow or, of distances, underflow; 0, too.
  bool is_uncertain(double sum) const {
    if (!finite_bits(sum)) return true;
    double const size = std::abs(sum);
    return size > engine::max_square<S> || (pool_.candidates->kind.distance && size < engine::min_square<S>);
  }
  engine::pool_access<S> const& pool_;
};

}}  // namespace foil::mining
