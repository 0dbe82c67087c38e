// SPDX-License-Identifier: BSD-3-Clause
// Matryoshka: any objective over nested prefixes of the embeddings.
#pragma once

#include <span>

#include "foil/engine/held_results.hpp"
#include "foil/engine/named.hpp"
#include "foil/engine/objective.hpp"

namespace foil::engine { inline namespace FOIL_ABI {
/// Every embedding of pool number n has the anchors' dim: prefixes would hide that it has another one.
template <class P>
void check_prefixes(idx dim, int n, P const& p) {
  require(p.kind != pool::layout::given, "matryoshka: given scores have no prefixes");
  bool const nothing = p.absent || (p.columns == 0 && p.data.rows() == 0);
  require(nothing || p.data.cols() == dim, "matryoshka: anchors have dim ", dim, ", pool ", n, " holds candidates of dim ", p.data.cols());
  require(nothing || p.own_anchors.rows() == 0 || p.own_anchors.cols() == dim, "matryoshka: anchors have dim ", dim,
          ", the anchors of pool ", n, " have dim ", p.own_anchors.cols());
}
template <class T, class R, class... B>
pool::candidates<T, R, B...> prefix_of(pool::candidates<T, R, B...> p, idx dim) {
  p.data.dim = (std::min)(p.data.dim, dim), p.own_anchors.dim = (std::min)(p.own_anchors.dim, dim);
  return p;
}
}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

/// sum_m weights[m] * (loss of the first dims[m] numbers of every embedding), each prefix under the objective's similarity
/// (the cosine normalises it again). No weights: 1 each. Nothing is copied; gradients add up in the leading columns. Row
/// losses are summed, counts are those of dims[0]. Kusupati et al. 2022, arXiv 2205.13147. Cost: one call per prefix.
template <class Objective, class A, class... P>
auto matryoshka(Objective const& o, id_list dims, std::span<double const> weights, A const& anchors, P const&... pools) {
  auto const x = as_view(anchors);
  require(!dims.empty(), "matryoshka: needs at least one dimension");
  require(weights.empty() || idx(weights.size()) == dims.size(), "matryoshka: ", dims.size(), " dimensions, but ", weights.size(),
          " weights");
  for (idx k = 0; k < dims.size(); ++k) {
    require(dims[k] >= 1 && dims[k] <= x.cols(), "matryoshka: dimension ", dims[k], " is outside 1 .. ", x.cols());
    require(weights.empty() || finite_bits(weights[std::size_t(k)]), "matryoshka: weight ", k, " is not a number");
  }
  int number = 0;
  (engine::check_prefixes(x.cols(), number++, pools), ...);
  auto const& f = engine::named("matryoshka", o);
  auto const at = [&](idx k) {
    auto front = x;
    front.dim = dims[k];
    return f.value_and_grad(front, engine::prefix_of(pools, dims[k])...);
  };
  decltype(at(0)) all;
  using S = decltype(all.value);
  for (idx k = 0; k < dims.size(); ++k) {
    auto const r = at(k);
    double const w = weights.empty() ? 1 : weights[std::size_t(k)];
    auto const add = [&](matrix<S>& to, matrix<S> const& from, idx columns) {
      if (from.size() == 0) return;
      if (to.size() == 0) to.setZero(from.rows(), columns);
      to.leftCols(from.cols()) += S(w) * from;
    };
    auto const add_each = [&](auto& to, auto const& from, bool embeddings) {
      to.resize(from.size());
      for (std::size_t n = 0; n < from.size(); ++n) {
        add(to[n], from[n], embeddings ? x.cols() : from[n].cols());
        if constexpr (requires { to[n].ids; }) to[n].ids = from[n].ids, to[n].table_rows = from[n].table_rows;
      }
    };
    if (k == 0) {
      all.used = r.used, all.kept = r.kept, all.positives = r.positives, all.rows.assign(r.rows.size(), S(0));
      all.scale_used = r.scale_used, all.rows_used = r.rows_used, all.clamped = r.clamped, all.chosen = r.chosen;
      all.without_positive = r.without_positive, all.without_negatives = r.without_negatives;
      all.zero_rows = r.zero_rows, all.bad_rows = r.bad_rows;
    }
    all.value += S(w) * r.value, all.scale += w * r.scale, all.shift += w * r.shift;
    for (std::size_t i = 0; i < r.rows.size(); ++i) all.rows[i] += S(w) * r.rows[i];
    add(all.anchors, r.anchors, x.cols());
    add_each(all.pools, r.pools, true), add_each(all.own_anchors, r.own_anchors, true), add_each(all.weights, r.weights, false);
  }
  require_held(all.value, "matryoshka"), require_held(as_view(all.anchors), "matryoshka", "anchors");
  for (matrix<S> const& g : all.pools) require_held(as_view(g), "matryoshka", "candidates");
  for (matrix<S> const& g : all.own_anchors) require_held(as_view(g), "matryoshka", "own anchors");
  for (matrix<S> const& g : all.weights) require_held(as_view(g), "matryoshka", "weights");
  return all;
}

}}  // namespace foil
