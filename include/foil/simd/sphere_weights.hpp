// SPDX-License-Identifier: BSD-3-Clause
// One over the density of distances between points of a sphere, for many distances at once.
#pragma once

#include "foil/simd/compare_word.hpp"
#include "foil/simd/exp.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// w_j = exp(-(D - 2) log d - (D - 3) / 2 log(1 - d^2 / 4) - top) for d = max(-near_j, least) in (0, 2), with b = (D - 3) / 2;
/// relative error about 1e-15 (1 + |b| (1 + |log(d^2 (1 - d^2 / 4))|)). Reads and writes n rounded up to whole words, w is 0
/// beyond n; sums[i]: of word i.
template <class Arch = xsimd::default_arch, Scalar S>
void sphere_weights(S const* near, idx n, double least, double b, double top, double* w, double* sums) noexcept {
  using batch = lanes<double, Arch>;
  using reals = typename batch::register_type;
  using integers = native_vector<std::int64_t, sizeof(reals)>;
  constexpr idx width = lane_count<double, Arch>;
  constexpr int terms = 9;  // of log(m) = 2 (s + s^3 / 3 + s^5 / 5 + ...) with s = (m - 1) / (m + 1), s^2 < 0.03
  batch const lowest(least), minus_one(-1.0), quarter(-0.25), one(1.0), power(-b), shift(-top);
  for (idx j = 0; j < n; j += word) {
    for (idx i = j; i < j + word; i += width) {
      batch const d = larger<double, Arch>(widen<Arch>(near + i) * minus_one, lowest), x = d * d;
      reals const y = x * fma<double, Arch>(x, quarter, one);
      integers const bits = (integers)y, exponent = (bits - 0x3fe6a09e667f3bcd) >> 52;  // y = 2^exponent m, m from sqrt(1/2) to sqrt(2)
      batch const m((reals)(bits - (exponent << 52))), e((reals) __builtin_convertvector(exponent, native_vector<double, sizeof(reals)>));
      batch const inverse = one / ((m + one) * d), s = (m - one) * d * inverse, z = s * s;  // one division for s and for 1 / d
      batch p(2.0 / (2 * terms + 1));
#pragma GCC unroll 16
      for (int t = terms - 1; t >= 0; --t) p = fma<double, Arch>(p, z, batch(2.0 / (2 * t + 1)));
      batch const log = fma<double, Arch>(e, batch(0.69314718055994531), p * s);
      (exp<double, Arch>(fma<double, Arch>(power, log, shift)) * (m + one) * inverse).store_unaligned(w + i);
    }
    for (idx i = n; i < j + word; ++i) w[i] = 0;
    batch sum(0.0);
    for (idx i = j; i < j + word; i += width) sum = sum + load<Arch>(w + i);
    *sums++ = sum_of<double, Arch>(sum);
  }
}

}}  // namespace foil::simd
