// SPDX-License-Identifier: BSD-3-Clause
// A candidate with its score, and the first few of many.
#pragma once

#include <vector>

#include "foil/engine/problem.hpp"
#include "foil/simd/top_k.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

template <Scalar S>
struct ranked {
  S score;
  idx id;
};
/// The total order: higher score, then lower id.
template <Scalar S>
bool before(ranked<S> const& a, ranked<S> const& b) {
  return a.score > b.score || (a.score == b.score && a.id < b.id);
}

/// Scratch of one worker.
template <Scalar S>
struct workspace : engine::workspace<S> {
  std::vector<S> plain, values, start, picked;
  std::vector<idx> order, picked_ids;
  std::vector<unsigned char> top_k;
};

/// Appends the first `depth` of n scores, whose ids are ids[0 .. n), rising, or their places; returns how many were NaN.
template <Scalar S>
idx append_first(workspace<S>& d, S const* scores, idx n, idx depth, idx const* ids, std::vector<ranked<S>>& out) {
  d.top_k.resize(std::size_t(simd::top_k_workspace<S>(n, depth)));
  d.picked.resize(std::size_t(depth)), d.picked_ids.resize(std::size_t(depth));
  auto const r = simd::top_k(scores, n, simd::top_k_options<S>{.k = depth}, d.picked.data(), d.picked_ids.data(), d.top_k.data(), ids);
  out.reserve(out.size() + std::size_t(r.found));
  for (idx k = 0; k < r.found; ++k) out.push_back({d.picked[std::size_t(k)], d.picked_ids[std::size_t(k)]});
  return r.nan_count;
}

}}  // namespace foil::mining
