// SPDX-License-Identifier: BSD-3-Clause
// A pool with anchors of its own: row i is scored with own_anchors.row(i) (GISTEmbed's document-document block).
#pragma once

#include "foil/pool/candidates.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

/// Like in_batch, but scored against own_anchors [B, dim]; their gradient stands in the result's own_anchors.
template <class A, class M, class R, class... B>
candidates<storage_of<M>, R, B...> between(A&& own_anchors, M&& k, R relation, B... biases) {
  static_assert(borrowed<A>() && borrowed<M>());
  auto const x = as_view(k);
  candidates<storage_of<M>, R, B...> p{layout::shared, x, x.rows(), relation, {biases...}};
  p.own_anchors = as_view(own_anchors);
  return p;
}

}}  // namespace foil::pool
