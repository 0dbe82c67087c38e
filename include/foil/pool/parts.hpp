// SPDX-License-Identifier: BSD-3-Clause
// What a pool is made of: one relation that says who is whose positive, then any number of filters and weights.
#pragma once

#include <string>

#include "foil/bias/contract.hpp"
#include "foil/core/option.hpp"
#include "foil/roles/contract.hpp"

namespace foil::pool { inline namespace FOIL_ABI {

template <class P>
concept Checked = requires(P const& p, idx n) {
  p.check(n, n);
};

/// A filter, or roles below, for one of the scalars: to tell a part of the wrong scalar, or in the wrong place, from something else.
template <class B>
concept any_bias = Bias<B, float> || Bias<B, double>;
template <class R>
concept any_roles = Roles<R, float> || Roles<R, double>;

template <class R, class S>
consteval bool is_roles() {
  constexpr bool cuts = Roles<R, S>;
  static_assert(!any_bias<R>, "foil: a pool takes roles first and filters after them; write pool::bank(m, roles::all_negative{}, filter)");
  static_assert(cuts || any_bias<R>,
                "foil: roles have label(row, first, n, bias, positives); take one of foil::roles, or roles::per_pair(rule)");
  static_assert(!cuts || Checked<R>,
                "foil: roles have void check(foil::idx rows, foil::idx columns) const, which refuses lists of the wrong length");
  return cuts;
}

template <class B, class S>
consteval bool is_bias() {
  constexpr bool weighs = Bias<B, S>, named = requires { requires std::convertible_to<decltype(B::name), char const*>; };
  static_assert(weighs || !any_roles<B>, "foil: a pool has one relation, before its filters; write pool::bank(m, relation, filters...)");
  static_assert(weighs || any_roles<B> || !any_bias<B>,
                "foil: this filter holds numbers of another scalar type than the pool (all float or half, or all double)");
  static_assert(weighs || any_roles<B> || any_bias<B>,
                "foil: a filter has void weigh(foil::bias_row<S> const& row, S* bias) const, which adds log weights or foil::log_zero<S>");
  static_assert(!weighs || named, "foil: a filter has a name for reports; give it a static constexpr char const* name");
  static_assert(!weighs || Checked<B>, "foil: a filter has void check(foil::idx rows, foil::idx columns) const, which refuses bad options");
  return weighs;
}

/// part.check(rows, columns), or part.check(rows, columns, where) where the part has it.
template <class P>
void check_part(P const& part, idx rows, idx columns, char const* where) {
  if constexpr (requires { part.check(rows, columns, where); })
    part.check(rows, columns, where);
  else
    part.check(rows, columns);
}
/// A filter's options and lists: its messages start with "function: bias::filter: ".
template <class B>
void check_bias(B const& b, idx rows, idx columns, char const* function) {
  std::string const where = std::string(function) + ": bias::" + B::name;
  check_options(where.c_str(), b);
  check_part(b, rows, columns, where.c_str());
}

}}  // namespace foil::pool
