// SPDX-License-Identifier: BSD-3-Clause
// Scores that the caller computed: the field is given instead of streamed.
#pragma once

#include "foil/pool/candidates.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

/// scores: [B, columns]; the result's gradient for this pool is dL/dscores. With no product in front of them, the time goes to the passes
/// over each slice: roles, statistics and slopes.
template <class M, class R, class... B>
candidates<storage_of<M>, R, B...> given(M&& scores, R relation, B... biases) {
  static_assert(borrowed<M>());
  auto const x = as_view(scores);
  return {layout::given, x, x.cols(), relation, {biases...}};
}

}}  // namespace foil::pool
