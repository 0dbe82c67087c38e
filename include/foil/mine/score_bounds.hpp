// SPDX-License-Identifier: BSD-3-Clause
// Filters by score alone as numbers of a row: what they leave, and how many each of them drops.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "foil/core/bias_row.hpp"
#include "foil/mine/ranked.hpp"
#include "foil/simd/ordered_key.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Scores from lower to upper, both included.
template <Scalar S>
struct score_interval {
  S lower = minus_infinity<S>(), upper = infinity<S>();
  bool contains(S score) const { return score >= lower && score <= upper; }
};

/// What a filter's too_high and too_low leave of the finite scores, to the last bit; by bisection, which asks them 32 times each, or 64.
/// A side on which nothing finite is dropped is open, and so is the filter that says it is not active.
template <Scalar S, class B>
score_interval<S> kept_scores([[maybe_unused]] B const& b, [[maybe_unused]] bias_row<S> const& r) {
  constexpr S greatest = (std::numeric_limits<S>::max)();
  simd::key<S> const least = simd::key_of(-greatest), most = simd::key_of(greatest);
  score_interval<S> kept;
  if constexpr (requires { b.is_active(); } && !has_floor<B, S>)
    if (!b.is_active()) return kept;
  if constexpr (has_ceiling<B, S>) {
    auto const first = simd::first_key(least, most, [&](simd::key<S> k) { return b.too_high(r, simd::value_of<S>(k)); });
    if (first <= most) kept.upper = first == least ? minus_infinity<S>() : simd::value_of<S>(first - 1);
  }
  if constexpr (has_floor<B, S>) {
    auto const first = simd::first_key(least, most, [&](simd::key<S> k) { return !b.too_low(r, simd::value_of<S>(k)); });
    if (first > least) kept.lower = first > most ? infinity<S>() : simd::value_of<S>(first);
  }
  return kept;
}

/// Of one row. left[f] is what the first f filters leave, counting those that drop by score alone.
template <Scalar S, std::size_t Filters>
struct score_bounds {
  std::array<score_interval<S>, Filters + 1> left{};

  score_interval<S> const& all() const { return left[Filters]; }
  void add(std::size_t f, score_interval<S> const& kept) {
    left[f + 1] = {(std::max)(left[f].lower, kept.lower), (std::min)(left[f].upper, kept.upper)};
  }
  /// What has to be counted to tell the filters' shares apart, beside the candidates above all().upper.
  std::vector<counted_score<S>> counted() const {
    std::vector<counted_score<S>> scores;
    for (std::size_t f = 1; f <= Filters; ++f) {
      if (left[f].upper != left[f - 1].upper && left[f].upper != all().upper) scores.push_back({left[f].upper, false});
      if (left[f].lower != left[f - 1].lower) scores.push_back({left[f].lower, true});
    }
    return scores;
  }
  /// Candidates within each of left[], row i of the windows that counted() was asked of.
  std::array<idx, Filters + 1> within(windows<S> const& found, idx i) const {
    std::array<idx, Filters + 1> n{};
    idx above = 0, from = found.count_scored(i), next = 0;
    for (std::size_t f = 0; f <= Filters; ++f) {
      if (f > 0 && left[f].upper != left[f - 1].upper)
        above = left[f].upper != all().upper ? found.count_above(i, next++) : found.count_before(i);
      if (f > 0 && left[f].lower != left[f - 1].lower) from = found.count_above(i, next++);
      n[f] = left[f].lower <= left[f].upper ? from - above : 0;
    }
    return n;
  }
  /// The first filter that drops a score; -1 where none does.
  int dropped_by(S score) const {
    for (std::size_t f = 0; f < Filters; ++f)
      if (!left[f + 1].contains(score)) return int(f);
    return -1;
  }
};

}}  // namespace foil::mining
