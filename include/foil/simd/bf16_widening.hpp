// SPDX-License-Identifier: BSD-3-Clause
// Products of numbers in bfloat16 where no instruction takes them: both numbers of a pair widened to float. A product of two such
// numbers is exact in float, so all instruction sets give the same bits, fused or not, and vdpbf16ps does.
#pragma once

#include "foil/simd/bf16_kernel.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

template <class Arch>
struct bf16_widening_registers {
  using sums = lanes<float, Arch>;
  static constexpr idx width = lane_count<float, Arch>, tile_rows = vector_registers == 32 ? 8 : 4;
  struct pairs {
    sums first, second;
  };
  static pairs load(float const* p) noexcept {
    bits v;
    std::memcpy(&v, p, sizeof(v));
    return widened(v);
  }
  static pairs all(float const* p) noexcept {
    std::uint32_t one;
    std::memcpy(&one, p, sizeof(one));
    return widened(bits{} + one);
  }
  static sums zero() noexcept { return sums(0.0f); }
  static sums read(float const* p) noexcept { return simd::load<Arch>(p); }
  static sums plus(sums const& x, sums const& y) noexcept { return x + y; }
  static void write(float* p, sums const& x) noexcept { x.store_unaligned(p); }
  /// The second product first, as vdpbf16ps does.
  static sums add(sums const& s, pairs const& b, pairs const& a) noexcept {
    return fma<float, Arch>(a.first, b.first, opaque<float, Arch>(fma<float, Arch>(a.second, b.second, s)));
  }

 private:
  using reals = typename sums::register_type;
  using bits = native_vector<std::uint32_t, sizeof(sums)>;
  static pairs widened(bits v) noexcept { return {(reals)(v << 16), (reals)(v & 0xffff0000u)}; }
};

template <class Arch = xsimd::default_arch>
using bf16_widening = bf16_register_tile<bf16_widening_registers<Arch>>;

}}  // namespace foil::simd
