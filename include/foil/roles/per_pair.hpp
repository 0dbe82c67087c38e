// SPDX-License-Identifier: BSD-3-Clause
// A user's own rule, asked pair by pair: rule(row, column) -> role.
#pragma once

#include <vector>

#include "foil/core/types.hpp"

namespace foil::roles { inline namespace FOIL_ABI {

template <class F>
class per_pair {
 public:
  explicit per_pair(F rule) : rule_(rule) {
    static_assert(std::is_invocable_r_v<role, F const&, idx, idx>,
                  "foil: roles::per_pair takes rule(foil::idx row, foil::idx column) -> foil::role");
  }

  template <Scalar S>
  void label(idx row, idx first, idx n, S* bias, std::vector<idx>& positives) const {
    for (idx j = 0; j < n; ++j) {
      role const what = rule_(row, first + j);
      bias[j] = what == role::negative ? S(0) : log_zero<S>;
      if (what == role::positive) positives.push_back(j);
    }
  }
  void check(idx, idx) const {}

 private:
  F rule_;
};

}}  // namespace foil::roles
