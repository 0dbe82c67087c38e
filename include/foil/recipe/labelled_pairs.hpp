// SPDX-License-Identifier: BSD-3-Clause
// Losses over all pairs of a labelled batch at once: histogram, intra-pair variance.
#pragma once

#include <vector>

#include "foil/core/id_set.hpp"
#include "foil/engine/objective.hpp"
#include "foil/listwise/histogram.hpp"
#include "foil/listwise/intra_pair_variance.hpp"
#include "foil/listwise/on_pairs.hpp"
#include "foil/pool/self.hpp"
#include "foil/similarity/cosine.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Targets of all pairs of a batch, row after row: 1 for equal labels, else 0, -1 for a row with itself, and without `singles` for two
/// rows that both are alone in their class.
inline std::vector<double> pair_targets(id_list labels, bool singles) {
  mining::id_places const places(labels);
  std::vector<char> alone;
  for (idx i = 0; i < labels.size(); ++i) alone.push_back(places.of(labels[i]).size() == 1);
  std::vector<double> target;
  for (idx i = 0; i < labels.size(); ++i)
    for (idx j = 0; j < labels.size(); ++j) {
      bool const out = i == j || (!singles && alone[std::size_t(i)] && alone[std::size_t(j)]);
      target.push_back(out ? -1 : labels[i] == labels[j]);
    }
  return target;
}
template <class Z, class L, class Sim>
auto over_pairs(Z const& z, id_list labels, L const& loss, Sim similarity, bool singles, execution how) {
  require(labels.size() == as_view(z).rows(), L::name, ": ", as_view(z).rows(), " rows, but ", labels.size(), " labels");
  auto const target = pair_targets(labels, singles);
  return objective(loss::on_pairs(loss, target), similarity, reduce::mean{}, how).named(L::name).value_and_grad(z, pool::self(z));
}

}}  // namespace foil::engine
namespace foil { inline namespace FOIL_ABI {

/// loss::histogram of the cosines of a batch with itself: z [B, dim], labels [B]. Pairs of two rows that both are alone in their class
/// are left out, as pytorch-metric-learning does. Result: anchors d/dz. Memory: four times B x B.
template <class Z>
auto histogram(Z const& z, id_list labels, loss::histogram const& options = {}, execution how = {}) {
  return engine::over_pairs(z, labels, options, similarity::cosine{}, false, how);
}
/// loss::intra_pair_variance of all pairs of a batch, cosines unless another similarity is given. Otherwise as histogram.
template <class Z, Similarity Sim = similarity::cosine>
auto intra_pair_variance(Z const& z, id_list labels, loss::intra_pair_variance const& options = {}, Sim similarity = {},
                         execution how = {}) {
  return engine::over_pairs(z, labels, options, similarity, true, how);
}

}}  // namespace foil
