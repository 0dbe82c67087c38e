// SPDX-License-Identifier: BSD-3-Clause
// The global orthogonal regulariser of one column of embeddings.
#pragma once

#include "foil/engine/objective.hpp"
#include "foil/loss/global_orthogonal.hpp"
#include "foil/pool/self.hpp"

namespace foil { inline namespace FOIL_ABI {

/// loss::global_orthogonal of the cosines of x [B, dim] with itself; 1 / dim is added to the option `floor`. Several columns (queries,
/// documents): the mean of their calls. Result: anchors d/dx. Cost: the product; where rows
/// are short the time goes to two moments of each score.
template <class X>
auto global_orthogonal(X const& x, loss::global_orthogonal options = {}, execution how = {}) {
  if (x.cols() > 0) options.floor += 1 / double(x.cols());
  return objective(options, similarity::cosine{}, reduce::mean{}, how).named("global_orthogonal").value_and_grad(x, pool::self(x));
}

}}  // namespace foil
