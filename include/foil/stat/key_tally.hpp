// SPDX-License-Identifier: BSD-3-Clause
// How many of a row's negatives begin with given bits, by their next byte: one step of an exact quantile.
#pragma once

#include <array>

#include "foil/simd/ordered_key.hpp"
#include "foil/stat/visit.hpp"

namespace foil::stat { inline namespace FOIL_ABI {

/// The bits of a score, as a number in the order of scores.
template <Scalar S>
std::uint64_t ordered_bits(S x) {
  using key = simd::key<S>;
  return std::uint64_t(std::make_unsigned_t<key>(simd::key_of(x) ^ simd::no_key<S>));
}
/// The score that ordered_bits made them of.
template <Scalar S>
S from_ordered_bits(std::uint64_t bits) {
  using key = simd::key<S>;
  return simd::value_of<S>(key(std::make_unsigned_t<key>(bits)) ^ simd::no_key<S>);
}

/// 256 counts of the negatives with ordered_bits >> (shift + 8) == prefix, by (ordered_bits >> shift) % 256. Constants.
struct key_tally {
  static constexpr std::size_t width = 256;
  std::uint64_t prefix = 0;
  int shift = 0;
  when_empty empty = when_empty::neutral;

  template <Scalar S>
  struct state {
    std::array<std::uint32_t, 256> n{};
  };
  template <Scalar S>
  void add(state<S>& s, slice<S> const& x) const {
    visit<over::negatives>(x, [&](idx j) {
      std::uint64_t const bits = ordered_bits(x.u[j]) >> shift;
      if (bits >> 8 == prefix) ++s.n[std::size_t(bits & 255)];
    });
  }
  template <Scalar S>
  void merge(state<S>& a, state<S> const& b) const {
    for (std::size_t k = 0; k < 256; ++k) a.n[k] += b.n[k];
  }
  template <Scalar S>
  bool defined(state<S> const&) const {
    return true;
  }
  template <Scalar S>
  std::array<double, 256> value(state<S> const& s) const {
    std::array<double, 256> out;
    for (std::size_t k = 0; k < 256; ++k) out[k] = double(s.n[k]);
    return out;
  }
  template <Scalar S>
  void slope(state<S> const&, std::array<S, 256> const&, slice<S> const&, S*) const {}
};

}}  // namespace foil::stat
