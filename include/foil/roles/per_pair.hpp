// SPDX-License-Identifier: BSD-3-Clause
// A user's own rule, asked pair by pair: rule(row, column) -> role.
#pragma once

#include <cstddef>
#include <vector>

#include "foil/core/types.hpp"

namespace foil::roles { inline namespace FOIL_ABI {

/// Mining lists each row's positives and asks the rule of every pair to find them. A second function spares it that:
/// positives(row, f) calls f(column) once for each column of which the rule says positive. The time goes to the rule, asked pair by pair.
template <class F, class L = std::nullptr_t>
class per_pair {
 public:
  explicit per_pair(F rule, L positives = {}) : rule_(rule), positives_(positives) {
    static_assert(std::is_invocable_r_v<role, F const&, idx, idx>,
                  "foil: roles::per_pair takes rule(foil::idx row, foil::idx column) -> foil::role");
    static_assert(std::same_as<L, std::nullptr_t> || std::is_invocable_v<L const&, idx, void (*)(idx)>,
                  "foil: roles::per_pair takes positives(foil::idx row, auto f), which calls f(foil::idx column)");
  }

  template <Scalar S>
  void label(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    for (idx j = 0; j < n; ++j) {
      role const what = rule_(row, first + j);
      bias[j] = what == role::negative ? S(0) : log_zero<S>;
      if (what == role::positive) positives.push_back(j);
    }
  }
  template <class G>
  requires(!std::same_as<L, std::nullptr_t>) void each_positive(idx row, G f) const { positives_(row, f); }
  void check(idx, idx) const {}

 private:
  F rule_;
  [[no_unique_address]] L positives_;
};

}}  // namespace foil::roles
