// SPDX-License-Identifier: BSD-3-Clause
// A candidate with its score, and the first few of many.
#pragma once

#include <memory>
#include <vector>

#include "foil/engine/problem.hpp"
#include "foil/mine/screening.hpp"
#include "foil/simd/top_k.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

template <Scalar S>
struct ranked {
  S score;
  idx id;
};

/// The first `depth` of each of some rows, in order, in one array.
template <Scalar S>
class windows {
 public:
  windows(idx rows, idx depth) : depth_(depth), all_(new ranked<S>[std::size_t(rows * depth)]), counts_(std::size_t(rows), 0) {}
  ranked<S>* operator[](idx i) { return all_.get() + i * depth_; }
  ranked<S> const* operator[](idx i) const { return all_.get() + i * depth_; }
  idx& count(idx i) { return counts_[std::size_t(i)]; }
  idx count(idx i) const { return counts_[std::size_t(i)]; }

 private:
  idx depth_;
  std::unique_ptr<ranked<S>[]> all_;  ///< not set beforehand
  std::vector<idx> counts_;
};

/// What the miner asks of a ranking; behind an interface, so that it is compiled once per scalar and not once per pool.
template <Scalar S>
struct ranker {
  idx nan = 0;  ///< given scores that were NaN, in the last call

  virtual ~ranker() = default;
  /// The first `depth` of each row in `rows`, in order; fewer where fewer are eligible. Anything once the job is stopped.
  virtual windows<S> operator()(std::vector<idx> const& rows, idx depth) = 0;
  /// The canonical score of one pair.
  virtual S score(int worker, idx row, idx column) = 0;
  /// The ids that a row of a listed pool names, rising, each once.
  virtual void listed(idx row, std::vector<idx>& ids) const = 0;
  /// Rows that took the exact path because of their ties.
  virtual idx exact_rows() const = 0;
  /// Pairs by the fast pass that looked at them.
  virtual screening seen() const = 0;
};

/// Scratch of one worker.
template <Scalar S>
struct workspace : engine::workspace<S> {
  std::vector<S> plain, values, start, picked;
  std::vector<idx> order, picked_ids;
  std::vector<unsigned char> top_k;
};

/// How many were found, and how many of the scores were NaN.
struct taken {
  idx found = 0, nan = 0;
};
/// The first `depth` of n scores, whose ids are ids[0 .. n), rising, or their places.
template <Scalar S>
taken select_first(workspace<S>& d, S const* scores, idx n, idx depth, idx const* ids, ranked<S>* out) {
  d.top_k.resize(std::size_t(simd::top_k_workspace<S>(n, depth)));
  d.picked.resize(std::size_t(depth)), d.picked_ids.resize(std::size_t(depth));
  auto const r = simd::top_k(scores, n, simd::top_k_options<S>{.k = depth}, d.picked.data(), d.picked_ids.data(), d.top_k.data(), ids);
  for (idx k = 0; k < r.found; ++k) out[k] = {d.picked[std::size_t(k)], d.picked_ids[std::size_t(k)]};
  return {r.found, r.nan_count};
}

}}  // namespace foil::mining
