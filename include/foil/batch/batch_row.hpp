// SPDX-License-Identifier: BSD-3-Clause
// One row of a labelled batch: its positives and negatives, and questions about their scores that are answered from values of
// bounded error, and by canonical scores where the bound leaves two answers.
#pragma once

#include <bit>
#include <span>

#include "foil/batch/approximate_scores.hpp"
#include "foil/batch/index_tuples.hpp"
#include "foil/simd/between.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// The columns of one kind, ascending, and their values; minus infinity at places that hold none.
template <Scalar S>
struct batch_side {
  S const* value;                ///< [places], padded with minus infinity to whole words
  idx places;                    ///< a multiple of simd::word
  std::span<idx const> columns;  ///< of each place that holds one; of negatives empty: a place is a column
  idx column(idx place) const { return columns.empty() ? place : columns[std::size_t(place)]; }
};

/// Scores that a miner asks for.
struct score_range {
  static constexpr double none = (std::numeric_limits<double>::max)();
  double low = -none, high = none;  ///< ends of the interval; at them the canonical score decides
  double around = 0;                ///< size of the numbers that were added up to make them, which bounds the rounding
};

template <Scalar S>
class batch_row {
 public:
  idx anchor = 0;                          ///< number of the row
  idx first_row = 0, rows = 0;             ///< first of the rows that this worker goes through, and how many it makes room for
  batch_side<S> positives{}, negatives{};  ///< the columns of the row by their labels

  /// The canonical score (nearness) of a pair.
  S score(batch_side<S> const& side, idx place) const {
    return scores_->error_bound[std::size_t(at_)] > 0 ? scores_->score(anchor, side.column(place)) : side.value[place];
  }

  /// f(first place, bits) for the pairs whose score `keep` accepts: bit i is place first + i, 64 places at a time. `keep` must
  /// be true for scores well between the ends of the range and false for those well outside.
  template <class Keep, class F>
  void each(batch_side<S> const& side, score_range const& range, Keep const& keep, F const& f) const {
    ends const e = ends_of(range);
    for (idx j = 0; j < side.places; j += simd::word) {
      std::uint64_t in = simd::between_word(side.value + j, e.low, e.high);
      if (in == 0) continue;
      for (std::uint64_t open = in & ~simd::inside_word(side.value + j, e.sure_low, e.sure_high); open != 0; open &= open - 1)
        if (idx const bit = std::countr_zero(open); !keep(score(side, j + bit))) in &= ~(std::uint64_t(1) << bit);
      if (in != 0) f(j, in);
    }
  }

  /// Those pairs, added to a list.
  template <class Keep>
  void add(batch_side<S> const& side, score_range const& range, Keep const& keep, index_pairs& to) const {
    each(side, range, keep, [&](idx first, std::uint64_t bits) { to.add(anchor, first, bits, side.columns.data()); });
    to.expect(anchor - first_row + 1, rows);
  }

  /// The place of the highest (Nearest) or lowest score that `keep` accepts, ties to the lower column; -1 if there is none.
  template <bool Nearest, class Keep>
  idx extreme(batch_side<S> const& side, score_range const& range, Keep const& keep) const {
    ends e = ends_of(range);
    S const best = simd::extreme_inside<Nearest>(side.value, side.places, e.sure_low, e.sure_high);
    if (finite_bits(best)) {  // values farther from it than two error bounds are not the extreme
      double const reach = (Nearest ? -1 : 1) * 2.001 * scores_->error_bound[std::size_t(at_)];
      S const end = S(double(best) + reach);
      (Nearest ? e.low : e.high) = Nearest ? (std::max)(e.low, end) : (std::min)(e.high, end);
    }
    idx found = -1;
    S value = 0;
    bool scored = false;  // one pair has nothing to be compared with
    for (idx j = 0; j < side.places; j += simd::word)
      for (std::uint64_t in = simd::between_word(side.value + j, e.low, e.high); in != 0; in &= in - 1) {
        idx const place = j + std::countr_zero(in);
        bool const sure = e.sure_low < side.value[place] && side.value[place] < e.sure_high;
        if (found < 0 && sure) {
          found = place;
          continue;
        }
        S const s = score(side, place);
        if (!sure && !keep(s)) continue;
        if (found >= 0 && !scored) value = score(side, found);
        if (found < 0 || (Nearest ? s > value : s < value)) found = place, value = s;
        scored = true;
      }
    return found;
  }

  idx nearest(batch_side<S> const& side) const {
    return extreme<true>(side, {}, [](S) { return true; });
  }
  idx farthest(batch_side<S> const& side) const {
    return extreme<false>(side, {}, [](S) { return true; });
  }

  /// Row `i` of the opened panel of `scores`, number `row` of the batch; `alike`: the columns of its label. Its negatives
  /// are what is left in the panel.
  void set(approximate_scores<S>& scores, idx i, idx row, std::span<idx const> alike, bool same) {
    scores_ = &scores, at_ = i, anchor = row;
    S* const values = scores.values.data() + i * scores.stride;
    if (same && row < scores.stride) values[row] = minus_infinity<S>();
    columns_.clear(), positive_values_.clear();
    for (idx const j : alike) {
      S& x = values[j];
      if (ineligible_bits(x)) continue;
      columns_.push_back(j), positive_values_.push_back(x);
      x = minus_infinity<S>();
    }
    while (positive_values_.size() % simd::word != 0) positive_values_.push_back(minus_infinity<S>());
    positives = {positive_values_.data(), idx(positive_values_.size()), columns_}, negatives = {values, scores.stride, {}};
  }

 private:
  /// Numbers in [low, high] may belong to scores of a range, those between the sure ends do.
  struct ends {
    S low, sure_low, sure_high, high;
  };
  ends ends_of(score_range const& range) const {
    constexpr S most = (std::numeric_limits<S>::max)();
    ends e{-most, -most, most, infinity<S>()};
    if (range.low > -range.none) {
      auto const c = scores_->limits_at(at_, range.low, range.around);
      e.low = c.below, e.sure_low = c.above;
    }
    if (range.high < range.none) {
      auto const c = scores_->limits_at(at_, range.high, range.around);
      e.sure_high = c.below, e.high = c.above < most ? c.above : infinity<S>();
    }
    return e;
  }
  approximate_scores<S>* scores_ = nullptr;
  idx at_ = 0;
  std::vector<idx> columns_;
  std::vector<S> positive_values_;
};

}}  // namespace foil::mining
