// SPDX-License-Identifier: BSD-3-Clause
// Smoothed average precision of a labelled batch, every row a query: SmoothAP, FastAP and PNP.
#pragma once

#include "foil/engine/objective.hpp"
#include "foil/listwise/on_labels.hpp"
#include "foil/listwise/pnp.hpp"
#include "foil/listwise/smooth_ap.hpp"
#include "foil/pool/self.hpp"
#include "foil/similarity/euclidean.hpp"
#include "foil/similarity/normalized.hpp"

namespace foil { inline namespace FOIL_ABI {

/// loss::smooth_ap of each row's cosines with the batch, mean over rows; a row is relevant to itself, as published. z [B, dim],
/// labels [B], classes of any size. Result: anchors d/dz. Memory: three times B x B; time O(B x positives) a row; the
/// time goes to an exponential for each positive and other row.
template <class Z>
auto smooth_ap(Z const& z, id_list labels, loss::smooth_ap const& options = {}, execution how = {}) {
  return objective(loss::on_labels(options, labels, 1), similarity::cosine{}, reduce::mean{}, how)
      .named("smooth_ap")
      .value_and_grad(z, pool::self(z));
}
/// loss::fast_ap of each row's squared distances on unit rows with the others of the batch, mean over the rows whose class has
/// another; 0 without any. Otherwise as smooth_ap, but the time goes to the two bins of each pair, twice.
template <class Z>
auto fast_ap(Z const& z, id_list labels, loss::fast_ap const& options = {}, execution how = {}) {
  return objective(loss::on_labels(options, labels, -1), similarity::normalized<similarity::neg_sq_l2>{}, reduce::mean{}, how)
      .named("fast_ap")
      .value_and_grad(z, pool::self(z));
}
/// loss::pnp of each row's cosines with the batch, mean over the rows whose class has another; a row is relevant to itself, as
/// published. 0 without any such row. Otherwise as smooth_ap: the time goes to an exponential for each positive and negative row.
template <class Z>
auto pnp(Z const& z, id_list labels, loss::pnp const& options = {}, execution how = {}) {
  return objective(loss::on_labels(options, labels, 1, -1), similarity::cosine{}, reduce::mean{}, how)
      .named("pnp")
      .value_and_grad(z, pool::self(z));
}

}}  // namespace foil
