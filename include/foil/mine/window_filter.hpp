// SPDX-License-Identifier: BSD-3-Clause
// What the filters and the rank window leave of a row's ranked candidates.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "foil/mine/mined.hpp"
#include "foil/mine/options.hpp"
#include "foil/mine/ranked.hpp"
#include "foil/mine/screen.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

template <Scalar S>
struct candidate {
  S score;
  idx id, rank;
};

/// What is left of one row's window, in order, and what was not; then what was chosen of it.
template <Scalar S, std::size_t Filters>
struct survivors {
  std::vector<candidate<S>> list{}, chosen{};
  std::array<idx, Filters + 1> dropped{};
  std::vector<idx> inspected{};  ///< what fill_deeper leaves out
  engine::row_facts<S> facts{};
  idx filled = 0;
  bool is_short = false;
};

template <Scalar S, class P>
class window_filter {
 public:
  using row = survivors<S, P::biases_count>;

  /// `wanted`: slots of a row; `most_positives` of any row.
  window_filter(P const& pool, idx ids, idx columns, idx wanted, mine_options const& o, mined<S> const& out)
      : screen(pool, ids, (std::max)(1, o.executor.workers), o.include_positives), columns_(columns), wanted_(wanted), o_(o), out_(out) {}

  mining::screen<S, P> screen;

  /// End of the rank window of a row with so many positives: its own, so that no other row changes what it is drawn from.
  idx end_of(idx positives) const {
    if (o_.range_max != automatic) return o_.range_max;
    return sum(o_.range_min, sum(screen.widens() ? 10 * wanted_ : wanted_, positives));
  }
  /// Ranks that a row looks at, first of all.
  idx first_depth(idx positives, idx most_positives) const {
    idx const wanted = o_.range_max == whole_corpus ? sum(o_.range_min, wanted_ + 16) : end_of(positives);
    idx const more = o_.range_max == automatic || o_.range_max == whole_corpus ? positives : (std::max)(o_.most_positives, most_positives);
    return (std::min)(sum(wanted, more), columns_);
  }
  /// Ranks that it looks at next, where `depth` left it short; 0 where there are no more.
  idx next_depth(std::vector<row> const& rows, idx depth) const {
    bool const full = std::all_of(rows.begin(), rows.end(), [&](row const& s) { return idx(s.list.size()) >= wanted_; });
    return o_.range_max != whole_corpus || full || depth >= columns_ ? 0 : (std::min)(sum(depth, 3 * depth), columns_);
  }

  /// The rows of one anchor, from its window: one, or one for each positive where a margin refers to each. Positives are scored.
  std::vector<row> operator()(int w, idx i, ranked<S> const* window, idx depth) {
    idx const p0 = out_.positive_offsets[std::size_t(i)], p1 = out_.positive_offsets[std::size_t(i) + 1];
    std::vector<row> result;
    engine::row_facts<S> all;
    for (idx p = p0; p < p1; ++p) {
      S const s = out_.positive_scores[std::size_t(p)];
      if (ineligible_bits(s)) continue;  // a positive that was never scored sets no margin
      if (screen.one_by_one()) result.push_back({.facts = {true, s, s}});
      if (!all.has_positive) all = {true, s, s};
      all.lowest = (std::min)(all.lowest, s), all.highest = (std::max)(all.highest, s);
    }
    if (result.empty()) result.push_back({.facts = all});
    idx const end = end_of(p1 - p0);
    for (row& r : result) {
      bool const raw = o_.stage == range_stage::before_filter;
      for (idx k = 0; k < depth; ++k) {
        candidate<S> const c{window[k].score, window[k].id, k};
        if (raw && (k < o_.range_min || k >= end)) {
          if (screen.is_positive(w, i, c.id)) ++r.dropped[0];
          continue;
        }
        if (int const by = screen(w, i, c.id, c.score, r.facts); by >= 0)
          ++r.dropped[std::size_t(by)];
        else if (by == screen.kept)
          r.list.push_back(c);
      }
      if (!raw) {
        if (idx(r.list.size()) > end) r.list.resize(std::size_t(end));
        r.list.erase(r.list.begin(), r.list.begin() + (std::min)(o_.range_min, idx(r.list.size())));
      }
      if (o_.shortage == shortage::fill_deeper && idx(r.list.size()) < wanted_)
        for (idx k = 0; k < depth; ++k) r.inspected.push_back(window[k].id);
    }
    return result;
  }

 private:
  static idx sum(idx a, idx b) { return a > whole_corpus - b ? whole_corpus : a + b; }

  idx columns_, wanted_;
  mine_options const& o_;
  mined<S> const& out_;
};

}}  // namespace foil::mining
