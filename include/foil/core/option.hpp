// SPDX-License-Identifier: BSD-3-Clause
// What an option may be: a struct lists its numbers with their ranges beside its members, and one function checks them all.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "foil/core/types.hpp"

namespace foil { inline namespace FOIL_ABI {

/// The ranges of options. Numbers that meet float arithmetic stay far from where it overflows.
namespace range {
/// A double as an integer of the same order: NaN stands beyond both infinities, and no compiler flag can take that away.
constexpr std::int64_t order_of(double x) {
  auto const bits = std::bit_cast<std::int64_t>(x);
  return bits < 0 ? (std::numeric_limits<std::int64_t>::min)() - bits : bits;
}
/// An interval of numbers that a floating point option must lie in.
struct real {
  double low, high;                          ///< ends of the interval
  bool open_low = false, open_high = false;  ///< the end itself is outside
  constexpr bool contains(double x) const { return order_of(x) >= order_of(low) + open_low && order_of(x) <= order_of(high) - open_high; }
};
/// An interval that a whole number option must lie in.
struct whole {
  idx low, high;  ///< both inside
};

// The first three: products and quotients of two options (a factor times a margin, one temperature by another), and the
// reciprocal's square, are at most 1e30 in size, which a float holds with room for sums.
// What is computed in double alone takes `divisor`, or a range of its own.
inline constexpr real either_sign{-1e15, 1e15};  ///< margins, weights of either sign, thresholds
inline constexpr real not_negative{0, 1e15};     ///< weights, margins that must not be turned round
inline constexpr real positive{1e-15, 1e15};     ///< factors and divisors
inline constexpr real temperature{1e-20, 1e30};  ///< divisors of scores
inline constexpr real divisor{(std::numeric_limits<double>::min)(), (std::numeric_limits<double>::max)()};  ///< with a finite reciprocal
inline constexpr real log_scale{-46, 46};  ///< logarithms of factors on scores
inline constexpr real share{0, 1};         ///< probabilities, parts of a whole
inline constexpr real finite{std::numeric_limits<double>::lowest(), (std::numeric_limits<double>::max)()};
inline constexpr real any{std::bit_cast<double>(std::uint64_t(0xfff0000000000000u)),
                          std::bit_cast<double>(std::uint64_t(0x7ff0000000000000u))};
inline constexpr whole any_whole{(std::numeric_limits<idx>::min)(), (std::numeric_limits<idx>::max)()};
constexpr whole at_least(idx n) { return {n, (std::numeric_limits<idx>::max)()}; }
}  // namespace range

namespace detail {
[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_option(char const* where, char const* outer, char const* name, part value,
                                                                 range::real r) {
  bool const bounded = range::finite.contains(r.low) && range::finite.contains(r.high);
  refuse({where, ": ", outer, *outer ? "." : "", name, " must be a ",
          !bounded                                    ? ""
          : r.low > 0 || (!(r.low < 0) && r.open_low) ? "positive "
                                                      : "finite ",
          "number in ", r.open_low ? "(" : "[", r.low, ", ", r.high, r.open_high ? ")" : "]", ", got ", value});
}
[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_option(char const* where, char const* outer, char const* name, part value,
                                                                 range::whole r) {
  if (r.high == range::at_least(0).high)
    refuse({where, ": ", outer, *outer ? "." : "", name, " must be a whole number of at least ", r.low, ", got ", value});
  refuse({where, ": ", outer, *outer ? "." : "", name, " must be a whole number in ", r.low, " .. ", r.high, ", got ", value});
}

/// The `list` that a struct's options(list) is called with to check them: it compares each option with its range.
template <class T>
struct option_check {
  char const* where;
  T const& of;
  char const* outer = "";

  template <class C>
  void operator()(char const* name, double C::*member, range::real r) const {
    if (!r.contains(of.*member)) [[unlikely]]
      refuse_option(where, outer, name, of.*member, r);
  }
  template <class C, std::signed_integral I>
  void operator()(char const* name, I C::*member, range::whole r) const {
    if (of.*member < r.low || of.*member > r.high) [[unlikely]]
      refuse_option(where, outer, name, of.*member, r);
  }
  /// An enum, given its last value.
  template <class C, class E>
  requires std::is_enum_v<E>
  void operator()(char const* name, E C::*member, E last) const {
    auto const value = idx(of.*member);
    if (value < 0 || value > idx(last)) [[unlikely]]
      refuse_option(where, outer, name, value, range::whole{0, idx(last)});
  }
  /// Options inside of options.
  template <class C, class N>
  void operator()(char const* name, N C::*member) const {
    N::options(option_check<N>{where, of.*member, name});
  }
  template <class... Wrong>
  void operator()(Wrong const&...) const {
    static_assert(sizeof(T) == 0,
                  "foil: options(list) lists a name, a member (a double, a whole number or an enum) and its range; write list(\"margin\", "
                  "&my_loss::margin, foil::range::positive)");
  }
};
}  // namespace detail

/// Refuses the first option of `x` that is outside its range, then asks x.check(), or x.check(where), for what several of them must be
/// together.
/// `where`: the function the user called. A struct without options(list) has check() alone, or nothing.
///   struct info_nce {
///     static constexpr char const* name = "info_nce";
///     double temperature = 0.05;  ///< > 0
///     static void options(auto list) { list("temperature", &info_nce::temperature, range::temperature); }
///   };
template <class T>
void check_options(char const* where, T const& x) {
  if constexpr (requires(detail::option_check<T> const& list) { T::options(list); }) T::options(detail::option_check<T>{where, x});
  if constexpr (requires { x.check(where); })
    x.check(where);
  else if constexpr (requires { x.check(); })
    x.check();
}
/// The same under the struct's own name.
template <class T>
void check_options(T const& x) {
  if constexpr (requires { T::name; })
    check_options(T::name, x);
  else
    check_options("options", x);
}

/// An option that is an argument of its own.
inline void check_option(char const* where, char const* name, double x, range::real r) {
  if (!r.contains(x)) [[unlikely]]
    detail::refuse_option(where, "", name, x, r);
}
inline void check_option(char const* where, char const* name, idx n, range::whole r) {
  if (n < r.low || n > r.high) [[unlikely]]
    detail::refuse_option(where, "", name, n, r);
}

/// The factor on logits, 1 / temperature.
inline double inverse_temperature(double temperature, char const* where) {
  check_option(where, "temperature", temperature, range::divisor);
  return 1 / temperature;
}

}}  // namespace foil
