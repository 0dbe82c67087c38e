// SPDX-License-Identifier: BSD-3-Clause
// The pass of a loss over the edges of a graph. One file because the panel's scores become its slopes in place.
#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "foil/engine/graph.hpp"
#include "foil/engine/problem.hpp"
#include "foil/engine/program.hpp"
#include "foil/engine/row_totals.hpp"
#include "foil/engine/work_range.hpp"
#include "foil/reduce/mean.hpp"
#include "foil/similarity/dot.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Goes over panels of nodes, as many as fit the budget with their edges. Edges are pairs with log weights, which the
/// statistics see as negatives; a self-loop scores 0. Same bits for any executor and budget.
template <Scalar S, class L>
class edge_pass {
  using program = program_of<S, L, reduce::mean>;

 public:
  edge_pass(source<S> const& z, graph<S> const& g, L const& loss, execution const& how, bool gradients)
      : z_(z),
        g_(g),
        rows_(loss, mean_),
        scale_(S(loss.scale())),
        how_(how),
        gradients_(gradients),
        workspaces_(std::size_t((std::max)(1, how.executor.workers))),
        totals_("on_edges", rows_, out_, z.n) {}

  outcome<S> run() {
    out_.scale_used = double(scale_), out_.zero_rows = z_.zero_rows;
    if (gradients_) out_.anchors.setZero(z_.n, z_.dim), others_.setZero(z_.n, z_.dim), slope_sums_.assign(std::size_t(z_.n), 0);
    idx const most = (std::max)(idx(1), idx(how_.budget / sizeof(S)));
    for (idx r0 = 0, r1; r0 < z_.n; r0 = r1) {
      for (r1 = r0 + 1; r1 < z_.n && g_.edges.end(r1) - g_.edges.begin(r0) <= most;) ++r1;
      first_ = g_.edges.begin(r0);
      slopes_.resize(std::size_t(g_.edges.end(r1 - 1) - first_));
      base_ = r0;
      rows_.reset(r1 - r0);
      share_out(r0, r1, [&](workspace<S>& d, idx from, idx to) {
        for (idx i = from; i < to; ++i) node(d, i);
      });
      if (gradients_) share_out(0, z_.n, [&](workspace<S>& d, idx from, idx to) { collect(d, r0, r1, from, to); });
    }
    for (idx i = 0; i < z_.n; ++i) {
      require(!totals_.refused(i), "on_edges: node ", i, " has no edge; this loss needs at least one in every node");
      out_.without_negatives += out_.kept[std::size_t(i)] == 0;
    }
    total const t = totals_.add_up();
    for (double x : slope_sums_) out_.shift += t.factor * x;
    if (gradients_) {
      simd::scale_add(out_.anchors.data(), others_.data(), S(1), idx(others_.size()));
      z_.backward(out_.anchors, {}, {}, t.factor, 0, z_.n);
    }
    return std::move(out_);
  }

 private:
  template <class F>
  void share_out(idx from, idx to, F const& f) {
    int const workers = int(workspaces_.size());
    how_.executor.run(workers, [&](int w) {
      range const r = part(from, to, w, workers, 16);
      f(workspaces_[std::size_t(w)], r.from, r.to);
    });
  }
  /// f(first edge, count) for the slices of a node's list.
  template <class F>
  void slices(idx i, F const& f) {
    for (idx e = g_.edges.begin(i); e < g_.edges.end(i); e += quantum) f(e, (std::min)(quantum, g_.edges.end(i) - e));
  }
  slice<S> weighed(workspace<S>& d, idx i, idx e, idx count) {
    S* const bias = d.labels.bias.data();
    std::fill_n(bias, count, S(0));
    for (idx j = 0; j < count && !g_.weights.empty(); ++j) bias[j] = g_.weight(e + j) > 0 ? std::log(g_.weight(e + j)) : log_zero<S>;
    simd::scaled(d.u.data(), slopes_.data() + (e - first_), scale_, count);
    return {i, e - g_.edges.begin(i), count, d.u.data(), bias, {}, nullptr, log_zero<S>, slopes_.data() + (e - first_), scale_};
  }
  S dot(idx i, S const* a, idx id, S const* c) const {
    S x = simd::dot(a, c, z_.dim);
    if (!finite_bits(x))  // on the way, or for good
      require(score_pair(similarity::dot{}, a, c, z_.dim, x), "on_edges: nodes ", i, " and ", id, " of lengths ", S(length_of(a, z_.dim)),
              " and ", S(length_of(c, z_.dim)), " have an inner product that ", scalar_name<S>, " cannot hold");
    return x;
  }
  void node(workspace<S>& d, idx i) {
    S* const own = workspace<S>::fit(d.anchors, z_.dim);
    S* const scratch = workspace<S>::fit(d.candidates, z_.dim);
    S const* const a = z_.open(i, 1, own).data;
    slices(i, [&](idx e, idx count) {
      S* const score = slopes_.data() + (e - first_);
      for (idx j = 0; j < count; ++j)
        score[j] = g_.edges.ids[e + j] == i ? S(0) : dot(i, a, g_.edges.ids[e + j], z_.open(g_.edges.ids[e + j], 1, scratch).data);
      slice<S> const x = weighed(d, i, e, count);
      idx const live = simd::count_live(x.bias, count);
      totals_.count(i, 0, live, live > 0);
      rows_.add(i - base_, x);
    });
    totals_.finish(i, i - base_, i - base_ + 1, 1);
    if (!gradients_) return;
    double scale_sum = 0, slope_sum = 0;
    slices(i, [&](idx e, idx count) {
      S* const score = slopes_.data() + (e - first_);
      if (!totals_.used(i)) return std::fill_n(score, count, S(0)), void();
      rows_.slope(i - base_, weighed(d, i, e, count), S(1), d.g.data());
      auto const sums = simd::scale_and_clear(d.g.data(), score, scale_, score, count);
      scale_sum += sums.sum_g_s, slope_sum += sums.sum_g;
      for (idx j = 0; j < count; ++j) {
        if (g_.edges.ids[e + j] == i) score[j] = 0;
        if (score[j] != 0)
          simd::scale_add(out_.anchors.data() + i * z_.dim, z_.open(g_.edges.ids[e + j], 1, scratch).data, score[j], z_.dim);
      }
    });
    totals_.add_scale(i, scale_sum), slope_sums_[std::size_t(i)] = slope_sum;
  }
  /// The other end of the panel's edges; each worker adds to its own range of nodes.
  void collect(workspace<S>& d, idx r0, idx r1, idx from, idx to) {
    S* const own = workspace<S>::fit(d.anchors, z_.dim);
    for (idx i = r0; i < r1 && from < to; ++i) {
      S const* a = nullptr;
      for (idx e = g_.edges.begin(i); e < g_.edges.end(i); ++e) {
        idx const id = g_.edges.ids[e];
        S const slope = slopes_[std::size_t(e - first_)];
        if (id < from || id >= to || slope == 0) continue;
        if (a == nullptr) a = z_.open(i, 1, own).data;
        simd::scale_add(others_.data() + id * z_.dim, a, slope, z_.dim);
      }
    }
  }

  source<S> const& z_;
  graph<S> const& g_;
  reduce::mean mean_;
  program rows_;
  S scale_;
  execution how_;
  bool gradients_;
  idx first_ = 0, base_ = 0;
  matrix<S> others_;                ///< gradient of the edges' other ends, apart so that panels change no bit
  std::vector<S> slopes_;           ///< of the panel's edges: scores first
  std::vector<double> slope_sums_;  ///< [nodes] d row / d a constant added to all of the row's scaled scores
  std::vector<workspace<S>> workspaces_;
  outcome<S> out_;
  row_totals<S> totals_;
};

}}  // namespace foil::engine
