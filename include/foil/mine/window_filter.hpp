// SPDX-License-Identifier: BSD-3-Clause
// What the filters and the rank window leave of a row's ranked candidates. One file because what a row is drawn from and what is counted as
// dropped are two sides of the same windows.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "foil/mine/mined.hpp"
#include "foil/mine/options.hpp"
#include "foil/mine/ranked.hpp"
#include "foil/mine/screen.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// A candidate of a row, its score and its rank among all candidates of the row, from 0.
template <Scalar S>
struct candidate {
  S score;
  idx id, rank;
};

/// One row of a result: candidates that passed the filters, counts of those that did not, and the negatives chosen.
template <Scalar S, std::size_t Filters>
struct survivors {
  std::vector<candidate<S>> list{};        ///< passed all filters, in order
  std::vector<candidate<S>> chosen{};      ///< what sampling and the shortage policy made of it
  std::array<idx, Filters + 1> dropped{};  ///< [0] positives; [f + 1] by filter f
  std::vector<idx> inspected{};            ///< what fill_deeper leaves out,
  bool saw_all = false;                    ///< or all candidates
  engine::row_facts<S> facts{};            ///< the positives' scores that filters refer to
  score_bounds<S, Filters> bounds{};       ///< of filters by score alone, where the scan compares them
  idx filled = 0;                          ///< chosen ones that the shortage policy added
  bool is_short = false;                   ///< fewer are left than were wanted
};

template <Scalar S, class P>
class window_filter {
 public:
  using row = survivors<S, P::biases_count>;

  /// `ids`: how many the roles know; `columns`: candidates of a row; `wanted`: slots of a row; `out`: where its positives are read;
  /// `caller`: the function that messages name.
  window_filter(P const& pool, idx ids, idx columns, idx wanted, mine_options const& o, mined<S> const& out, char const* caller)
      : screen(pool, ids, (std::max)(1, o.executor.workers), o.include_positives, caller),
        columns_(columns),
        wanted_(wanted),
        o_(o),
        out_(out) {}

  mining::screen<S, P> screen;

  /// End of the rank window, the same for all rows of a job whose rows have at most so many positives.
  idx end_of(idx max_positives) const {
    if (o_.range_max != automatic) return o_.range_max;
    return sum(o_.range_min, sum(screen.widens() ? 10 * wanted_ : wanted_, max_positives));
  }
  /// How many ranks a row looks at first.
  idx first_depth(idx positives, idx max_positives) const {
    bool const all = o_.range_max == whole_corpus;
    return (std::min)(all ? sum(sum(o_.range_min, wanted_ + 16), positives) : sum(end_of(max_positives), max_positives), columns_);
  }
  /// Filters by score alone are compared during the scan, and what they drop is counted: over the whole corpus, unless positives stay
  /// candidates, or each positive bounds a row of its own.
  bool scans_bounds() const {
    constexpr auto by_score = mining::screen<S, P>::by_score();
    constexpr bool any = std::find(by_score.begin(), by_score.end(), true) != by_score.end();
    return any && o_.range_max == whole_corpus && !o_.include_positives && !screen.one_by_one();
  }

  /// The rows of one anchor, whose positives are scored: one, or one for each positive where a margin refers to each.
  std::vector<row> rows_of(idx i) const {
    std::vector<row> result;
    engine::row_facts<S> all;
    for (idx p = out_.positive_offsets[std::size_t(i)]; p < out_.positive_offsets[std::size_t(i) + 1]; ++p) {
      S const s = out_.positive_scores[std::size_t(p)];
      if (ineligible_bits(s)) continue;  // a positive that was never scored sets no margin
      if (screen.one_by_one()) result.push_back({.facts = {true, s, s}});
      if (!all.has_positive) all = {true, s, s};
      all.lowest = (std::min)(all.lowest, s), all.highest = (std::max)(all.highest, s);
    }
    if (result.empty()) result.push_back({.facts = all});
    if (scans_bounds()) result[0].bounds = screen.bounds(i, all);
    return result;
  }
  /// What the filters leave of n ranked candidates, whose first has rank `from`, is added to an anchor's rows.
  void take(int w, idx i, std::vector<row>& rows, ranked<S> const* window, idx n, idx from) {
    bool const raw = o_.stage == range_stage::before_filter;
    for (row& r : rows)
      for (idx k = 0; k < n; ++k) {
        candidate<S> const c{window[k].score, window[k].id, from + k};
        if (records()) r.inspected.push_back(c.id);
        if (raw && (c.rank < o_.range_min || c.rank >= out_.range_max)) {
          if (!counts_positives() && !o_.include_positives && screen.is_positive(w, i, c.id)) ++r.dropped[0];
          continue;
        }
        if (int const by = screen(w, i, c.id, c.score, r.facts); by >= 0)
          r.dropped[std::size_t(by)] += by > 0 || !counts_positives();
        else if (by == screen.kept)
          r.list.push_back(c);
      }
  }
  /// Whether every row has enough candidates.
  bool are_full(std::vector<row> const& rows) const {
    return std::all_of(rows.begin(), rows.end(), [&](row const& r) { return idx(r.list.size()) >= needed(); });
  }
  /// End of the ranks that an anchor's rows are drawn from: over the whole corpus, the first depth, or four times as much, and so on, at
  /// which they are full.
  idx drawn_from(std::vector<row> const& rows, idx first_depth) const {
    if (o_.range_max != whole_corpus) return first_depth;
    auto const holds = [&](row const& r, idx depth) {
      idx const n = needed();
      return n == 0 || (idx(r.list.size()) >= n && r.list[std::size_t(n - 1)].rank < depth);
    };
    idx depth = first_depth;
    while (depth < columns_ && !std::all_of(rows.begin(), rows.end(), [&](row const& r) { return holds(r, depth); }))
      depth = (std::min)(sum(depth, 3 * depth), columns_);
    return depth;
  }
  /// The rows are complete; `from` is where the ranks that they are drawn from end.
  void finish(std::vector<row>& rows, idx from) const {
    for (row& r : rows) {
      std::erase_if(r.list, [&](candidate<S> const& c) { return c.rank >= from; });
      if (o_.stage == range_stage::after_filter) {
        if (idx(r.list.size()) > out_.range_max) r.list.resize(std::size_t(out_.range_max));
        r.list.erase(r.list.begin(), r.list.begin() + (std::min)(o_.range_min, idx(r.list.size())));
      }
      bool const is_full = idx(r.list.size()) >= wanted_;
      if (is_full && o_.sampling.takes_hardest()) r.inspected.clear();
      r.saw_all = !is_full && o_.range_max == whole_corpus;
    }
  }
  /// Over the whole corpus positives are counted wherever they rank. `ids`: a row's candidates, rising; null: all columns.
  void count_positives(idx i, std::vector<row>& rows, std::vector<idx> const* ids) const {
    if (!counts_positives()) return;
    idx n = 0;
    each_positive(i, ids, [&](idx, S) { ++n; });
    for (row& r : rows) r.dropped[0] = n;
  }
  /// Counts what filters by score alone drop of a row's candidates, positives and absent ones left out; row t of the windows found;
  /// score(id): the score of a candidate.
  template <class F>
  void count_by_score(idx i, row& r, windows<S> const& found, idx t, std::vector<idx> const* ids, F const& score) const {
    auto const within = r.bounds.within(found, t);
    for (std::size_t f = 0; f < P::biases_count; ++f)
      if (mining::screen<S, P>::by_score()[f]) r.dropped[f + 1] = within[f] - within[f + 1];
    auto const leave_out = [&](idx, S s) {
      if (int const by = r.bounds.dropped_by(s); by >= 0) --r.dropped[std::size_t(by) + 1];
    };
    each_positive(i, ids, leave_out);
    screen.absent(i, [&](idx id) {
      if (S const s = is_candidate(ids, id) ? score(id) : minus_infinity<S>(); !ineligible_bits(s)) leave_out(id, s);
    });
  }

 private:
  /// Roles may name columns that are not there: anchors of `same_rows` beyond the last.
  bool is_candidate(std::vector<idx> const* ids, idx id) const {
    return ids == nullptr ? id < columns_ : std::binary_search(ids->begin(), ids->end(), id);
  }
  /// f(id, score) for the positives of a row that are among its candidates.
  template <class F>
  void each_positive(idx i, std::vector<idx> const* ids, F const& f) const {
    for (auto p = std::size_t(out_.positive_offsets[std::size_t(i)]); p < std::size_t(out_.positive_offsets[std::size_t(i) + 1]); ++p)
      if (is_candidate(ids, out_.positives[p]) && !ineligible_bits(out_.positive_scores[p])) f(out_.positives[p], out_.positive_scores[p]);
  }
  /// Whether fill_deeper may ask what was inspected: not where a row that is not full has seen all.
  bool records() const { return o_.shortage == shortage::fill_deeper && (o_.range_max != whole_corpus || !o_.sampling.takes_hardest()); }
  /// Whether all positives of a row are counted at once, wherever they rank.
  bool counts_positives() const { return o_.range_max == whole_corpus && !o_.include_positives; }
  static idx sum(idx a, idx b) { return a > whole_corpus - b ? whole_corpus : a + b; }
  /// How many survivors make a row full.
  idx needed() const { return o_.stage == range_stage::after_filter && wanted_ > 0 ? sum(wanted_, o_.range_min) : wanted_; }

  idx columns_, wanted_;
  mine_options const& o_;
  mined<S> const& out_;
};

}}  // namespace foil::mining
