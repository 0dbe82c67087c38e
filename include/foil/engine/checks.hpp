// SPDX-License-Identifier: BSD-3-Clause
// Shapes and ids of a pool, checked once per call before any work.
#pragma once

#include "foil/pool/candidates.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Pool number n against `rows` anchors of dimension dim (-1: no anchors, given scores only). Roles and biases count the
/// pool's columns, or so many ids.
template <class P>
void check_pool(char const* where, idx dim, idx rows, int n, P const& p, idx ids = -1) {
  if (p.absent) return;
  bool const nothing = p.columns == 0 && p.data.rows() == 0 && p.kind == pool::layout::shared;  // an empty bank has no dim
  bool const given = p.kind == pool::layout::given;
  require(nothing || dim < 0 || dim >= 1, where, ": embeddings need at least one dimension, got dim ", dim);
  if (!given && !nothing && p.own_anchors.rows() == 0)
    require(p.data.cols() == dim, where, ": anchors are [", rows, ", ", dim, "], pool ", n, " holds candidates of dim ", p.data.cols());
  if (p.own_anchors.rows() > 0)
    require(p.own_anchors.rows() == rows && p.own_anchors.cols() == p.data.cols(), where, ": the anchors of pool ", n, " are [",
            p.own_anchors.rows(), ", ", p.own_anchors.cols(), "], expected [", rows, ", ", p.data.cols(), "]");
  if (given) require(p.data.rows() == rows, where, ": ", rows, " rows, but the given scores of pool ", n, " have ", p.data.rows());
  if (p.kind == pool::layout::own)
    require(!beyond_memory(rows, p.columns) && p.data.rows() == rows * p.columns, where, ": private pool ", n, " needs ", rows, " x ",
            p.columns, " rows, has ", p.data.rows());
  if (p.is_self) require(p.data.rows() == rows, where, ": pool::self must hold the ", rows, " anchors, has ", p.data.rows(), " rows");
  if (p.kind == pool::layout::listed) {
    require(!beyond_memory(rows, p.columns) && p.ids.size() == rows * p.columns, where, ": listed pool ", n, " needs ", rows, " x ",
            p.columns, " ids, has ", p.ids.size());
    for (idx i = 0; i < p.ids.size(); ++i)
      if (idx const id = p.ids[i]; id < -1 || id >= p.data.rows())
        require(false, where, ": id ", id, " at position ", i, " of listed pool ", n, ", for anchor ", i / p.columns, ", is outside -1 .. ",
                p.data.rows() - 1);
  }
  if (ids < 0) ids = p.columns;
  pool::check_part(p.relation, rows, ids, where);
  std::apply([&](auto const&... b) { (pool::check_bias(b, rows, ids, where), ...); }, p.biases);
}

/// pool::self holds the anchors that it is scored against, not a matrix of their shape.
template <class T, class P>
void check_self(char const* where, view<T> anchors, int n, P const& p) {
  if (!p.is_self || p.absent || anchors.rows() == 0) return;
  bool same = false;
  if constexpr (std::same_as<T, typename P::storage>) same = p.data.data() == anchors.data() && p.data.stride() == anchors.stride();
  require(same, where, ": pool::self must hold the anchors themselves, pool ", n,
          " views another matrix of their shape; pool::in_batch and pool::bank take those");
}

}}  // namespace foil
