// SPDX-License-Identifier: BSD-3-Clause
// The natural logarithm in arithmetic alone: loops over it become vectors, which those that call std::log do not.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "foil/core/scalar.hpp"

namespace foil { inline namespace FOIL_ABI {

/// log x of a normal number x > 0, within 2 units in the last place; a number of no meaning for any other x.
///   x = 2^n (1 + f) with 1 + f in [0.70, 1.42),   s = f / (2 + f),   log(1 + f) = 2 (s + s^3 / 3 + s^5 / 5 + ...) = f - s (f - r)
/// where r is what the series adds to 2 s, over s. n log(2) is added in two parts, of which the first is exact.
template <Scalar S>
[[gnu::always_inline]] inline S log_of_normal(S x) {
  constexpr bool single = sizeof(S) == 4;
  using word = std::conditional_t<single, std::uint32_t, std::uint64_t>;
  constexpr int digits = single ? 23 : 52;
  constexpr word fraction = (word(1) << digits) - 1;
  constexpr word lowest = std::bit_cast<word>(S(0.70)), one = std::bit_cast<word>(S(1));
  constexpr S whole = single ? S(0x1p23) : S(0x1p52);  // a whole number in the last bits of this one is added to it
  constexpr S high = single ? S(0x1.62e4p-1) : S(0x1.62e42fefap-1), low = single ? S(0x1.7f7d1cf8p-20) : S(0x1.cf79abc9e3b3ap-40);
  word const shifted = std::bit_cast<word>(x) + (one - lowest);
  S const n = std::bit_cast<S>(std::bit_cast<word>(whole) | (shifted >> digits)) - (whole + S(one >> digits));
  S const f = std::bit_cast<S>((shifted & fraction) + lowest) - S(1), s = f / (S(2) + f), square = s * s;
  S sum = S(0);
#pragma GCC unroll 16
  for (int i = single ? 11 : 23; i > 1; i -= 2) sum = sum * square + S(2) / S(i);
  return n * high + (f - s * (f - sum * square) + n * low);
}

}}  // namespace foil
