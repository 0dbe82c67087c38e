// The exact ranking of candidates for each anchor, as deep as asked: a fast pass finds them, a canonical one orders them.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/engine/problem.hpp"
#include "foil/simd/collect.hpp"
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
/// instruction set) and ordered. A row where more than `room` candidates lie that close takes the exact path.
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
    bool const by_columns = pool_.shared() && idx(rows.size()) < idx(workers) * 32 && pool_.columns > 4096;
    if (by_columns) {  // few rows over a large corpus: every worker takes a stretch of columns
      std::vector<std::vector<gathering>> parts(desks_.size());
      on_.run(workers, [&](int w) {
        engine::range const c = engine::part(0, pool_.columns, w, workers, chunk);
        parts[std::size_t(w)] = gather(desks_[std::size_t(w)], rows, 0, rows.size(), c.from, c.to, depth);
      });
      on_.run(workers, [&](int w) {
        engine::range const r = engine::part(0, idx(rows.size()), w, workers, 1);
        for (auto i = std::size_t(r.from); i < std::size_t(r.to); ++i) {
          gathering all = std::move(parts[0][i]);
          for (std::size_t p = 1; p < parts.size(); ++p) all.join(parts[p][i], depth);
          out[i] = settle(desks_[std::size_t(w)], rows[i], all, depth, exact[std::size_t(w)]);
        }
      });
    } else {
      on_.run(workers, [&](int w) {
        engine::range const r = engine::part(0, idx(rows.size()), w, workers, 1);
        auto const me = std::size_t(w);
        for (auto i0 = std::size_t(r.from); i0 < std::size_t(r.to); i0 += std::size_t(panel)) {
          auto const i1 = (std::min)(i0 + std::size_t(panel), std::size_t(r.to));
          if (!pool_.shared()) {
            for (auto i = i0; i < i1; ++i) out[i] = rank_all(desks_[me], rows[i], depth, nans[me]);
            continue;
          }
          auto found = gather(desks_[me], rows, i0, i1, 0, pool_.columns, depth);
          for (auto i = i0; i < i1; ++i) out[i] = settle(desks_[me], rows[i], found[i - i0], depth, exact[me]);
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
  static constexpr idx panel = 256, chunk = 512;

  struct desk : engine::desk<S> {
    std::vector<double> difference;
    std::vector<S> values;
    std::vector<idx> order;
    std::vector<unsigned char> workspace;
  };

  /// What one row found so far: everything within `band` of its depth-th best fast number.
  struct gathering {
    std::vector<ranked<S>> kept;
    S threshold = std::numeric_limits<S>::lowest();
    S band = 0;
    std::size_t room = 0;
    bool overflowed = false;

    void take(S number, idx id, idx depth) {
      kept.push_back({number, id});
      if (kept.size() >= room) tighten(depth);
    }
    void tighten(idx depth) {
      auto const k = std::size_t(depth);
      if (kept.size() <= k) return;
      std::nth_element(kept.begin(), kept.begin() + (depth - 1), kept.end(), before<S>);
      threshold = (std::max)(threshold, kept[k - 1].score - band);
      kept.erase(std::remove_if(kept.begin(), kept.end(), [this](ranked<S> const& r) { return r.score < threshold; }), kept.end());
      if (kept.size() > 4 * k + 4096) {  // a wall of ties: the exact path is cheaper than sorting it again and again
        overflowed = true, kept.clear(), threshold = (std::numeric_limits<S>::max)();
      } else {
        room = (std::max)(room, 2 * kept.size());
      }
    }
    void join(gathering const& other, idx depth) {
      overflowed = overflowed || other.overflowed;
      kept.insert(kept.end(), other.kept.begin(), other.kept.end());
      tighten(depth);
    }
  };

  /// Rounding bound on the fast number: every product and sum of a chain of dim fused steps, and the opened rows.
  S band_of(S const* anchor) const {
    auto const dim = double(pool_.candidates->dim);
    double const own = pool_.candidates->of.unit ? 1 : engine::length_of(anchor, pool_.candidates->dim);
    double size = own * longest_;
    if (pool_.candidates->of.distance) size = own * own + longest_ * longest_ + 2 * size;
    return S(2.5 * (dim + 8) * double(std::numeric_limits<S>::epsilon()) * size);
  }

  std::vector<gathering> gather(desk& d, std::vector<idx> const& rows, std::size_t i0, std::size_t i1, idx j0, idx j1, idx depth) {
    std::vector<gathering> found(i1 - i0);
    idx const dim = pool_.candidates->dim, m = idx(i1 - i0);
    S* const a = engine::desk<S>::fit(d.anchors, m * dim);
    for (idx i = 0; i < m; ++i) {  // the rows asked for need not be neighbours
      S* const to = a + i * dim;
      S const* const from = pool_.anchors->open(rows[i0 + std::size_t(i)], 1, to).data;
      if (from != to) std::copy_n(from, dim, to);
      found[std::size_t(i)].band = band_of(to);
      found[std::size_t(i)].room = std::size_t(2 * depth + 256);
    }
    if (depth <= 0) return found;
    bool const distance = pool_.candidates->of.distance;
    for (idx j = j0; j < j1; j += chunk) {
      idx const n = (std::min)(chunk, j1 - j);
      engine::dense<S> const c = pool_.candidates->open(j, n, engine::desk<S>::fit(d.candidates, n * dim));
      S* const tile = engine::desk<S>::fit(d.tile, m * n);
      simd::product_abt(a, dim, m, c.data, c.stride, n, dim, tile, n,
                        engine::desk<S>::fit(d.work, simd::product_workspace<S>(m, n, dim)));
      for (idx i = 0; i < m; ++i) {
        S* const x = tile + i * n;
        gathering& g = found[std::size_t(i)];
        if (g.overflowed || pool_.anchors->is_bad(rows[i0 + std::size_t(i)])) continue;
        if (distance) {
          S const own = pool_.anchors->square[std::size_t(rows[i0 + std::size_t(i)])];
          for (idx k = 0; k < n; ++k) x[k] = 2 * x[k] - own - pool_.candidates->square[std::size_t(j + k)];
        }
        // The threshold rises while the row is read; a stale one only lets more through.
        simd::collect_at_least(x, n, g.threshold, [&](idx k) {
          if (x[k] >= g.threshold && !pool_.candidates->is_bad(j + k)) g.take(x[k], j + k, depth);
        });
      }
    }
    return found;
  }

  /// Canonical scores of what a row gathered, in order, cut to depth.
  std::vector<ranked<S>> settle(desk& d, idx row, gathering& g, idx depth, idx& exact) {
    if (g.overflowed) {
      ++exact;
      idx unused = 0;
      return rank_all(d, row, depth, unused);
    }
    for (ranked<S>& r : g.kept) r.score = canonical(d, row, r.id);
    auto const keep = (std::min)(std::size_t((std::max)(depth, idx(0))), g.kept.size());
    std::partial_sort(g.kept.begin(), g.kept.begin() + idx(keep), g.kept.end(), before<S>);
    g.kept.resize(keep);
    return std::move(g.kept);
  }

  /// Scores every column of the row canonically (given scores: reads them) and selects.
  std::vector<ranked<S>> rank_all(desk& d, idx row, idx depth, idx& nans) {
    idx const n = pool_.columns;
    S* const all = engine::desk<S>::fit(d.tile, n);
    if (pool_.kind == pool::layout::given) {
      S const* const from = pool_.candidates->open(row, 1, engine::desk<S>::fit(d.candidates, n)).data;
      std::copy_n(from, n, all);
    } else {
      for (idx j = 0; j < n; ++j) {
        idx const id = pool_.shared() ? j : pool_.candidate(row, j);
        bool const absent = id < 0 || pool_.candidates->is_bad(id) || pool_.anchors->is_bad(row);
        all[j] = absent ? minus_infinity<S>() : canonical(d, row, j);
      }
    }
    depth = (std::min)(depth, n);
    d.values.resize(std::size_t(depth)), d.order.resize(std::size_t(depth));
    d.workspace.resize(std::size_t(simd::top_k_workspace<S>(n, depth)));
    auto const r = simd::top_k(all, n, simd::top_k_options<S>{.k = depth}, d.values.data(), d.order.data(), d.workspace.data());
    nans += r.nan_count;
    std::vector<ranked<S>> out;
    for (idx k = 0; k < r.found; ++k) out.push_back({d.values[std::size_t(k)], d.order[std::size_t(k)]});
    return out;
  }

  S canonical(desk& d, idx row, idx column) {
    idx const dim = pool_.candidates->dim;
    if (pool_.kind == pool::layout::given) return pool_.candidates->open(row, 1, engine::desk<S>::fit(d.candidates, dim)).row(0)[column];
    idx const id = pool_.shared() ? column : pool_.candidate(row, column);
    S const* const a = pool_.anchors->open(row, 1, engine::desk<S>::fit(d.u, dim)).data;
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
