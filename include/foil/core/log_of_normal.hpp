// SPDX-License-Identifier: BSD-3-Clause
// The natural logarithm in arithmetic alone: loops over it become vectors, which those that call std::log do not, nor those over
// fixed_bits::log, which rounds step by step for draws that are the same everywhere.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "foil/core/scalar.hpp"

namespace foil { inline namespace FOIL_ABI {

/// log x of a normal number x > 0, within 2 units in the last place; for any other x, NaN included, some finite number.
///   x = 2^n (1 + f) with 1 + f in [0.70, 1.40),   s = f / (2 + f),   log(1 + f) = 2 (s + s^3 / 3 + s^5 / 5 + ...) = f - s (f - r)
/// where r is what the series adds to 2 s, over s. log(2) has two parts; n times the first is exact.
template <Scalar S>
[[gnu::always_inline]] inline S log_of_normal(S x) {
  constexpr bool single = sizeof(S) == 4;
  using word = std::conditional_t<single, std::uint32_t, std::uint64_t>;
  constexpr int digits = single ? 23 : 52;
  constexpr word fraction = (word(1) << digits) - 1;
  constexpr word lowest = std::bit_cast<word>(S(0.70)), one = std::bit_cast<word>(S(1));
  constexpr S spacing_one =
      single ? S(0x1p23) : S(0x1p52);  // n in its last bits is n more: an integer becomes a number without a conversion
  constexpr S high = single ? S(0x1.62e4p-1) : S(0x1.62e42fefap-1), low = single ? S(0x1.7f7d1cf8p-20) : S(0x1.cf79abc9e3b3ap-40);
  word const shifted = std::bit_cast<word>(x) + (one - lowest);
  S const n = std::bit_cast<S>(std::bit_cast<word>(spacing_one) | (shifted >> digits)) - (spacing_one + S(one >> digits));
  S const f = std::bit_cast<S>((shifted & fraction) + lowest) - S(1), s = f / (S(2) + f), square = s * s;
  S sum = S(0);
#pragma GCC unroll 16
  for (int i = single ? 11 : 23; i > 1; i -= 2) sum = sum * square + S(2) / S(i);
  return n * high + (f - s * (f - sum * square) + n * low);
}

}}  // namespace foil
