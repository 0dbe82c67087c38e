// SPDX-License-Identifier: BSD-3-Clause
// Conversions between floating-point types, rounded once and checked for overflow.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "foil/core/numeric.hpp"

namespace foil { inline namespace FOIL_ABI {

/// x as a T, rounded once. The types of 2 bytes convert doubles by way of float, which rounds twice: a double that float rounds to a tie
/// may then go the wrong way.
template <Storage T, class From>
T rounded_to(From x) {
  if constexpr (sizeof(T) == 2 && std::same_as<From, double>) {
    float const near = float(x);
    auto bits = std::bit_cast<std::uint32_t>(near);
    if (finite_bits(x) && double(near) != x)
      bits = (bits - std::uint32_t(std::abs(double(near)) > std::abs(x))) | 1;  // rounded to odd: never a tie
    return T(std::bit_cast<float>(bits));
  } else {
    return T(x);
  }
}

/// Refuses a finite number that would be an infinity as a T (70000 as a half, 1e39 as a float), naming argument and place.
template <Storage T, class From>
void require_representable(view<From> x, char const* where, char const* argument) {
  if constexpr (!std::same_as<T, From> && !std::same_as<T, double> && !(std::same_as<T, float> && sizeof(From) <= 4))
    for (idx i = 0; i < x.rows(); ++i)
      for (idx j = 0; j < x.cols(); ++j)
        require(finite_bits(rounded_to<T>(x(i, j))) || !finite_bits(x(i, j)), where, ": ", argument, " holds ", double(x(i, j)), " at row ",
                i, ", column ", j, ", beyond what the type it is kept in can hold");
}

}}  // namespace foil
