// SPDX-License-Identifier: BSD-3-Clause
// Rows scaled to unit length, as the cosine sees them.
#pragma once

#include "foil/engine/source_of.hpp"

namespace foil { inline namespace FOIL_ABI {

/// A copy of x with every row at length 1 (zero rows stay zero): for filters that want unit vectors. A row that holds no numbers is refused
/// in the name of `where` and `argument`.
template <class M>
auto unit_rows(M const& x, char const* where = "unit_rows", char const* argument = "x") {
  auto const v = as_view(x);
  using T = typename decltype(v)::Scalar;
  using S = arithmetic<T>;
  engine::source_of<S, T> const rows(v, metric{.unit = true}, false, where, argument);
  matrix<S> out(v.rows(), v.cols());
  rows.open(0, v.rows(), out.data());
  return out;
}

}}  // namespace foil
