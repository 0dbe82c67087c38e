// SPDX-License-Identifier: BSD-3-Clause
// One option after the other beyond its range, where the call must name it, and at its bounds, where it gives numbers.
#pragma once

#include "../refusal.hpp"
#include "hostile.hpp"

namespace hostile {

/// f(options) with one option after the other at values outside its range, which must be named, and at its bounds.
template <class T, class F>
struct at_the_bounds {
  T const& plain;
  F const& call;
  template <class C>
  void operator()(char const* name, double C::*member, range::real r) const {
    for (double bad :
         {quiet_nan<double>(), r.low > -1e300 ? std::nextafter(r.low, -1e308) : minus_infinity<double>(), infinity<double>()}) {
      if (r.contains(bad)) continue;
      T o = plain;
      o.*member = bad;
      std::string const said = refusal([&] { call(o); });
      INFO(name << " = " << bad << ": " << said);
      CHECK(says(said, {name, "must be"}));
    }
    for (double bound : {r.low, r.high}) {
      if (!finite_bits(bound)) continue;
      T o = plain;
      o.*member = bound == r.low && r.open_low     ? std::nextafter(bound, 1e308)
                  : bound == r.high && r.open_high ? std::nextafter(bound, -1e308)
                                                   : bound;
      bool good = true;
      std::string const said = refusal([&] { good = call(o); });
      INFO(name << " = " << o.*member << ": " << said);
      CHECK(good);
      CHECK(said.find("must be a") == std::string::npos);
    }
  }
  template <class C, std::signed_integral I>
  void operator()(char const* name, I C::*member, range::whole r) const {
    if (r.low == range::any_whole.low) return;
    T o = plain;
    o.*member = I(r.low - 1);
    CHECK(says(refusal([&] { call(o); }), {name, "must be"}));
  }
  template <class C, class E>
  requires std::is_enum_v<E>
  void operator()(char const* name, E C::*member, E last) const {
    T o = plain;
    o.*member = E(int(last) + 1);
    CHECK(says(refusal([&] { call(o); }), {name, "must be"}));
  }
  template <class C, class N>
  void operator()(char const*, N C::*) const {}
};
template <class T, class F>
void at_bounds(T const& plain, F const& call) {
  if constexpr (requires(at_the_bounds<T, F> const& list) { T::options(list); }) T::options(at_the_bounds<T, F>{plain, call});
}
}  // namespace hostile
