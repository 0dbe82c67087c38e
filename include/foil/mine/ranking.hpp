// The exact ranking of candidates for each anchor, as deep as asked: a fast pass finds them, a canonical one orders them.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/engine/problem.hpp"
#include "foil/mine/shortlist.hpp"
#include "foil/simd/sieve.hpp"
#include "foil/simd/top_k.hpp"

namespace foil::inline FOIL_ABI::mining {

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

/// Ranks the columns of one stretch for blocks of rows. The fast product may be wrong by a bound that is known; all
/// candidates within it of the threshold are kept, scored by the canonical dot product (the same bits on every
/// instruction set) and ordered. A row where too many candidates lie that close takes the exact path.
template <Scalar S>
class ranking {
 public:
  ranking(engine::stretch<S> const& pool, executor const& on) : pool_(pool), on_(on), desks_(std::size_t((std::max)(1, on.workers))) {
    if (!pool.shared()) return;
    longest_ = 1;
    if (pool.candidates->of.unit) return;
    longest_ = 0;
    std::vector<S> scratch(static_cast<std::size_t>(pool.candidates->dim));
    for (idx j = 0; j < pool.candidates->n; ++j)
      if (!pool.candidates->is_bad(j))
        longest_ = (std::max)(longest_, engine::length_of(pool.candidates->open(j, 1, scratch.data()).data, pool.candidates->dim));
  }

  idx exact_rows = 0, nan = 0;

  /// The first `depth` of each row in `rows`, in order; fewer where fewer are eligible.
  std::vector<std::vector<ranked<S>>> operator()(std::vector<idx> const& rows, idx depth) {
    std::vector<std::vector<ranked<S>>> out(rows.size());
    std::vector<idx> exact(desks_.size(), 0), nans(desks_.size(), 0);
    int const workers = int(desks_.size());
    idx const m = idx(rows.size());
    depth = (std::min)(depth, pool_.columns);
    if (!pool_.shared() || depth <= 0) {
      on_.run(workers, [&](int w) {
        engine::range const r = engine::part(0, m, w, workers, 1);
        for (idx i = r.from; i < r.to; ++i) out[std::size_t(i)] = rank_all(desk_of(w), rows[std::size_t(i)], depth, nans[std::size_t(w)]);
      });
    } else if (m < idx(workers) * few_rows && pool_.columns > idx(workers) * first_columns(depth)) {
      // Few rows over a large corpus: every worker takes a stretch of columns.
      for (engine::range r : panels(0, m, depth)) {
        std::vector<std::vector<piece>> parts(desks_.size());
        on_.run(workers, [&](int w) {
          engine::range const c = engine::part(0, pool_.columns, w, workers, 512);
          parts[std::size_t(w)] = gather(desk_of(w), rows, r, c, depth);
        });
        std::vector<piece*> all;
        for (auto& part : parts)
          for (piece& p : part) all.push_back(&p);
        on_.run(workers, [&](int w) {
          engine::range const mine = engine::part(r.from, r.to, w, workers, 1);
          for (idx i = mine.from; i < mine.to; ++i)
            out[std::size_t(i)] = settle(desk_of(w), rows[std::size_t(i)], all, i - r.from, depth, exact[std::size_t(w)]);
        });
      }
    } else {
      on_.run(workers, [&](int w) {
        engine::range const mine = engine::part(0, m, w, workers, 1);
        for (engine::range r : panels(mine.from, mine.to, depth)) {
          std::vector<piece> found = gather(desk_of(w), rows, r, {0, pool_.columns}, depth);
          std::vector<piece*> all;
          for (piece& p : found) all.push_back(&p);
          for (idx i = r.from; i < r.to; ++i)
            out[std::size_t(i)] = settle(desk_of(w), rows[std::size_t(i)], all, i - r.from, depth, exact[std::size_t(w)]);
        }
      });
    }
    for (idx n : exact) exact_rows += n;
    for (idx n : nans) nan += n;
    return out;
  }

  /// The canonical score of one pair.
  S score(idx row, idx column) { return canonical(desks_[0], row, column); }
  S score(int worker, idx row, idx column) { return canonical(desks_[std::size_t(worker)], row, column); }

 private:
  static constexpr idx few_rows = 256;

  struct desk : engine::desk<S> {
    std::vector<double> difference;
    std::vector<S> values, start, picked;
    std::vector<idx> order, picked_ids;
    std::vector<unsigned char> workspace;
  };
  desk& desk_of(int w) { return desks_[std::size_t(w)]; }

  /// What the rows of a panel found in the columns from `first` on.
  struct piece {
    idx first;
    shortlists<S> lists;
  };

  /// Columns that a row takes without asking, to have a threshold for the others.
  static idx first_columns(idx depth) { return (std::clamp)(16 * depth, idx(1024), (std::max)(idx(2048), 4 * depth)); }

  /// Rows from .. to in even panels: as many as share a packed block of columns, within 16 MB of room.
  static std::vector<engine::range> panels(idx from, idx to, idx depth) {
    constexpr idx tile = simd::sieve_rows<S>;
    idx const most = (std::clamp)((idx(16) << 20) / shortlists<S>::bytes(first_columns(depth)), tile, idx(1024));
    idx const count = (to - from + most - 1) / most;
    std::vector<engine::range> all;
    for (idx p = 0; p < count; ++p) all.push_back(engine::part(from, to, int(p), int(count), tile));
    return all;
  }

  /// Rounding bound on the fast number, which is q . c, or q . c - c . c / 2 for distances: every product and sum of a
  /// chain of dim fused steps, and the canonical numbers' own rounding.
  double band_of(S const* anchor) const {
    auto const dim = double(pool_.candidates->dim);
    double const own = pool_.candidates->of.unit ? 1 : engine::length_of(anchor, pool_.candidates->dim);
    double const size = pool_.candidates->of.distance ? (own + longest_) * (own + longest_) / 2 : own * longest_;
    return 2.5 * (dim + 8) * double(std::numeric_limits<S>::epsilon()) * size;
  }

  std::vector<piece> gather(desk& d, std::vector<idx> const& rows, engine::range r, engine::range columns, idx depth) {
    idx const dim = pool_.candidates->dim, m = r.to - r.from;
    idx const padded = engine::round_up(m, simd::sieve_rows<S>);
    S* const plain = engine::desk<S>::fit(d.tile, m * dim);
    S* const a = engine::desk<S>::fit(d.anchors, padded * dim);
    for (idx i = 0; i < m; ++i) {  // the rows asked for need not be neighbours
      S* const to = plain + i * dim;
      S const* const from = pool_.anchors->open(rows[std::size_t(r.from + i)], 1, to).data;
      if (from != to) std::copy_n(from, dim, to);
    }
    simd::pack_sieve_rows(plain, dim, m, dim, a);
    idx const block = simd::sieve_block<S>(dim);
    S* const b = engine::desk<S>::fit(d.work, block * dim);
    S* const scratch = engine::desk<S>::fit(d.candidates, simd::sieve_columns<S> * dim);
    S* const start = engine::desk<S>::fit(d.start, block);
    std::vector<piece> found;
    constexpr idx longest_stretch = idx(1) << 31;  // places are counted in 32 bits
    for (idx c0 = columns.from; c0 < columns.to; c0 += longest_stretch) {
      idx const c1 = (std::min)(columns.to, c0 + longest_stretch), first = (std::min)(c1 - c0, first_columns(depth));
      found.push_back({c0, {m, padded, depth, engine::round_up(first, simd::sieve_columns<S>)}});
      shortlists<S>& lists = found.back().lists;
      for (idx i = 0; i < m; ++i) {
        double const band = band_of(plain + i * dim);
        lists[i].band = S((std::min)(band, double((std::numeric_limits<S>::max)())));
        // No number may overflow; a row that is absent finds nothing.
        bool const huge = !(band < double((std::numeric_limits<S>::max)()) * double(std::numeric_limits<S>::epsilon()));
        if (huge) lists.give_up(i);
      }
      for (idx j = c0; j < c1;) {
        bool const dense = j - c0 < first;
        idx const n = (std::min)(block, (dense ? c0 + first : c1) - j);
        pack_columns(j, n, scratch, start, b);
        if (dense) {
          simd::sieve_all(a, m, b, n, dim, start, lists.values() + (j - c0), lists.stride());
        } else {
          simd::sieve_hits(a, m, b, n, dim, start, lists.thresholds(),
                           [&](idx i, idx at, S number) { lists.take(i, j - c0 + at, number); });
        }
        j += n;
        if (dense && j - c0 == first)
          for (idx i = 0; i < m; ++i) lists.take_first(i, first);
      }
    }
    return found;
  }
  /// Columns j .. j + n: opened a panel at a time, while it is in the first-level cache, and packed.
  void pack_columns(idx j, idx n, S* scratch, S* start, S* out) const {
    constexpr idx columns = simd::sieve_columns<S>;
    engine::source<S> const& from = *pool_.candidates;
    for (idx c = 0; c < n; c += columns) {
      idx const live = (std::min)(columns, n - c);
      engine::dense<S> const opened = from.open(j + c, live, scratch);
      simd::pack_sieve_columns(opened.data, opened.stride, live, from.dim, out + c * from.dim);
      for (idx k = 0; k < columns; ++k) {
        bool const absent = k >= live || from.is_bad(j + c + k);
        start[c + k] = absent ? std::numeric_limits<S>::lowest() : from.of.distance ? -from.square[std::size_t(j + c + k)] / 2 : S(0);
      }
    }
  }

  /// Canonical scores of what a row gathered, in order, cut to depth.
  std::vector<ranked<S>> settle(desk& d, idx row, std::vector<piece*> const& pieces, idx i, idx depth, idx& exact) {
    std::vector<ranked<S>> out;
    if (pool_.anchors->is_bad(row)) return out;
    if (pieces.size() == 1) pieces[0]->lists.cut(i, 0);
    bool gave_up = false;
    for (piece* p : pieces) gave_up = gave_up || p->lists[i].gave_up;
    if (gave_up) {
      ++exact;
      idx unused = 0;
      return rank_all(d, row, depth, unused);
    }
    d.order.clear();
    if (pieces.size() == 1) {
      auto const& r = pieces[0]->lists[i];
      for (idx k = 0; k < r.count; ++k) d.order.push_back(pieces[0]->first + idx(r.place[k]));
    } else {
      d.values.clear();
      for (piece* p : pieces)
        for (idx k = 0; k < p->lists[i].count; ++k) d.values.push_back(p->lists[i].value[k]);
      S threshold = shortlists<S>::nothing;
      if (idx(d.values.size()) > depth) {
        std::nth_element(d.values.begin(), d.values.begin() + (depth - 1), d.values.end(), [](S x, S y) { return x > y; });
        threshold = d.values[std::size_t(depth - 1)] - pieces[0]->lists[i].band;
      }
      for (piece* p : pieces) {
        auto const& r = p->lists[i];
        for (idx k = 0; k < r.count; ++k)
          if (r.value[k] >= threshold) d.order.push_back(p->first + idx(r.place[k]));
      }
    }
    // Columns rise in `order`, so equal scores stay in the order of their ids.
    idx const n = idx(d.order.size()), keep = (std::min)(depth, n);
    d.values.resize(std::size_t(n));
    S* const scores = d.values.data();
    S const* const anchor = pool_.anchors->open(row, 1, engine::desk<S>::fit(d.u, pool_.candidates->dim)).data;
    for (idx k = 0; k < n; ++k) {
      idx const id = d.order[std::size_t(k)];
      scores[k] = pool_.candidates->is_bad(id) ? minus_infinity<S>() : canonical(d, anchor, id);
    }
    pick(d, scores, n, keep, d.order.data(), out);
    return out;
  }

  /// The first `depth` of n scores, whose ids are map[0 .. n), rising, or their places.
  idx pick(desk& d, S const* scores, idx n, idx depth, idx const* map, std::vector<ranked<S>>& out) {
    d.workspace.resize(std::size_t(simd::top_k_workspace<S>(n, depth)));
    d.picked.resize(std::size_t(depth)), d.picked_ids.resize(std::size_t(depth));
    auto const r = simd::top_k(scores, n, simd::top_k_options<S>{.k = depth}, d.picked.data(), d.picked_ids.data(), d.workspace.data(), map);
    out.reserve(std::size_t(r.found));
    for (idx k = 0; k < r.found; ++k) out.push_back({d.picked[std::size_t(k)], d.picked_ids[std::size_t(k)]});
    return r.nan_count;
  }

  /// Scores every column of the row canonically (given scores: reads them) and selects.
  std::vector<ranked<S>> rank_all(desk& d, idx row, idx depth, idx& nans) {
    idx const n = pool_.columns;
    S* const all = engine::desk<S>::fit(d.tile, n);
    if (pool_.kind == pool::layout::given) {
      S const* const from = pool_.candidates->open(row, 1, engine::desk<S>::fit(d.candidates, n)).data;
      std::copy_n(from, n, all);
    } else {
      S const* const anchor = pool_.anchors->open(row, 1, engine::desk<S>::fit(d.u, pool_.candidates->dim)).data;
      for (idx j = 0; j < n; ++j) {
        idx const id = pool_.shared() ? j : pool_.candidate(row, j);
        bool const absent = id < 0 || pool_.candidates->is_bad(id) || pool_.anchors->is_bad(row);
        all[j] = absent ? minus_infinity<S>() : canonical(d, anchor, id);
      }
    }
    std::vector<ranked<S>> out;
    nans += pick(d, all, n, (std::clamp)(depth, idx(0), n), nullptr, out);
    return out;
  }

  S canonical(desk& d, idx row, idx column) {
    idx const dim = pool_.candidates->dim;
    if (pool_.kind == pool::layout::given) return pool_.candidates->open(row, 1, engine::desk<S>::fit(d.candidates, dim)).row(0)[column];
    idx const id = pool_.shared() ? column : pool_.candidate(row, column);
    return canonical(d, pool_.anchors->open(row, 1, engine::desk<S>::fit(d.u, dim)).data, id);
  }
  /// Of an opened anchor and row `id` of the candidates.
  S canonical(desk& d, S const* a, idx id) {
    idx const dim = pool_.candidates->dim;
    S const* const c = pool_.candidates->open(id, 1, engine::desk<S>::fit(d.g, dim)).data;
    S number;
    if (pool_.candidates->of.distance) {
      d.difference.resize(std::size_t(dim));
      for (idx k = 0; k < dim; ++k) d.difference[std::size_t(k)] = double(a[k]) - double(c[k]);
      number = S(simd::canonical_sum_of_squares(d.difference.data(), dim));
    } else {
      number = S(simd::canonical_dot(a, c, dim));
    }
    pool_.link(&number, 1);
    return number;
  }

  engine::stretch<S> const& pool_;
  executor on_;
  double longest_ = 0;
  std::vector<desk> desks_;
};

}  // namespace foil::inline FOIL_ABI::mining
