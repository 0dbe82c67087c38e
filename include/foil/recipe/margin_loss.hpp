// SPDX-License-Identifier: BSD-3-Clause
// The margin loss over a labelled batch, with the gradient of its learned boundary.
#pragma once

#include "foil/core/option.hpp"
#include "foil/engine/objective.hpp"
#include "foil/loss/margin_loss.hpp"
#include "foil/pool/self.hpp"
#include "foil/roles/by_label.hpp"
#include "foil/similarity/euclidean.hpp"

namespace foil { inline namespace FOIL_ABI {

/// What `margin_loss` returns.
template <Scalar S>
struct margin_loss_outcome {
  outcome<S> batch;  ///< value (the price nu * beta included), gradients, counts
  double beta = 0;   ///< d value / d beta
};

/// loss::margin_loss over z against itself, plus nu * beta. Wu et al. 2017.
template <class Z, Similarity Sim = similarity::neg_l2>
auto margin_loss(Z const& z, id_list labels, loss::margin_loss const& options = {}, double nu = 0, Sim similarity = {},
                 execution how = {}) {
  check_option("margin_loss", "nu", nu, range::either_sign);
  auto r =
      objective(options, similarity, reduce::mean{}, how).named("margin_loss").value_and_grad(z, pool::self(z, roles::by_label(labels)));
  r.value += decltype(r.value)(nu * options.beta);
  double const boundary = r.shift + nu;  // every term moves with beta as it moves with a constant on all scores
  return margin_loss_outcome<decltype(r.value)>{std::move(r), boundary};
}

}}  // namespace foil
