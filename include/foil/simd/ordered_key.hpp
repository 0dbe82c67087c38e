// SPDX-License-Identifier: BSD-3-Clause
// Scores as signed integers in the same order, so that a selection never compares a NaN or an infinity as a
// number.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "foil/core/numeric.hpp"
#include "foil/simd/lanes.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// The integer as wide as S; its order is the order of scores once the magnitude bits of negatives are
/// flipped.
template <Scalar S>
using key = std::conditional_t<sizeof(S) == 4, std::int32_t, std::int64_t>;

/// Below the key of every score, the infinities included: pads arrays of keys.
template <Scalar S>
inline constexpr key<S> no_key = (std::numeric_limits<key<S>>::min)();

template <class K>
constexpr K flip_magnitude(K bits) noexcept {
  return bits ^ ((bits >> (8 * sizeof(K) - 1)) & (std::numeric_limits<K>::max)());
}
/// Integer order of scores; both zeros share the key 0. NaN has no place in the order.
template <class K>
constexpr K key_of_bits(K bits) noexcept {
  K const k = flip_magnitude(bits);
  return k + (k == -1);  // only -0 flips to -1
}
template <Scalar S>
key<S> key_of(S x) noexcept {
  return key_of_bits(std::bit_cast<key<S>>(x));
}
template <Scalar S>
S value_of(key<S> k) noexcept {
  return std::bit_cast<S>(flip_magnitude(k));
}

/// The first key from low to high for which `holds` does, as it does for all that follow; high + 1 if there is none.
template <class K, class F>
K first_key(K low, K high, F const& holds) noexcept {
  for (++high; low < high;) {
    K const middle = (low & high) + ((low ^ high) >> 1);  // their mean, which does not overflow
    holds(middle) ? high = middle : low = middle + 1;
  }
  return low;
}

/// One register of keys; -0 keeps its own key -1 here, which a lower bound can afford.
template <Scalar S, class Arch>
xsimd::batch<key<S>, Arch> key_lanes(lanes<S, Arch> const& x) noexcept {
  using integers = xsimd::batch<key<S>, Arch>;
  // The compilers' own vectors: xsimd 8.1 cannot select integers of AVX-512 under g++.
  using words = native_vector<key<S>, sizeof(x)>;
  using reals = typename lanes<S, Arch>::register_type;
  words const bits = (words)reals(x);
  words const flipped = bits ^ ((bits >> (8 * int(sizeof(S)) - 1)) & (std::numeric_limits<key<S>>::max)());
  return integers((typename integers::register_type)flipped);
}

}}  // namespace foil::simd
