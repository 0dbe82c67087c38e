// From slopes over blocks of scores to the gradients of anchors, candidates and scale.
#pragma once

#include "foil/engine/grid.hpp"

namespace foil::inline FOIL_ABI::engine {

template <Scalar S>
class gradients {
 public:
  gradients(problem<S> const& p, grid<S>& g) : p_(p), grid_(g) {}

  /// Zeros, in the memory that `out` brings.
  void open(outcome<S>& out) {
    auto const pools = p_.pools.size();
    out.pools.resize(pools), out.weights.resize(pools), column_sums_.resize(pools);
    for (std::size_t n = 0; n < pools; ++n) {
      stretch<S> const& pool = *p_.pools[n];
      bool const trains = p_.gradients && pool.trains;
      clear(out.pools[n], trains, pool.candidates->n, pool.candidates->dim);
      clear(out.weights[n], p_.gradients && p_.weight_gradient[n], p_.rows, pool.columns);
      if (pool.candidates->of.distance && trains) column_sums_[n].assign(std::size_t(pool.candidates->n), 0);
    }
    candidates_ = &out.pools;
    anchors_.push_back(std::move(out.anchors));
    for (matrix<S>& m : out.own_anchors) anchors_.push_back(std::move(m));
    out.own_anchors.clear(), out.anchors.resize(0, 0);
    anchors_.resize(p_.gradients ? p_.anchor_groups.size() : 0);
    for (std::size_t g = 0; g < anchors_.size(); ++g) {
      source<S> const& a = *p_.anchor_groups[g];
      clear(anchors_[g], true, a.n, a.dim);
      anchor_sums_.emplace_back(std::size_t(a.of.distance ? a.n : 0), 0.0);
    }
  }

  /// Of distances: the slopes of a row's products add up to more than a product.
  void add_row_sum(stretch<S> const& pool, idx i, double sum) { anchor_sums_[group(pool)][std::size_t(i)] += sum; }

  /// Gradient of anchors r from the slopes of a chunk, by a product.
  void to_anchors(desk<S>& d, range r, block<S> const& b, idx j0, idx j1) {
    stretch<S> const& pool = *p_.pools[b.n];
    idx const m = r.to - r.from, dim = pool.candidates->dim;
    dense<S> const c = pool.candidates->open(j0, j1 - j0, d.candidates.fit((j1 - j0) * dim));
    simd::add_product_ab(b.at(r.from, j0), b.ld, m, c.data, c.stride, dim, j1 - j0, anchors_[group(pool)].data() + r.from * dim, dim,
                         d.work.fit(simd::product_workspace<S>(m, dim, j1 - j0)));
  }
  /// The same where every row has candidates of its own.
  void to_anchors_one_by_one(desk<S>& d, range r, block<S> const& b) {
    stretch<S> const& pool = *p_.pools[b.n];
    idx const dim = pool.candidates->dim;
    S* const scratch = d.candidates.fit(dim);
    for (idx i = r.from; i < r.to; ++i)
      for (idx j = b.c0; j < b.c1; ++j)
        if (idx const id = pool.candidate(i, j); id >= 0)
          simd::scale_add(anchors_[group(pool)].data() + i * dim, pool.candidates->open(id, 1, scratch).data, *b.at(i, j), dim);
  }
  /// Gradient of the candidates from the slopes of a block; each worker owns a stretch of candidates.
  void to_candidates(block<S> const& b) {
    stretch<S> const& pool = *p_.pools[b.n];
    if (!pool.trains) return;
    matrix<S>& dc = (*candidates_)[b.n];
    if (pool.kind == pool::layout::given) {
      for (idx i = b.r0; i < b.r1; ++i) std::copy(b.at(i, b.c0), b.at(i, b.c0) + (b.c1 - b.c0), dc.data() + i * dc.cols() + b.c0);
      return;
    }
    bool const shared = pool.shared();
    grid_.share(shared ? b.c0 : 0, shared ? b.c1 : pool.candidates->n, 16, [&](desk<S>& d, range mine) {
      if (mine.from >= mine.to) return;
      shared ? collect_shared(d, mine, b, dc) : collect_own(d, mine, b, dc);
    });
  }

  /// sum_j slope_j score_j of a row of plain products, times the scale: anchor . gradient.
  double along_anchor(stretch<S> const& pool, idx i) {
    idx const dim = pool.candidates->dim;
    S const* const a = pool.anchors->open(i, 1, grid_.first_desk().anchors.fit(dim)).data;
    S const* const g = anchors_[group(pool)].data() + i * dim;
    double sum = 0;
    for (idx k = 0; k < dim; ++k) sum += double(a[k]) * double(g[k]);
    return sum;
  }

  /// From opened rows to stored rows, times the loss's factor.
  void hand_over(outcome<S>& out, double factor) {
    for (std::size_t n = 0; n < out.pools.size(); ++n) {
      if (out.weights[n].size()) out.weights[n] *= S(factor);
      if (p_.pools[n]->trains) p_.pools[n]->candidates->pull(out.pools[n], column_sums_[n], factor);
    }
    for (std::size_t a = 0; a < anchors_.size(); ++a) p_.anchor_groups[a]->pull(anchors_[a], anchor_sums_[a], factor);
    for (std::size_t n = 0; n < out.pools.size(); ++n)
      if (p_.pools[n]->is_self && out.pools[n].size()) {
        simd::scale_add(anchors_[0].data(), out.pools[n].data(), S(1), idx(anchors_[0].size()));
        out.pools[n].resize(0, 0);
      }
    if (!anchors_.empty()) out.anchors = std::move(anchors_[0]);
    for (std::size_t a = 1; a < anchors_.size(); ++a) out.own_anchors.push_back(std::move(anchors_[a]));
  }

 private:
  static std::size_t group(stretch<S> const& pool) { return std::size_t(pool.own_anchors + 1); }
  static void clear(matrix<S>& m, bool wanted, idx rows, idx columns) {
    wanted ? m.setZero(rows, columns) : m.setZero(0, 0);
  }
  void collect_shared(desk<S>& d, range mine, block<S> const& b, matrix<S>& dc) {
    stretch<S> const& pool = *p_.pools[b.n];
    idx const m = b.r1 - b.r0, n = mine.to - mine.from, dim = pool.candidates->dim;
    dense<S> const a = pool.anchors->open(b.r0, m, d.anchors.fit(m * dim));
    simd::add_product_atb(b.at(b.r0, mine.from), b.ld, n, a.data, a.stride, dim, m, dc.data() + mine.from * dim, dim,
                          d.work.fit(simd::product_workspace<S>(n, dim, m)));
    std::vector<double>& sums = column_sums_[b.n];
    for (idx i = b.r0; i < b.r1 && !sums.empty(); ++i)
      for (idx j = mine.from; j < mine.to; ++j) sums[std::size_t(j)] += double(*b.at(i, j));
  }
  void collect_own(desk<S>& d, range mine, block<S> const& b, matrix<S>& dc) {
    stretch<S> const& pool = *p_.pools[b.n];
    idx const dim = pool.candidates->dim;
    std::vector<double>& sums = column_sums_[b.n];
    S* const scratch = d.anchors.fit(dim);
    for (idx i = b.r0; i < b.r1; ++i) {
      S const* const a = pool.anchors->open(i, 1, scratch).data;
      for (idx j = b.c0; j < b.c1; ++j) {
        idx const id = pool.candidate(i, j);
        if (id < mine.from || id >= mine.to) continue;
        simd::scale_add(dc.data() + id * dim, a, *b.at(i, j), dim);
        if (!sums.empty()) sums[std::size_t(id)] += double(*b.at(i, j));
      }
    }
  }

  problem<S> const& p_;
  grid<S>& grid_;
  std::vector<matrix<S>> anchors_;               ///< per anchor group
  std::vector<matrix<S>>* candidates_ = nullptr;  ///< per pool
  std::vector<std::vector<double>> anchor_sums_, column_sums_;
};

}  // namespace foil::inline FOIL_ABI::engine
