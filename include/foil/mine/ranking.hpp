// SPDX-License-Identifier: BSD-3-Clause
// The exact ranking of candidates for each anchor, as deep as asked: a fast pass finds them, a canonical one orders them.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "foil/engine/problem.hpp"
#include "foil/mine/progress.hpp"
#include "foil/mine/shortlist.hpp"
#include "foil/simd/thresholded_product.hpp"
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

/// Ranks the columns of one pool for blocks of rows. The fast product may be wrong by a bound that is known; all
/// candidates within it of the threshold are kept, scored by the canonical dot product (the same bits on every
/// instruction set) and ordered. A row where too many candidates lie that close takes the exact path, and so does every
/// row of a similarity that is not monotone. Ids are columns; of a listed pool, the rows of its matrix, each once.
template <Scalar S>
class ranking {
 public:
  ranking(engine::pool_access<S> const& pool, executor const& on, ticker& tick)
      : pool_(pool),
        executor_(on),
        tick_(tick),
        workspaces_(std::size_t((std::max)(1, on.workers))),
        exact_(std::size_t(pool.anchors ? pool.anchors->n : 0), 0) {
    if (!searches()) return;
    longest_ = 1;
    if (pool.candidates->kind.unit) return;
    std::vector<double> longest(workspaces_.size(), 0);
    executor_.run(int(workspaces_.size()), [&](int w) {
      engine::source<S> const& from = *pool.candidates;
      engine::range const mine = engine::part(0, from.n, w, int(workspaces_.size()), 1);
      S* const scratch = engine::workspace<S>::fit(workspace_of(w).candidates, from.dim);
      for (idx j = mine.from; j < mine.to; ++j)
        if (!from.is_bad(j))
          longest[std::size_t(w)] = (std::max)(longest[std::size_t(w)], engine::length_of(from.open(j, 1, scratch).data, from.dim));
    });
    longest_ = *std::max_element(longest.begin(), longest.end());
  }

  /// Rows that took the exact path because of their ties.
  idx exact_rows() const { return std::count(exact_.begin(), exact_.end(), 1); }
  idx nan = 0;  ///< given scores that were NaN, in the last call

  /// The ids that a row of a listed pool names, rising, each once.
  void listed(idx row, std::vector<idx>& ids) const {
    ids.clear();
    for (idx j = 0; j < pool_.columns; ++j)
      if (idx const id = pool_.candidate(row, j); id >= 0) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }

  /// The first `depth` of each row in `rows`, in order; fewer where fewer are eligible. Anything once the job is stopped.
  std::vector<std::vector<ranked<S>>> operator()(std::vector<idx> const& rows, idx depth) {
    std::vector<std::vector<ranked<S>>> out(rows.size());
    std::vector<idx> nans(workspaces_.size(), 0);
    int const workers = int(workspaces_.size());
    idx const m = idx(rows.size());
    depth = (std::min)(depth, pool_.columns);
    if (!searches() || depth <= 0) {
      executor_.run(workers, [&](int w) {
        engine::range const r = engine::part(0, m, w, workers, 1);
        for (idx i = r.from; i < r.to; ++i)
          out[std::size_t(i)] = rank_all(workspace_of(w), rows[std::size_t(i)], depth, nans[std::size_t(w)]);
      });
    } else if (m < idx(workers) * few_rows && pool_.columns > idx(workers) * 2048) {
      // Few rows over a large corpus: every worker takes a range of columns.
      for (engine::range r : panels(0, m, depth)) {
        std::vector<std::vector<piece>> parts(workspaces_.size());
        executor_.run(workers, [&](int w) {
          engine::range const c = engine::part(0, pool_.columns, w, workers, 512);
          parts[std::size_t(w)] = gather(workspace_of(w), rows, r, c, depth);
        });
        std::vector<piece*> all;
        for (auto& part : parts)
          for (piece& p : part) all.push_back(&p);
        executor_.run(workers, [&](int w) {
          engine::range const mine = engine::part(r.from, r.to, w, workers, 1);
          for (idx i = mine.from; i < mine.to; ++i)
            out[std::size_t(i)] = settle(workspace_of(w), rows[std::size_t(i)], all, i - r.from, depth);
        });
      }
    } else {
      executor_.run(workers, [&](int w) {
        engine::range const mine = engine::part(0, m, w, workers, 1);
        for (engine::range r : panels(mine.from, mine.to, depth)) {
          std::vector<piece> found = gather(workspace_of(w), rows, r, {0, pool_.columns}, depth);
          std::vector<piece*> all;
          for (piece& p : found) all.push_back(&p);
          for (idx i = r.from; i < r.to; ++i) out[std::size_t(i)] = settle(workspace_of(w), rows[std::size_t(i)], all, i - r.from, depth);
        }
      });
    }
    nan = 0;
    for (idx n : nans) nan += n;
    return out;
  }

  /// The canonical score of one pair.
  S score(int worker, idx row, idx column) { return canonical(workspaces_[std::size_t(worker)], row, column); }

 private:
  static constexpr idx few_rows = 256, few_dots = 4;

  struct workspace : engine::workspace<S> {
    std::vector<S> plain, values, start, picked;
    std::vector<idx> order, picked_ids;
    std::vector<unsigned char> workspace;
  };
  workspace& workspace_of(int w) { return workspaces_[std::size_t(w)]; }
  /// Candidates are found by the fast product.
  bool searches() const { return pool_.shared() && pool_.monotone; }

  /// What the rows of a panel found in the columns from `first` on.
  struct piece {
    idx first;
    shortlists<S> lists;
  };

  /// Columns whose scores a row sees all at once, to have a threshold for the others: the more, the fewer are taken
  /// later only to be cut. Their packed block stays within 4 MB. 0 where it would set no threshold.
  idx first_columns(idx depth) const {
    idx const fit = (idx(4) << 20) / idx(sizeof(S)) / (std::max)(pool_.candidates->dim, idx(1));
    idx const n = (std::min)((std::min)(pool_.columns, (std::clamp)(40 * depth, idx(1536), idx(6144))), (std::max)(fit, idx(256)));
    return n > 2 * depth ? n : 0;
  }

  /// Rows from .. to in even panels: as many as share a packed block of columns, within 16 MB of room.
  static std::vector<engine::range> panels(idx from, idx to, idx depth) {
    constexpr idx tile = simd::threshold_rows<S>;
    idx const room = shortlists<S>::room_of(depth) * idx(sizeof(typename shortlists<S>::entry));
    idx const most = (std::clamp)((idx(16) << 20) / room, tile, idx(1024));
    idx const count = (to - from + most - 1) / most;
    std::vector<engine::range> all;
    for (idx p = 0; p < count; ++p) all.push_back(engine::part(from, to, int(p), int(count), tile));
    return all;
  }

  /// Products of lengths between which fast numbers and their errors are numbers of S.
  bool measurable(S const* anchor) const {
    engine::source<S> const& from = *pool_.candidates;
    if (from.kind.unit) return true;
    double const own = engine::length_of(anchor, from.dim),
                 size = from.kind.distance ? own + longest_ : std::sqrt(own) * std::sqrt(longest_);
    return size == 0 || (size > std::sqrt(engine::least_square<S>) && size < std::sqrt(engine::most_square<S>));
  }
  /// Rounding bound on the fast number, which is q . c, or q . c - c . c / 2 for distances: every product and sum of a
  /// chain of dim fused steps, and the canonical numbers' own rounding. What is less than the smallest normal number may be lost.
  double band_of(S const* anchor) const {
    auto const dim = double(pool_.candidates->dim);
    double const own = pool_.candidates->kind.unit ? 1 : engine::length_of(anchor, pool_.candidates->dim);
    double const size = pool_.candidates->kind.distance ? (own + longest_) * (own + longest_) / 2 : own * longest_;
    return 2.5 * (dim + 8) * (double(std::numeric_limits<S>::epsilon()) * size + double((std::numeric_limits<S>::min)()));
  }

  std::vector<piece> gather(workspace& d, std::vector<idx> const& rows, engine::range r, engine::range columns, idx depth) {
    idx const dim = pool_.candidates->dim, m = r.to - r.from;
    idx const padded = engine::round_up(m, simd::threshold_rows<S>);
    S* const plain = engine::workspace<S>::fit(d.plain, m * dim);
    S* const a = engine::workspace<S>::fit(d.anchors, padded * dim);
    for (idx i = 0; i < m; ++i) {  // the rows asked for need not be neighbours
      S* const to = plain + i * dim;
      S const* const from = pool_.anchors->open(rows[std::size_t(r.from + i)], 1, to).data;
      if (from != to) std::copy_n(from, dim, to);
    }
    simd::pack_threshold_rows(plain, dim, m, dim, a);
    constexpr idx panel = simd::threshold_columns<S>, few = 32 / simd::threshold_rows<S> * simd::threshold_rows<S>;
    idx const block = simd::threshold_block<S>(dim), first = (std::min)(first_columns(depth), columns.to - columns.from);
    idx const stride = engine::round_up(first, simd::word), most = (std::max)(block, stride);
    S* const b = engine::workspace<S>::fit(d.work, most * dim);
    S* const start = engine::workspace<S>::fit(d.start, most);
    S* const scratch = engine::workspace<S>::fit(d.candidates, panel * dim);
    S* const seen = engine::workspace<S>::fit(d.tile, few * stride);
    std::fill_n(seen, few * stride, std::numeric_limits<S>::lowest());  // the ends of rows that no panel reaches
    std::vector<piece> found;
    constexpr idx longest_run = idx(1) << 31;  // places are counted in 32 bits
    for (idx c0 = columns.from; c0 < columns.to; c0 += longest_run) {
      idx const c1 = (std::min)(columns.to, c0 + longest_run);
      found.push_back({c0, {m, padded, (std::min)(depth, c1 - c0)}});
      shortlists<S>& lists = found.back().lists;
      for (idx i = 0; i < m; ++i) {
        bool const plain_row = measurable(plain + i * dim);
        double const band = plain_row ? band_of(plain + i * dim) : 0, largest = double((std::numeric_limits<S>::max)());
        lists.band(i) = S((std::min)(band, largest));
        if (!plain_row || !(band < largest * double(std::numeric_limits<S>::epsilon()))) lists.give_up(i);  // a number might overflow
      }
      idx j = c0;
      if (c0 == columns.from && first > 0) {
        pack_columns(j, first, scratch, start, b);
        for (idx i0 = 0; i0 < m; i0 += few) {  // few enough rows for their scores to stay in the second-level cache
          idx const rows_here = (std::min)(few, m - i0);
          for (idx k = 0; k < first; k += block)
            simd::product_all(a + i0 * dim, rows_here, b + k * dim, (std::min)(block, first - k), dim, start + k, seen + k, stride);
          for (idx i = 0; i < rows_here; ++i) lists.take_first(i0 + i, seen + i * stride, first);
        }
        j += first;
      }
      for (; j < c1 && tick_.step(std::uint64_t(m) * std::uint64_t(block)); j += block) {
        idx const n = (std::min)(block, c1 - j);
        pack_columns(j, n, scratch, start, b);
        simd::product_hits(
            a, m, b, n, dim, start, lists.thresholds(), [&](idx i) { lists.prefetch(i); },
            [&](idx i, idx at, S number) { lists.take(i, j - c0 + at, number); });
      }
    }
    return found;
  }
  /// Columns j .. j + n: opened a panel at a time, while it is in the first-level cache, and packed.
  void pack_columns(idx j, idx n, S* scratch, S* start, S* out) const {
    constexpr idx columns = simd::threshold_columns<S>;
    engine::source<S> const& from = *pool_.candidates;
    for (idx c = 0; c < n; c += columns) {
      idx const live = (std::min)(columns, n - c);
      engine::dense<S> const opened = from.open(j + c, live, scratch);
      simd::pack_threshold_columns(opened.data, opened.stride, live, from.dim, out + c * from.dim);
      for (idx k = 0; k < columns; ++k) {
        bool const absent = k >= live || from.is_bad(j + c + k);
        start[c + k] = absent ? std::numeric_limits<S>::lowest() : from.kind.distance ? -from.square[std::size_t(j + c + k)] / 2 : S(0);
      }
    }
  }

  /// Canonical scores of what a row gathered, in order, cut to depth.
  std::vector<ranked<S>> settle(workspace& d, idx row, std::vector<piece*> const& pieces, idx i, idx depth) {
    std::vector<ranked<S>> out;
    if (pool_.anchors->is_bad(row) || tick_.stopped()) return out;
    if (pieces.size() == 1) pieces[0]->lists.cut(i, 0);
    bool gave_up = false;
    for (piece* p : pieces) gave_up = gave_up || p->lists.gave_up(i);
    if (gave_up) {
      exact_[std::size_t(row)] = 1;
      idx unused = 0;
      return rank_all(d, row, depth, unused);
    }
    S threshold = shortlists<S>::nothing;
    if (pieces.size() > 1) {
      d.values.clear();
      for (piece* p : pieces)
        for (auto const& e : p->lists[i]) d.values.push_back(e.value);
      if (idx(d.values.size()) > depth) {
        std::nth_element(d.values.begin(), d.values.begin() + (depth - 1), d.values.end(), [](S x, S y) { return x > y; });
        threshold = d.values[std::size_t(depth - 1)] - pieces[0]->lists.band(i);
      }
    }
    d.order.clear();  // columns rise, so equal scores stay in the order of their ids
    for (piece* p : pieces)
      for (auto const& e : p->lists[i])
        if (e.value >= threshold) d.order.push_back(p->first + idx(e.place));
    idx const n = idx(d.order.size());
    d.values.resize(std::size_t(n));
    engine::source<S> const& candidates = *pool_.candidates;
    idx const dim = candidates.dim;
    S const* const anchor = pool_.anchors->open(row, 1, engine::workspace<S>::fit(d.u, dim)).data;
    constexpr idx ahead = 16;
    for (idx k = 0; k < (std::min)(ahead, n); ++k) candidates.prefetch(d.order[std::size_t(k)]);
    for (idx k = 0; k < n; k += few_dots) {
      for (idx f = k + ahead; f < (std::min)(n, k + ahead + few_dots); ++f) candidates.prefetch(d.order[std::size_t(f)]);
      canonical(d, row, anchor, d.order.data() + k, (std::min)(few_dots, n - k), d.values.data() + k);
    }
    pick(d, d.values.data(), n, (std::min)(depth, n), d.order.data(), out);
    return out;
  }

  /// The first `depth` of n scores, whose ids are map[0 .. n), rising, or their places.
  idx pick(workspace& d, S const* scores, idx n, idx depth, idx const* map, std::vector<ranked<S>>& out) {
    d.workspace.resize(std::size_t(simd::top_k_workspace<S>(n, depth)));
    d.picked.resize(std::size_t(depth)), d.picked_ids.resize(std::size_t(depth));
    auto const r =
        simd::top_k(scores, n, simd::top_k_options<S>{.k = depth}, d.picked.data(), d.picked_ids.data(), d.workspace.data(), map);
    out.reserve(std::size_t(r.found));
    for (idx k = 0; k < r.found; ++k) out.push_back({d.picked[std::size_t(k)], d.picked_ids[std::size_t(k)]});
    return r.nan_count;
  }

  /// Scores every candidate of the row canonically (given scores: reads them) and selects.
  std::vector<ranked<S>> rank_all(workspace& d, idx row, idx depth, idx& nans) {
    std::vector<ranked<S>> out;
    idx const* ids = nullptr;
    idx n = pool_.columns;
    if (pool_.kind == pool::layout::listed) listed(row, d.order), ids = d.order.data(), n = idx(d.order.size());
    require(n < idx(1) << 31, "mine: rows whose candidates are all scored may have at most 2^31 - 1 of them, got ", n);
    S* const all = engine::workspace<S>::fit(d.tile, n);
    if (pool_.kind == pool::layout::given) {
      S const* const from = pool_.candidates->open(row, 1, engine::workspace<S>::fit(d.candidates, n)).data;
      std::copy_n(from, n, all);
    } else {
      if (pool_.anchors->is_bad(row)) return out;
      S const* const anchor = pool_.anchors->open(row, 1, engine::workspace<S>::fit(d.u, pool_.candidates->dim)).data;
      idx const first = pool_.shared() ? 0 : row * pool_.columns;
      for (idx j = 0; j < n; j += few_dots) {
        idx const count = (std::min)(few_dots, n - j);
        idx four[few_dots];
        for (idx k = 0; k < count; ++k) four[k] = ids != nullptr ? ids[j + k] : first + j + k;
        canonical(d, row, anchor, four, count, all + j);
        if (j % 1024 == 0 && !tick_.step(0)) return out;
      }
    }
    if (!tick_.step(std::uint64_t(n))) return out;
    nans += pick(d, all, n, (std::clamp)(depth, idx(0), n), ids, out);
    return out;
  }

  S canonical(workspace& d, idx row, idx column) {
    idx const dim = pool_.candidates->dim;
    if (pool_.kind == pool::layout::given)
      return pool_.candidates->open(row, 1, engine::workspace<S>::fit(d.candidates, dim)).row(0)[column];
    if (pool_.anchors->is_bad(row)) return minus_infinity<S>();
    idx const id = pool_.kind == pool::layout::own ? row * pool_.columns + column : column;
    return canonical(d, row, pool_.anchors->open(row, 1, engine::workspace<S>::fit(d.u, dim)).data, id);
  }
  S canonical(workspace& d, idx row, S const* anchor, idx id) {
    S number;
    canonical(d, row, anchor, &id, 1, &number);
    return number;
  }
  /// Of an opened anchor and up to few_dots rows of the candidates; an absent one scores minus infinity.
  void canonical(workspace& d, idx row, S const* a, idx const* id, idx n, S* number) {
    engine::source<S> const& from = *pool_.candidates;
    idx const dim = from.dim;
    S* const scratch = engine::workspace<S>::fit(d.g, few_dots * dim);
    S const* c[few_dots];
    double sum[few_dots];
    for (idx k = 0; k < n; ++k) c[k] = from.open(id[k], 1, scratch + k * dim).data;
    if (from.kind.distance)
      for (idx k = 0; k < n; ++k) sum[k] = simd::canonical_square_of_difference(a, c[k], dim);
    else if (n == few_dots)
      simd::canonical_dots<few_dots>(a, c, dim, sum);
    else
      for (idx k = 0; k < n; ++k) sum[k] = simd::canonical_dot(a, c[k], dim);
    for (idx k = 0; k < n; ++k) number[k] = S(sum[k]);
    pool_.link(number, n);
    for (idx k = 0; k < n; ++k) {
      if (from.is_bad(id[k]))
        number[k] = minus_infinity<S>();
      else if (lost(sum[k]))
        number[k] = pool_.score_one(row, a, id[k], c[k]);
    }
  }
  /// S cannot hold the number, or holds only some digits of it.
  bool lost(double sum) const {
    if (!finite_bits(sum)) return true;
    double const size = std::abs(sum);
    return size > engine::most_square<S> || (pool_.candidates->kind.distance && size < engine::least_square<S>);
  }

  engine::pool_access<S> const& pool_;
  executor executor_;
  ticker& tick_;
  double longest_ = 0;
  std::vector<workspace> workspaces_;
  std::vector<unsigned char> exact_;  ///< by row
};

}}  // namespace foil::mining
