// SPDX-License-Identifier: BSD-3-Clause
// The contract of reductions: from row losses to one number.
//
//   share(row, loss) -> double               what the row's loss and derivatives are multiplied with; 0 leaves it out
//   finish(sum, weight, rows) -> total       from the rows' sum and their summed weights: the value, the factor of all derivatives
// Optional: check(rows), which refuses lists of another length; overlaps(from, to), whether memory that it views lies there: results are
// not written into such memory.
#pragma once

#include "foil/core/row_loss.hpp"

namespace foil { inline namespace FOIL_ABI {

template <class R>
concept Reducer = requires(R const& r, double x, idx n) {
  { r.share(n, x) } -> std::convertible_to<double>;
  { r.finish(x, x, n) } -> std::same_as<total>;
};

}}  // namespace foil
