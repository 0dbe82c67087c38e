// SPDX-License-Identifier: BSD-3-Clause
// The contract of biases: filters, which drop negatives, and weights, which count them more or less often.
//
// A bias is a struct that views what it needs, with
//   static constexpr char const* name                 in reports
//   check(rows, columns)                              refuses bad options and lists of the wrong length
//   weigh(bias_row<S> const& row, S* bias)            adds log weights to the row's bias, or sets log_zero
// Optional: check(rows, columns, where), whose messages start with `where`; static constexpr bool drops_few, it drops few, so that mining need not look deeper;
// is_active(); too_high, too_low, a filter by score alone, which mining compares while scores are in registers; positive weights, a guide,
// facts of the row: see bias_row. options(list): see check_options. overlaps(from, to), whether memory that it views lies there: results
// are not written into such memory. linear_weights, its weights are those of outcome.weights.
#pragma once

#include "foil/core/bias_row.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

template <class B, class S>
concept Bias = requires(B const& b, bias_row<S> const& row, S* bias) {
  b.weigh(row, bias);
};

}}  // namespace foil::pool
