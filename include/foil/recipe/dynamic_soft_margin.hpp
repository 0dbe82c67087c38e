// SPDX-License-Identifier: BSD-3-Clause
// Dynamic soft margin: triplets weigh by how hard they are among those of this batch and the earlier ones.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "foil/core/ids.hpp"
#include "foil/core/option.hpp"
#include "foil/engine/objective.hpp"
#include "foil/listwise/soft_bins.hpp"
#include "foil/pool/in_batch.hpp"
#include "foil/pool/self.hpp"
#include "foil/similarity/euclidean.hpp"
#include "foil/similarity/normalized.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Options of `dynamic_soft_margin`.
struct dynamic_soft_margin_options {
  static constexpr char const* name = "dynamic_soft_margin";
  double momentum = 0.01;  ///< in [0, 1]; new histogram: momentum counts + (1 - momentum) old, over its sum; the first: counts
  idx bins = 10;           ///< in 1 .. 1000000; bins of the histogram, from -2 on in steps of 4 / bins
  static void options(auto list) {
    list("momentum", &dynamic_soft_margin_options::momentum, range::share);
    list("bins", &dynamic_soft_margin_options::bins, range::whole{1, 1000000});
  }
};

}}  // namespace foil
namespace foil::engine { inline namespace FOIL_ABI {

/// Mean over triplets of F(x) x, x = s_an - s_ap = d_ap - d_an; F is the running sum of `after`, the histogram with this batch in it.
struct dynamic_soft_margin_loss {
  dynamic_soft_margin_options options;
  id_list labels;  ///< empty: pairs (i, i), each against the hardest negative of row i and column i
  std::vector<double> const* before;
  std::vector<double>* after;

  double scale() const { return 1; }
  template <Scalar S>
  S field(view<S> u, S* slopes) const {
    idx const bins = options.bins;
    auto const at = [&](auto t) { return (double(u.data()[t.second]) - double(u.data()[t.first]) + 2) * double(bins) / 4; };
    auto const bin = [&](auto t) { return std::size_t(std::clamp(idx(std::floor(at(t))), idx(0), bins - 1)); };
    auto const all = triplets(u);
    std::vector<double> h(std::size_t(bins), 0), sum(h);
    double const count = double(all.size()), momentum = before->empty() ? 1 : options.momentum;
    if (all.empty()) return *after = *before, S(0);
    for (auto t : all)
      loss::each_soft_bin((std::min)(at(t), double(bins - 1)), bins,
                          [&](std::size_t b, double height, double) { h[b] += momentum * height; });
    for (std::size_t b = 0; b < before->size(); ++b) h[b] += (1 - momentum) * (*before)[b];
    double total = 0, value = 0;
    for (double x : h) total += x;
    for (double& x : h) x /= total;
    *after = h;
    for (std::size_t b = 1; b < h.size(); ++b) h[b] += h[b - 1];
    for (auto t : all) sum[bin(t)] += at(t) * 4 / double(bins) - 2;
    for (std::size_t b = 0; b < h.size(); ++b) value += h[b] * sum[b] / count;
    for (auto t : all) {
      bool const moves = at(t) < double(bins - 1);  // the last bin keeps all that is beyond
      double const g = (h[bin(t)] - (moves ? momentum / total * double(bins) / 4 * sum[bin(t)] : 0)) / count;
      slopes[t.second] += S(g), slopes[t.first] -= S(g);
    }
    return S(value);
  }

 private:
  /// Places in the score matrix of each triplet's positive and negative pair.
  template <Scalar S>
  std::vector<std::pair<idx, idx>> triplets(view<S> u) const {
    idx const n = u.rows();
    std::vector<std::pair<idx, idx>> all;
    for (idx a = 0; a < n; ++a) {
      idx hardest = -1;
      auto const meet = [&](idx place) { hardest = hardest < 0 || u.data()[place] > u.data()[hardest] ? place : hardest; };
      for (idx p = 0; p < n; ++p) {
        if (labels.empty() && p != a) meet(a * n + p), meet(p * n + a);
        for (idx k = 0; k < labels.size() && p != a && labels[p] == labels[a]; ++k)
          if (labels[k] != labels[a]) all.emplace_back(a * n + p, a * n + k);
      }
      if (hardest >= 0) all.emplace_back(a * n + a, hardest);
    }
    return all;
  }
};

template <class X, class... Pool>
auto dynamic_soft_margin_of(X const& x, id_list labels, std::vector<double>& histogram, dynamic_soft_margin_options const& o, execution how,
                            Pool const&... pools) {
  constexpr char const* where = dynamic_soft_margin_options::name;
  check_options(o);
  require(histogram.empty() || idx(histogram.size()) == o.bins, where, ": the histogram has ", histogram.size(), " bins, expected ", o.bins,
          ", or none before the first call");
  double sum = 0;
  for (double h : histogram) check_option(where, "histogram", h, foil::range::share), sum += h;
  require(histogram.empty() || sum > 0, where, ": the histogram is 0 in all bins, expected one that an earlier call left");
  std::vector<double> after = histogram;  // as it was, where there is no row
  auto r =
      objective(dynamic_soft_margin_loss{o, labels, &histogram, &after}, similarity::normalized<similarity::neg_l2>{}, reduce::mean{}, how)
          .named(where)
          .value_and_grad(x, pools...);
  histogram = after;
  return r;
}

}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

///   mean over triplets (a, p, n) of F(x) x,   x = d_ap - d_an on unit rows, F(x): the share of a histogram's triplets up to x's bin
/// z [B, dim], labels [B]: all triplets. The histogram, the caller's, is empty before the first call and is updated with this batch before
/// F is read from it: each triplet counts in the two bins around it, by linear interpolation, through which the gradient passes, as in
/// pytorch-metric-learning. Where a call throws, or there is no triplet (value 0), it stays as it was. Result: anchors d/dz.
/// Zhang and Rusinkiewicz 2019 (ICCV). Time: a product of B x B x dim, and the triplets; the
/// time goes to these, looked at four times, in memory where they are many. Memory: 16 bytes a triplet, two B x B matrices.
template <class Z>
auto dynamic_soft_margin(Z const& z, id_list labels, std::vector<double>& histogram, dynamic_soft_margin_options const& options = {},
                         execution how = {}) {
  require(labels.size() == as_view(z).rows(), dynamic_soft_margin_options::name, ": ", as_view(z).rows(), " rows, but ", labels.size(),
          " labels");
  return engine::dynamic_soft_margin_of(z, labels, histogram, options, how, pool::self(z));
}
/// The published form: of the pairs (x_i, y_i), each with the one hardest negative of row i and column i. Result: anchors d/dx,
/// pools[0] d/dy.
template <class X, class Y>
requires Embeddings<Y>
auto dynamic_soft_margin(X const& x, Y const& y, std::vector<double>& histogram, dynamic_soft_margin_options const& options = {},
                         execution how = {}) {
  require(as_view(x).rows() == as_view(y).rows(), dynamic_soft_margin_options::name, ": x has ", as_view(x).rows(), " rows, y ",
          as_view(y).rows());
  return engine::dynamic_soft_margin_of(x, {}, histogram, options, how, pool::in_batch(y));
}

}}  // namespace foil
