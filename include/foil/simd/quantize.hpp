// SPDX-License-Identifier: BSD-3-Clause
// Rows of numbers as whole numbers of 8 or 16 bits times one scale, with what that leaves out.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/simd/integer_kernel.hpp"
#include "foil/simd/pack.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Upper limits, for every row x of a tile and its whole numbers q: |x| <= length, |x - scale q| <= error.
struct quantized {
  float scale, length, error;
};

/// Groups of 32 bits that k numbers fill, and words between quantised rows.
template <int Bits>
constexpr idx integer_groups(idx k) noexcept {
  return (k * Bits + 31) / 32;
}
template <int Bits>
constexpr idx quantized_stride(idx k) noexcept {
  return (k + 15) / 16 * (Bits / 2);
}

/// Rows x[n, k] of numbers below 1e15 in size, with one scale (whose inverse is below 2e18, so that two of them multiply), in
/// q [n, quantized_stride]; zeros fill up the rest. 8 bits: the largest number becomes Limit, numbers are stored + 128 if
/// Unsigned. 16 bits: the longest row becomes 32,000 long, so that by
/// Cauchy-Schwarz no sum of products of two rows leaves 2^30, whatever k. What rounding takes from lengths and errors,
/// and numbers too small to square, are added to them.
template <int Bits, bool Unsigned, int Limit = (Bits == 8 ? 127 : 32000), Scalar S>
quantized quantize(S const* x, idx ldx, idx n, idx k, std::int32_t* q) noexcept {
  // A register of S, at least a group; doubles are at once made floats, whose rounding the error includes.
  constexpr idx w =
      sizeof(S) == 4 ? (std::max)(idx(8), lane_count<float, xsimd::default_arch>) : (std::max)(idx(4), lane_count<S, xsimd::default_arch>);
  constexpr auto lanes_of = std::size_t(w);
  using reals = native_vector<float, 4 * lanes_of>;
  using given = native_vector<S, sizeof(S) * lanes_of>;
  using integers = native_vector<std::int32_t, 4 * lanes_of>;
  using narrow = native_vector<std::conditional_t<Bits == 16, std::int16_t, std::conditional_t<Unsigned, std::uint8_t, std::int8_t>>,
                               lanes_of * Bits / 8>;
  auto const read = [&](S const* row, idx j) {
    given v;
    if (j + w <= k) {
      std::memcpy(&v, row + j, sizeof(v));
    } else {
      S rest[lanes_of] = {};
      std::copy_n(row + j, k - j, rest);
      std::memcpy(&v, rest, sizeof(v));
    }
    return __builtin_convertvector(v, reals);
  };
  auto const total = [&](reals const& v) {
    float sum[lanes_of], all = 0;
    std::memcpy(sum, &v, sizeof(v));
    for (float s : sum) all += s;
    return all;
  };
  float longest = 0;
  reals largest = {};
  for (idx i = 0; i < n; ++i) {
    reals squares = {};
    for (idx j = 0; j < k; j += w) {
      reals const v = read(x + i * ldx, j);
      squares += v * v;
      reals const size = v < 0 ? -v : v;
      largest = largest < size ? size : largest;
    }
    longest = (std::max)(longest, total(squares));
  }
  longest = std::sqrt(longest) * 1.002f + 1e-16f * std::sqrt(float(k));
  float top = longest;
  if constexpr (Bits == 8) {
    float each[lanes_of];
    std::memcpy(each, &largest, sizeof(largest));
    top = *std::max_element(each, each + w);
  }
  constexpr float most = float(Limit);
  // Rounded to nearest by cutting a positive number: the shift is what unsigned columns want anyway.
  constexpr std::int32_t shift = Bits == 8 ? 128 : 32768, stored = Unsigned ? 0 : shift;
  float const scale = (std::max)(top, 2e-14f) / most, inverse = 1 / scale;
  float worst = 0;
  for (idx i = 0; i < n; ++i) {
    reals squares = {};
    for (idx j = 0; j < k; j += w) {
      reals const v = read(x + i * ldx, j);
      integers const r = __builtin_convertvector(v * inverse + (float(shift) + 0.5f), integers);
      reals const d = v - scale * __builtin_convertvector(r - shift, reals);
      squares += d * d;
      narrow const small = __builtin_convertvector(r - stored, narrow);
      std::memcpy(q + i * quantized_stride<Bits>(k) + j * Bits / 32, &small, sizeof(small));
    }
    worst = (std::max)(worst, total(squares));
  }
  constexpr float rounding = Bits == 8 ? 2e-5f : 5e-3f;  // of x and of scale q, beside the scale: 2^-23 of the largest q, with a margin
  return {scale, longest, std::sqrt(worst) * 1.002f + (rounding * scale + 1e-16f) * std::sqrt(float(k))};
}

}}  // namespace foil::simd
