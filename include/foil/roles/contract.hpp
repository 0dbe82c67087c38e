// SPDX-License-Identifier: BSD-3-Clause
// The contract of roles: who is whose positive, who is a negative, who is not there.
//
// Roles are a struct that views what it needs, with
//   label(row, first, n, S* bias, std::vector<idx>& positives)   for the pool's columns first .. first + n - 1 of a row: adds the
//       places (0 .. n - 1, ascending) of its positives, sets bias to log_zero where no negative is; the rest has bias 0
//   check(rows, columns)                                          refuses lists of the wrong length
// Optional: check(rows, columns, where), with the call's name; static constexpr bool negatives_only; each_positive(row, f), or a type
// positive_index, made of the roles in O(rows + columns) or by sorting what they list, which has it: calls f(column) once for every
// positive of a row, where mining would ask all columns otherwise; each_absent(row, f), the same for columns that are neither positive nor
// negative, which mining's counts then leave out. Where an index also has contains(row, column), mining asks it, not label, whether one
// column is a positive; such roles have each_absent, too.
#pragma once

#include <vector>

#include "foil/core/types.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

template <class R, class S>
concept Roles = requires(R const& r, idx n, S* bias, std::vector<idx>& positives) {
  r.label(n, n, n, bias, positives);
};

}}  // namespace foil::pool
