// SPDX-License-Identifier: BSD-3-Clause
// From slopes over blocks of scores to the gradients of anchors and candidates. One file because both treat the pairs that were
// scored one by one alike.
#pragma once

#include <algorithm>
#include <atomic>
#include <utility>

#include "foil/engine/grid.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

template <Scalar S>
class gradients {
 public:
  gradients(problem<S> const& p, grid<S>& g) : p_(p), grid_(g) {}

  /// Sets all gradients to zeros, in the memory of `out`.
  void open(outcome<S>& out) {
    auto const pools = p_.pools.size();
    out.pools.resize(pools), out.weights.resize(pools), column_sums_.resize(pools), candidates_apart_.resize(pools);
    for (std::size_t n = 0; n < pools; ++n) {
      pool_access<S> const& pool = *p_.pools[n];
      bool const trains = p_.gradients && pool.trains;
      source<S> const& c = *pool.candidates;
      clear(out.pools[n], trains, c.n, c.dim);
      named_rows const* const table = trains ? c.of_table : nullptr;
      out.pools[n].table_rows = table ? table->table_rows : -1;
      out.pools[n].ids.resize(table ? std::size_t(c.n) : 0);
      for (idx i = 0; table && i < c.n; ++i) out.pools[n].ids[std::size_t(c.gradient_row(i))] = c.row_number(i);
      clear(out.weights[n], p_.gradients && p_.weight_gradient[n], p_.rows, pool.columns);
      if (!pool.candidates->kind.distance || !trains) continue;
      column_sums_[n].assign(std::size_t(pool.candidates->n), 0);
      if (pool.shared()) candidates_apart_[n].resize(std::size_t(pool.candidates->n));
    }
    candidates_ = &out.pools;
    anchors_.push_back(std::move(out.anchors));
    for (matrix<S>& m : out.own_anchors) anchors_.push_back(std::move(m));
    out.own_anchors.clear(), out.anchors.resize(0, 0);
    anchors_.resize(p_.gradients ? p_.anchor_groups.size() : 0);
    for (std::size_t g = 0; g < anchors_.size(); ++g) {
      source<S> const& a = *p_.anchor_groups[g];
      clear(anchors_[g], true, a.n, a.dim);
      anchor_sums_.emplace_back(std::size_t(a.kind.distance ? a.n : 0), 0.0);
      anchors_apart_.emplace_back(std::size_t(a.kind.distance ? a.n : 0));
    }
  }

  /// For shared distances: adds to the sum of a row's slopes, the factor of the row itself in its gradient.
  void add_row_sum(pool_access<S> const& pool, idx i, double sum) { anchor_sums_[group(pool)][std::size_t(i)] += sum; }

  /// Gradient of the anchors from the slopes of a tile, by a product.
  void to_anchors(workspace<S>& d, block<S> const& b) {
    pool_access<S> const& pool = *p_.pools[b.n];
    idx const m = b.r1 - b.r0, n = b.c1 - b.c0, dim = pool.candidates->dim;
    dense<S> const c = open_for_products(pool, *pool.candidates, b.c0, n, d.candidates);
    auto const candidate = [&](idx j) { return pool.in_bf16 ? pool.candidates->open(j, 1, d.single.fit(dim)).data : c.row(j - b.c0); };
    near_pairs const& near = grid_.near(b.n);
    S* const own = d.anchors.fit(dim);
    d.near_slopes.clear();
    for (idx i = b.r0; i < b.r1; ++i)
      near.each(i, b.c0, b.c1, [&](idx j) {
        S const t = std::exchange(*b.at(i, j), S(0));
        d.near_slopes.push_back(t);
        if (t != 0) pool.pull_one(pool.anchors->open(i, 1, own).data, candidate(j), t, apart(anchors_apart_[group(pool)], i, dim));
      });
    add_to_anchors(pool, b.data, b.ld, m, c, n, anchors_[group(pool)].data() + b.r0 * dim, d.work);
    auto t = d.near_slopes.begin();
    for (idx i = b.r0; i < b.r1 && t != d.near_slopes.end(); ++i) near.each(i, b.c0, b.c1, [&](idx j) { *b.at(i, j) = *t++; });
  }
  /// The same where every row has candidates of its own.
  void to_anchors_one_by_one(workspace<S>& d, block<S> const& b) {
    pool_access<S> const& pool = *p_.pools[b.n];
    idx const dim = pool.candidates->dim;
    S *const scratch = d.candidates.fit(dim), *const own = d.anchors.fit(dim);
    for (idx i = b.r0; i < b.r1; ++i) {
      S const* const a = pool.candidates->kind.distance ? pool.anchors->open(i, 1, own).data : nullptr;
      for (idx j = b.c0; j < b.c1; ++j)
        if (idx const id = pool.candidate(i, j); id >= 0)
          add_pair(pool, a, pool.candidates->open(id, 1, scratch).data, *b.at(i, j), anchors_[group(pool)].data() + i * dim);
    }
  }
  /// Gradient of the candidates from the slopes of a block; each worker adds to its own range of candidates.
  void to_candidates(block<S> const& b) {
    pool_access<S> const& pool = *p_.pools[b.n];
    if (!pool.trains) return;
    matrix<S>& dc = (*candidates_)[b.n];
    if (pool.kind == pool::layout::given) {
      for (idx i = b.r0; i < b.r1; ++i) std::copy(b.at(i, b.c0), b.at(i, b.c0) + (b.c1 - b.c0), dc.data() + i * dc.cols() + b.c0);
      return;
    }
    bool const shared = pool.shared();
    grid_.share(shared ? b.c0 : 0, shared ? b.c1 : pool.candidates->n, 16, [&](workspace<S>& d, range part_of_worker) {
      if (part_of_worker.from >= part_of_worker.to) return;
      shared ? collect_shared(d, part_of_worker, b, dc) : collect_own(d, part_of_worker, b, dc);
    });
  }

  /// anchor . gradient, which is sum_j slope_j score_j of a row of plain products, times the scale.
  double along_anchor(pool_access<S> const& pool, idx i) {
    idx const dim = pool.candidates->dim;
    S const* const a = pool.anchors->open(i, 1, grid_.first_workspace().anchors.fit(dim)).data;
    S const* const g = anchors_[group(pool)].data() + i * dim;
    double sum = 0;
    for (idx k = 0; k < dim; ++k) sum += double(a[k]) * double(g[k]);
    return sum;
  }

  /// From opened rows to stored rows, times the loss's factor.
  void write_result(outcome<S>& out, double factor) {
    for (std::size_t n = 0; n < out.pools.size(); ++n) {
      if (matrix<S>& weights = out.weights[n]; weights.size()) {
        std::atomic<bool> finite{true};
        grid_.share(0, p_.rows, 1, [&](workspace<S>&, range r) {
          S* const from = weights.data() + r.from * weights.cols();
          idx const count = (r.to - r.from) * weights.cols();
          simd::scale(from, S(factor), count);
          if (!finite_bits(largest_magnitude(from, count))) finite = false;
        });
        for (idx i = 0; i < p_.rows && !finite; ++i)
          require(first_bad(weights.data() + i * weights.cols(), idx(weights.cols())) < 0, p_.function,
                  ": the gradient of the weights of row ", i, " is more than ", scalar_name<S>, " holds; raise the temperature");
      }
      if (p_.pools[n]->trains)
        backward(*p_.pools[n]->candidates, out.pools[n], column_sums_[n], candidates_apart_[n], factor, "candidates");
    }
    for (std::size_t a = 0; a < anchors_.size(); ++a)
      backward(*p_.anchor_groups[a], anchors_[a], anchor_sums_[a], anchors_apart_[a], factor, "anchors");
    for (std::size_t n = 0; n < out.pools.size(); ++n)
      if (p_.pools[n]->is_self && out.pools[n].size()) {
        simd::scale_add(anchors_[0].data(), out.pools[n].data(), S(1), idx(anchors_[0].size()));
        out.pools[n].resize(0, 0);
      }
    if (!anchors_.empty()) out.anchors = std::move(anchors_[0]);
    for (std::size_t a = 1; a < anchors_.size(); ++a) out.own_anchors.push_back(std::move(anchors_[a]));
  }

 private:
  static std::size_t group(pool_access<S> const& pool) { return std::size_t(pool.own_anchors + 1); }
  /// Huge rows, small temperatures and large weights can ask for more than S holds.
  void backward(source<S> const& of, matrix<S>& g, std::vector<double> const& sums, std::vector<std::vector<S>> const& apart, double factor,
                char const* name) {
    std::atomic<bool> finite{true};
    grid_.share(0, of.n, 1, [&](workspace<S>&, range r) {
      if (!of.backward(g, sums, apart, factor, r.from, r.to)) finite = false;
    });
    if (finite) return;
    for (idx i = 0; i < of.n; ++i)
      require(first_bad(g.data() + of.gradient_row(i) * of.dim, of.dim) < 0, p_.function, ": the gradient of row ", of.row_number(i),
              " of the ", name, " is more than ", scalar_name<S>, " holds; scale the embeddings or raise the temperature");
  }
  void clear(matrix<S>& m, bool wanted, idx rows, idx columns) {
    m.resize(wanted ? rows : 0, wanted ? columns : 0);
    grid_.share(0, idx(m.rows()), 1,
                [&](workspace<S>&, range r) { std::fill_n(m.data() + r.from * columns, (r.to - r.from) * columns, S(0)); });
  }
  /// What single pairs add to the gradient of row i; zeros when it is first asked for.
  static S* apart(std::vector<std::vector<S>>& rows, idx i, idx dim) {
    std::vector<S>& row = rows[std::size_t(i)];
    if (row.empty()) row.assign(std::size_t(dim), S(0));
    return row.data();
  }
  /// g += t dscore/dx: from the slope of the product, or of the score where it is a distance.
  static void add_pair(pool_access<S> const& pool, S const* x, S const* y, S t, S* g) {
    if (!pool.candidates->kind.distance)
      simd::scale_add(g, y, t, pool.candidates->dim);
    else if (t != 0)
      pool.pull_one(x, y, t, g);
  }
  void collect_shared(workspace<S>& d, range part_of_worker, block<S> const& b, matrix<S>& dc) {
    pool_access<S> const& pool = *p_.pools[b.n];
    idx const m = b.r1 - b.r0, n = part_of_worker.to - part_of_worker.from, dim = pool.candidates->dim;
    dense<S> const a = open_for_products(pool, *pool.anchors, b.r0, m, d.anchors);
    auto const anchor = [&](idx i) { return pool.in_bf16 ? pool.anchors->open(i, 1, d.single.fit(dim)).data : a.row(i - b.r0); };
    S* const own = d.candidates.fit(dim);
    for (idx i = b.r0; i < b.r1; ++i)
      grid_.near(b.n).each(i, part_of_worker.from, part_of_worker.to, [&](idx j) {
        if (S const t = std::exchange(*b.at(i, j), S(0)); t != 0)
          pool.pull_one(pool.candidates->open(j, 1, own).data, anchor(i), t, apart(candidates_apart_[b.n], j, dim));
      });
    add_to_candidates(pool, b.at(b.r0, part_of_worker.from), b.ld, n, a, m, dc.data() + part_of_worker.from * dim, d.work);
    std::vector<double>& sums = column_sums_[b.n];
    for (idx i = b.r0; i < b.r1 && !sums.empty(); ++i)
      for (idx j = part_of_worker.from; j < part_of_worker.to; ++j) sums[std::size_t(j)] += double(*b.at(i, j));
  }
  void collect_own(workspace<S>& d, range part_of_worker, block<S> const& b, matrix<S>& dc) {
    pool_access<S> const& pool = *p_.pools[b.n];
    idx const dim = pool.candidates->dim;
    S *const scratch = d.anchors.fit(dim), *const own = d.candidates.fit(dim);
    for (idx i = b.r0; i < b.r1; ++i) {
      S const* const a = pool.anchors->open(i, 1, scratch).data;
      for (idx j = b.c0; j < b.c1 && i + 1 < b.r1 && pool.candidates->of_table; ++j)
        if (idx const id = pool.candidate(i + 1, j); id >= 0) announce_row(dc.data() + pool.candidates->gradient_row(id) * dim, dim);
      for (idx j = b.c0; j < b.c1; ++j) {
        idx const id = pool.candidate(i, j);
        if (id < part_of_worker.from || id >= part_of_worker.to) continue;
        add_pair(pool, pool.candidates->kind.distance ? pool.candidates->open(id, 1, own).data : nullptr, a, *b.at(i, j),
                 dc.data() + pool.candidates->gradient_row(id) * dim);
      }
    }
  }

  problem<S> const& p_;
  grid<S>& grid_;
  std::vector<matrix<S>> anchors_;                       ///< per anchor group
  std::vector<pool_gradient<S>>* candidates_ = nullptr;  ///< per pool
  std::vector<std::vector<double>> anchor_sums_, column_sums_;
  std::vector<std::vector<std::vector<S>>> anchors_apart_, candidates_apart_;  ///< of pairs scored one by one, by row
};

}}  // namespace foil::engine
