// SPDX-License-Identifier: BSD-3-Clause
// GradCache: the gradient of a large batch through an encoder that only holds small chunks.
#pragma once

#include <algorithm>
#include <vector>

#include "foil/core/representable.hpp"
#include "foil/core/view.hpp"

namespace foil { inline namespace FOIL_ABI {

/// One encoder's side of a batch of n.
///   encode(first, count) -> representations [count, dim] of inputs first .. first + count, no gradient recorded
///   backward(first, view gradient) embeds the same inputs again, recording, and backpropagates d loss / d representation
/// An encoder with dropout must draw the same numbers in both.
template <class Encode, class Backward>
struct tower {
  idx n;              ///< inputs
  Encode encode;      ///< called once a chunk
  Backward backward;  ///< called once a chunk, after the loss
  tower(idx inputs, Encode e, Backward b) : n(inputs), encode(e), backward(b) {}
};

/// Every side embedded chunk by chunk, loss(representations...) -> an outcome once over all of them, then every chunk
/// again with its slice of the gradient: outcome.anchors goes to the first tower, outcome.pools to the others in order, empty
/// ones (pools without a gradient of their own, as in gist) left out; of listed pools with zeros where no id names a row. Gradients beyond
/// the last tower's, and own_anchors, go nowhere: a loss that has a side in several pools adds their gradients up first, as gist does.
/// Refused, before any backward: fewer gradients than towers, or of another number of rows.
///   foil::grad_cache<float>(chunk, [&](auto const& q, auto const& k) { return contrast.value_and_grad(q, pool::in_batch(k)); }, queries, documents)
/// Value and gradient are those of the whole batch for every chunk size. Gao et al. 2021, arXiv 2101.06983. Memory:
/// representations, their gradient, and one chunk in the encoder.
template <Scalar S, class Loss, class... Tower>
auto grad_cache(idx chunk, Loss const& loss, Tower const&... towers) {
  require(chunk >= 1, "grad_cache: chunk must be at least 1, got ", chunk);
  auto const each_chunk = [&](idx n, auto const& f) {
    for (idx first = 0; first < n; first += chunk) f(first, (std::min)(chunk, n - first));
  };
  auto const represent = [&](auto const& t) {
    matrix<S> x;
    each_chunk(t.n, [&](idx first, idx count) {
      auto const part = t.encode(first, count);
      auto const rows = as_view(part);
      if (first == 0) x.resize(t.n, rows.cols());
      require(rows.rows() == count && rows.cols() == x.cols(), "grad_cache: encode(", first, ", ", count, ") must give [", count, ", ",
              x.cols(), "], gave [", rows.rows(), ", ", rows.cols(), "]");
      require_representable<S>(rows, "grad_cache", "what encode gave");
      for (idx i = 0; i < count; ++i)
        for (idx j = 0; j < x.cols(); ++j) x(first + i, j) = S(rows(i, j));
    });
    return x;
  };
  auto const evaluate = [&](auto const&... x) {
    auto r = loss(x...);
    struct side_gradient {
      matrix<S> const& rows_given;
      std::vector<idx> const* ids;  // of a listed pool
      idx rows;                     // of the side
    };
    std::vector<side_gradient> gradients;
    auto const collect = [&](auto const& g) {
      if constexpr (requires { g.table_rows; })
        if (g.sparse()) return gradients.push_back({g, &g.ids, g.table_rows});
      if (g.rows() > 0) gradients.push_back({g, nullptr, g.rows()});
    };
    collect(r.anchors);
    for (auto const& g : r.pools) collect(g);
    std::size_t side = 0;
    auto const check = [&](auto const& t) {
      if (t.n == 0) return;
      require(side < gradients.size(), "grad_cache: ", sizeof...(Tower), " towers, but the loss has gradients for ", gradients.size());
      idx const rows = gradients[side++].rows;
      require(rows == t.n, "grad_cache: tower ", idx(side) - 1, " has ", t.n, " inputs, its gradient ", rows, " rows");
    };
    (check(towers), ...);  // before any of them moves
    side = 0;
    auto const hand_back = [&](auto const& t) {
      if (t.n == 0) return;
      side_gradient const& g = gradients[side++];
      each_chunk(t.n, [&](idx first, idx count) {
        if (!g.ids) return t.backward(first, as_view(g.rows_given).middle(first, count)), void();
        matrix<S> part = matrix<S>::Zero(count, g.rows_given.cols());
        auto at = std::lower_bound(g.ids->begin(), g.ids->end(), first);
        for (; at != g.ids->end() && *at < first + count; ++at) part.row(*at - first) = g.rows_given.row(at - g.ids->begin());
        t.backward(first, as_view(part));
      });
    };
    (hand_back(towers), ...);
    return r;
  };
  return evaluate(represent(towers)...);
}

}}  // namespace foil
