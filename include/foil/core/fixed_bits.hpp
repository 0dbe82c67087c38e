// SPDX-License-Identifier: BSD-3-Clause
// A logarithm and a cosine with the same bits on every machine, compiler and flag: what random numbers are made with.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "foil/core/abi.hpp"

namespace foil::fixed_bits { inline namespace FOIL_ABI {

/// The same number, hidden from the optimiser: a product or a sum in it is rounded here, neither fused nor reordered.
inline double rounded(double x) {
#if defined(__SSE2__)
  asm("" : "+x"(x));
#elif defined(__aarch64__)
  asm("" : "+w"(x));
#else
  asm("" : "+m"(x));
#endif
  return x;
}

/// Natural logarithm of a positive finite number; error below 1.5 units in the last place.
inline double log(double x) {
  static constexpr auto odd = [] {  // 1/3, 1/5 ... 1/23
    std::array<double, 11> a{};
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = 1 / double(2 * i + 3);
    return a;
  }();
  auto bits = std::bit_cast<std::uint64_t>(x);
  std::int64_t power = 0;
  if (bits >> 52 == 0) {  // a denormal number, by its bits: a processor may be told to read it as zero
    int const up = std::countl_zero(bits) - 11;
    bits <<= up, power = -up;
  }
  // x = m 2^power with m from sqrt(1/2) to sqrt(2), and log m = 2 artanh((m - 1) / (m + 1)) by its series.
  std::uint64_t const half_root = 0x3fe6a09e667f3bcdu;
  std::int64_t const whole = std::int64_t(bits - half_root) >> 52;
  double const m = std::bit_cast<double>(bits - (std::uint64_t(whole) << 52));
  power += whole;
  double const s = rounded(rounded(m - 1) / rounded(m + 1)), z = rounded(s * s), w = rounded(z * z);
  double p = odd[10], q = odd[9];  // the terms of z^10, z^8 ... and of z^9, z^7 ...
  for (std::size_t i = 8; i > 0; i -= 2) {
    p = rounded(rounded(p * w) + odd[i]);
    q = rounded(rounded(q * w) + odd[i - 1]);
  }
  p = rounded(rounded(p * w) + odd[0]);
  double const tail = rounded(rounded(rounded(2 * s) * z) * rounded(p + rounded(q * z)));
  double const high = 0x1.62e42feep-1, low = 0x1.a39ef35793c76p-33;  // log 2 in two parts: power * high is exact
  double const part = rounded(tail + rounded(double(power) * low));
  return rounded(rounded(double(power) * high) + rounded(rounded(2 * s) + part));
}

/// cos(2 pi x) for 0 <= x <= 1; error below 2e-16.
inline double cos_of_turn(double x) {
  static constexpr auto over_factorial = [] {
    std::array<double, 19> a{1};
    double factorial = 1;
    for (std::size_t n = 1; n < a.size(); ++n) factorial *= double(n), a[n] = 1 / factorial;
    return a;
  }();
  int const quarter = int(rounded(rounded(4 * x) + 0.5));
  double const angle = rounded(6.283185307179586 * rounded(x - 0.25 * double(quarter)));  // within pi/4
  double const square = rounded(angle * angle);
  std::size_t const odd = std::size_t(quarter % 2);
  double p = over_factorial[18 - odd];
  for (std::size_t n = 18 - odd; n > 1; n -= 2) p = rounded(over_factorial[n - 2] - rounded(p * square));
  double const value = odd ? rounded(angle * p) : p;
  return quarter == 1 || quarter == 2 ? -value : value;
}

}}  // namespace foil::fixed_bits
