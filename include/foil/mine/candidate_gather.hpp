// SPDX-License-Identifier: BSD-3-Clause
// The fast pass of mining: for a panel of anchors, every candidate whose score may belong to the first `depth`. One file because
// the thresholds' first columns, the integer pass and the float pass share a panel's memory and its lists.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "foil/engine/work_range.hpp"
#include "foil/mine/integer_screen.hpp"
#include "foil/mine/progress.hpp"
#include "foil/mine/ranked.hpp"
#include "foil/mine/score_numbers.hpp"
#include "foil/simd/counted_product.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// What the rows of a panel found in the columns from `first` on.
template <Scalar S>
struct piece {
  idx first;  ///< column that the lists count from
  shortlists<S> lists;
};

/// Products of whole numbers find the pairs that may reach a row's threshold, and those are scored at once; without such
/// products, or where they do not pay, the float product scores all. Either number may be wrong by a bound that is known.
template <Scalar S>
class candidate_gather {
 public:
  /// `workers`: number of workspaces.
  candidate_gather(engine::pool_access<S> const& pool, ticker& tick, int workers)
      : pool_(pool),
        tick_(tick),
        block_(integer_screen<S>::block((std::max)(pool.candidates->dim, idx(1)))),
        screens_(static_cast<std::size_t>(workers)),
        by_float_(static_cast<std::size_t>(workers), 0) {}
  /// The length of the longest candidate.
  void set_longest(double longest) { longest_ = longest; }
  double longest() const { return longest_; }
  /// From now on what is packed serves all workers and panels.
  void share_packed() {
    idx const dim = pool_.candidates->dim;
    if constexpr (simd::integer_kernel<8>::exists)
      if (!shared_.is_open() && integer_screen<S>::suits_8_bits(dim)) shared_.open(pool_.columns, dim, block_, int(screens_.size()));
  }

  screening seen() const {
    screening all;
    for (auto const& s : screens_) all += s.seen;
    for (idx n : by_float_) all.by_float += n;
    return all;
  }

  static constexpr idx max_rows = 1024;
  /// Rows [from, to) in even panels: as many as share a packed block of columns, with lists within 16 MB.
  static std::vector<engine::range> panels(idx from, idx to, idx depth) {
    constexpr idx tile = simd::threshold_rows<S>;
    idx const list = shortlists<S>::capacity_of(depth) * idx(sizeof(typename shortlists<S>::entry));
    idx const most = (std::clamp)((idx(16) << 20) / list, tile, max_rows);
    idx const count = (to - from + most - 1) / most;
    std::vector<engine::range> all;
    for (idx p = 0; p < count; ++p) all.push_back(engine::part(from, to, int(p), int(count), tile));
    return all;
  }

  /// What requests r.from .. r.to find in some columns, on worker w.
  std::vector<piece<S>> operator()(int w, workspace<S>& d, requests<S> const& asked, engine::range r, engine::range columns, idx depth) {
    panel p{d, screens_[std::size_t(w)], by_float_[std::size_t(w)], asked, r.from, r.to - r.from, {}, {}, {}};
    idx const dim = pool_.candidates->dim,
              first = (std::min)(engine::round_up(first_columns(depth), integer_tile), columns.to - columns.from);
    p.plain = engine::workspace<S>::fit(d.plain, p.m * dim);
    p.packed = engine::workspace<S>::fit(d.anchors, engine::round_up(p.m, tile_rows) * dim);
    for (idx i = 0; i < p.m; ++i) {  // the rows asked for need not be neighbours
      S* const to = p.plain + i * dim;
      S const* const from = pool_.anchors->open(asked.rows[std::size_t(r.from + i)].row, 1, to).data;
      if (from != to) std::copy_n(from, dim, to);
    }
    simd::pack_threshold_rows(p.plain, dim, p.m, dim, p.packed);
    std::vector<piece<S>> found;
    constexpr idx longest_run = idx(1) << 31;  // places are counted in 32 bits
    for (idx c0 = columns.from; c0 < columns.to; c0 += longest_run) {
      idx const c1 = (std::min)(columns.to, c0 + longest_run);
      found.push_back(
          {c0, {p.m, engine::round_up(p.m, tile_rows), (std::min)(depth, c1 - c0), asked.has_bounds ? 1 + asked.counted_per_row : 0}});
      p.lists = &found.back().lists;
      begin(p);
      idx j = c0;
      if (c0 == columns.from && first > 0) take_first(p, j, first), j += first;
      for (idx n; j < c1; j += n) {
        n = (std::min)(p.screen.pays() ? block_ - j % block_ : float_block(), c1 - j);
        if (!tick_.step(std::uint64_t(p.m) * std::uint64_t(n))) break;
        search(p, j, n, j - c0);
      }
    }
    return found;
  }

 private:
  static constexpr idx tile_rows = simd::threshold_rows<S>, tile_columns = simd::threshold_columns<S>;
  static constexpr idx integer_tile = 32;  ///< a multiple of every integer kernel's columns

  struct panel {
    workspace<S>& d;
    integer_screen<S>& screen;
    idx& by_float;
    requests<S> const& asked;
    idx first, m;       ///< the first of the requests, their number
    S *plain, *packed;  ///< the anchors, opened; and as the float product reads them
    shortlists<S>* lists;
  };
  idx float_block() const { return simd::threshold_block<S>(pool_.candidates->dim); }

  /// Columns whose scores a row sees all at once, to have a threshold for the others: the more, the fewer are taken
  /// later only to be cut. Their packed block stays within 4 MB. 0 where it would set no threshold.
  idx first_columns(idx depth) const {
    idx const fit = (idx(4) << 20) / idx(sizeof(S)) / (std::max)(pool_.candidates->dim, idx(1));
    idx const n = (std::min)((std::min)(pool_.columns, (std::clamp)(30 * depth, idx(1024), idx(6144))), (std::max)(fit, idx(256)));
    return n > 2 * depth ? n : 0;
  }
  /// Products of lengths between which fast numbers and their errors are numbers of S.
  bool is_measurable(double length) const {
    if (pool_.candidates->kind.unit) return true;
    double const size = pool_.candidates->kind.distance ? length + longest_ : std::sqrt(length) * std::sqrt(longest_);
    return size == 0 || (size > std::sqrt(engine::min_square<S>) && size < std::sqrt(engine::max_square<S>));
  }
  /// Rounding bound on the fast number, which is q . c, or q . c - c . c / 2 for distances: every product and sum of a
  /// chain of dim fused steps, and the canonical numbers' own rounding. What is less than the smallest normal number may be lost.
  double band_of(double length) const {
    double const size = pool_.candidates->kind.distance ? (length + longest_) * (length + longest_) / 2 : length * longest_;
    return 2.5 * (double(pool_.candidates->dim) + 8) *
           (double(std::numeric_limits<S>::epsilon()) * size + double((std::numeric_limits<S>::min)()));
  }

  /// Bands of the rows; those whose numbers might overflow give up.
  void begin(panel& p) const {
    idx const dim = pool_.candidates->dim;
    bool fits = longest_ < integer_screen<S>::longest_allowed;
    for (idx i = 0; i < p.m; ++i) {
      S* const row = p.plain + i * dim;
      double const length = pool_.candidates->kind.unit ? 1 : engine::length_of(row, dim),
                   largest = double((std::numeric_limits<S>::max)());
      bool const measurable = is_measurable(length);
      double const band = measurable ? band_of(length) : 0;
      p.lists->band(i) = S((std::min)(band, largest));
      if (!measurable || !(band < largest * double(std::numeric_limits<S>::epsilon())))
        p.lists->give_up(i), std::fill_n(row, dim, S(0));
      else {
        fits = fits && length < integer_screen<S>::longest_allowed;
        if (p.asked.has_bounds) set_cutoffs(p, i, length, band);
      }
    }
    p.screen.begin(p.plain, p.m, dim, pool_.candidates->kind.distance, *p.lists);
    if (!fits || (p.asked.has_bounds && !pool_.candidates->bad.empty())) p.screen.stop();  // absent columns must not be counted
  }
  /// The bounds of row i as bounds on its fast numbers, each with the numbers near it that may lie on the other side.
  void set_cutoffs(panel& p, idx i, double length, double band) const {
    score_numbers<S> const numbers(pool_, p.plain + i * pool_.candidates->dim, (std::max)(length, longest_));
    request<S> const& r = p.asked.rows[std::size_t(p.first + i)];
    auto const as_number = [](double x) {
      return S((std::clamp)(x, double(shortlists<S>::lowest_score), double(-shortlists<S>::lowest_score)));
    };
    constexpr S most = (std::numeric_limits<S>::max)();
    // No number is lower; a threshold of that size keeps the integer search within its range.
    double const least = length * longest_ + (pool_.candidates->kind.distance ? longest_ * longest_ / 2 : 0) + 2 * band;
    S low = most, high = most, kept = std::numeric_limits<S>::lowest();
    if (r.has_upper()) {
      double const last = numbers.highest(r.upper), first = r.after < 0 ? last : (std::min)(last, numbers.lowest(r.upper));
      p.lists->set_cutoff(i, 0, low = as_number(first - band), high = as_number(last + band));
    }
    for (idx k = 0; k < p.asked.counted_per_row; ++k) {
      counted_score<S> const score = p.asked.score(p.first + i, k);
      if (!score.is_any()) continue;
      double const at = score.or_equal ? numbers.lowest(score.above) : numbers.highest(score.above);
      S const end = as_number(at + band);
      p.lists->set_cutoff(i, k + 1, as_number(at - band), end);
      if (end < high) kept = (std::max)(kept, end);
    }
    double const lowest = r.has_lower() ? numbers.lowest(r.lower) - band : -least;
    p.lists->set_least(i, (std::min)(as_number(lowest), low), kept);  // below the band of cutoff 0, whatever the bounds
  }

  /// The scores of the first columns, by the float product: they set the thresholds.
  void take_first(panel& p, idx j, idx n) const {
    constexpr idx few = 32 / tile_rows * tile_rows;
    idx const dim = pool_.candidates->dim, block = float_block(), stride = engine::round_up(n, simd::word);
    S* const b = engine::workspace<S>::fit(p.d.work, stride * dim);
    S* const start = engine::workspace<S>::fit(p.d.start, stride);
    S* const scores = engine::workspace<S>::fit(p.d.tile, few * stride);
    std::fill_n(scores, few * stride, std::numeric_limits<S>::lowest());  // the ends of rows that no panel reaches
    pack_columns(p.d, j, n, start, b);
    for (idx i0 = 0; i0 < p.m; i0 += few) {  // few enough rows for their scores to stay in the second-level cache
      idx const rows_here = (std::min)(few, p.m - i0);
      for (idx k = 0; k < n; k += block)
        simd::product_all(p.packed + i0 * dim, rows_here, b + k * dim, (std::min)(block, n - k), dim, start + k, scores + k, stride);
      for (idx i = 0; i < rows_here; ++i) p.lists->take_first(i0 + i, scores + i * stride, n);
    }
    p.by_float += p.m * n;
  }

  /// Columns [j, j + n), at `place` and beyond of the lists.
  void search(panel& p, idx j, idx n, idx place) {
    idx const dim = pool_.candidates->dim, block = float_block();
    idx from = 0;
    if (p.screen.pays()) {
      candidate_block<S> columns(*pool_.candidates, j, n);
      if (!shared_.is_open() || pool_.candidates->stored.data == nullptr) columns.open_all(engine::workspace<S>::fit(p.d.work, n * dim));
      from = p.screen.search(columns, place, shared_, engine::workspace<S>::fit(p.d.candidates, integer_tile * dim));
    }
    for (idx k = 0; from < p.m && k < n; k += block) {  // `from` is on a tile
      idx const live = (std::min)(block, n - k);
      S* const b = engine::workspace<S>::fit(p.d.work, engine::round_up(live, tile_columns) * dim);
      S* const start = engine::workspace<S>::fit(p.d.start, engine::round_up(live, tile_columns));
      pack_columns(p.d, j + k, live, start, b);
      auto const meet = [&](idx i) { p.lists->prefetch(from + i); };
      auto const take = [&](idx i, idx at, S number) { p.lists->take(from + i, place + k + at, number); };
      S const *const a = p.packed + from * dim, *const thresholds = p.lists->thresholds() + from;
      if (p.asked.has_bounds)
        simd::product_counts(a, p.m - from, b, live, dim, start, thresholds, p.lists->cutoffs().from(from), meet, take);
      else
        simd::product_hits(a, p.m - from, b, live, dim, start, thresholds, meet, take);
      p.by_float += (p.m - from) * live;
    }
  }

  S start_of(idx j) const { return candidate_block<S>::start(*pool_.candidates, j); }
  /// Columns j .. j + n for the float product: opened a tile at a time, while it is in the first-level cache, and packed.
  void pack_columns(workspace<S>& d, idx j, idx n, S* start, S* out) const {
    idx const dim = pool_.candidates->dim;
    S* const scratch = engine::workspace<S>::fit(d.candidates, tile_columns * dim);
    for (idx c = 0; c < n; c += tile_columns) {
      idx const live = (std::min)(tile_columns, n - c);
      engine::dense<S> const opened = pool_.candidates->open(j + c, live, scratch);
      simd::pack_threshold_columns(opened.data, opened.stride, live, dim, out + c * dim);
      for (idx k = 0; k < tile_columns; ++k) start[c + k] = k < live ? start_of(j + c + k) : std::numeric_limits<S>::lowest();
    }
  }

  engine::pool_access<S> const& pool_;
  ticker& tick_;
  double longest_ = 1;
  idx block_;  ///< columns that are searched at a time end at multiples of it
  packed_candidates<8> shared_;
  std::vector<integer_screen<S>> screens_;
  std::vector<idx> by_float_;
};

}}  // namespace foil::mining
