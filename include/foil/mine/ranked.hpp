// SPDX-License-Identifier: BSD-3-Clause
// What a ranking is asked for, which candidates of which rows, and what it answers: the best of each row in order, and counts.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "foil/core/score_order.hpp"
#include "foil/engine/problem.hpp"
#include "foil/mine/screening.hpp"
#include "foil/simd/ordered_key.hpp"
#include "foil/simd/top_k.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// A candidate of a row and its score.
template <Scalar S>
struct ranked {
  S score;
  idx id;  ///< a column; of a listed pool, a row of its matrix
};
/// The total order of a row's candidates.
template <Scalar S>
bool comes_before(ranked<S> const& a, ranked<S> const& b) {
  auto const x = order_key(double(a.score)), y = order_key(double(b.score));
  return x > y || (x == y && a.id < b.id);
}

/// Which candidates of a row are asked for.
template <Scalar S>
struct request {
  idx row;
  S upper = infinity<S>();        ///< what scores more is left out,
  idx after = -1;                 ///< and of what scores as much the ids up to this one
  S lower = minus_infinity<S>();  ///< what scores less is left out
  bool has_upper() const { return after >= 0 || simd::key_of(upper) < simd::key_of(infinity<S>()); }  // given scores may be infinite
  bool has_lower() const { return simd::key_of(lower) > simd::key_of(minus_infinity<S>()); }
};

/// Candidates that score more than a number, or as much, are counted; infinity: none.
template <Scalar S>
struct counted_score {
  S above = infinity<S>();
  bool or_equal = false;  ///< equal scores are counted too
  bool is_any() const { return simd::key_of(above) < simd::key_of(infinity<S>()); }
  bool holds(S score) const { return or_equal ? score >= above : score > above; }
};

/// Some rows' requests, and what is counted of each row's candidates.
template <Scalar S>
struct requests {
  std::vector<request<S>> rows;
  bool has_bounds = false;               ///< some request has an upper or a lower score; otherwise nothing is counted
  idx counted_per_row = 0;               ///< scores whose candidates are counted, of each row
  std::vector<counted_score<S>> scores;  ///< [rows * counted_per_row]

  /// The score comes before what request i asks for.
  bool is_before(idx i, S score, idx id) const {
    request<S> const& r = rows[std::size_t(i)];
    return score > r.upper || (score == r.upper && id <= r.after);
  }
  counted_score<S> score(idx i, idx k) const { return scores[std::size_t(i * counted_per_row + k)]; }
  /// The same of n candidates from `first` on alone, which count from 0.
  requests of_columns(idx first, idx n) const {
    requests out = *this;
    for (request<S>& r : out.rows) r.after = (std::clamp)(r.after - first, idx(-1), n - 1);
    return out;
  }
};

/// The first `depth` of each of some rows, in order, in one array; how many candidates come before them, and above scores that are
/// to be counted.
template <Scalar S>
class windows {
 public:
  windows(idx rows, idx depth, idx counted_per_row)
      : depth_(depth),
        counted_(counted_per_row),
        all_(reinterpret_cast<ranked<S>*>(memory_.fit(rows * depth * idx(sizeof(ranked<S>))))),
        counts_(std::size_t(rows), 0),
        before_(counts_),
        scored_(counts_),
        above_(std::size_t(rows * counted_per_row), 0) {}
  ranked<S>* operator[](idx i) { return all_ + i * depth_; }
  ranked<S> const* operator[](idx i) const { return all_ + i * depth_; }
  /// How many were found.
  idx& count(idx i) { return counts_[std::size_t(i)]; }
  idx count(idx i) const { return counts_[std::size_t(i)]; }
  /// Candidates that come before what the request asks for.
  idx& count_before(idx i) { return before_[std::size_t(i)]; }
  idx count_before(idx i) const { return before_[std::size_t(i)]; }
  /// Candidates of the row that have a score.
  idx& count_scored(idx i) { return scored_[std::size_t(i)]; }
  idx count_scored(idx i) const { return scored_[std::size_t(i)]; }
  /// Candidates above the row's counted score k.
  idx& count_above(idx i, idx k) { return above_[std::size_t(i * counted_ + k)]; }
  idx count_above(idx i, idx k) const { return above_[std::size_t(i * counted_ + k)]; }

 private:
  idx depth_, counted_;
  engine::scratch<std::int8_t> memory_;  ///< kept between calls
  ranked<S>* all_;                       ///< not set beforehand
  std::vector<idx> counts_, before_, scored_, above_;
};

/// What the miner asks of a ranking; behind an interface, so that it is compiled once per scalar and not once per pool.
template <Scalar S>
struct ranker {
  idx nan = 0;  ///< given scores that were NaN, in the last call

  virtual ~ranker() = default;
  /// The first `depth` that each request asks for, in order; fewer where fewer are eligible. Anything once the job is stopped.
  virtual windows<S> operator()(requests<S> const& rows, idx depth) = 0;
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
