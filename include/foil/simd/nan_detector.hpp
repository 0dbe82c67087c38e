// SPDX-License-Identifier: BSD-3-Clause
// Notices a NaN among scores for the price of one addition per register: a sum that met one is NaN itself.
#pragma once

#include "foil/simd/ordered_key.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Sums lanes; `may_hold_nan` may be a false alarm (opposite infinities, overflow) but never misses a NaN.
template <Scalar S, class Arch>
class nan_detector {
 public:
  /// Takes the sum of a few registers: one addition to the chain for all of them.
  void add(lanes<S, Arch> const& sum) noexcept { sum_ += sum; }
  void add(nan_detector const& part) noexcept { sum_ += part.sum_; }
  bool may_hold_nan() const noexcept {
    // Read back as integers through volatile memory: a compiler that assumes finite sums cannot fold the test.
    alignas(64) S lane[std::size_t(lane_count<S, Arch>)];
    sum_.store_aligned(lane);
    bool found = false;
    for (S const& s : lane) {
      S const volatile seen = s;
      found |= nan_bits(S(seen));
    }
    return found;
  }

 private:
  lanes<S, Arch> sum_ = lanes<S, Arch>(S(0));
};

/// The same value, computed here: g++ would read memory again for every use of a load, or put all additions off until
/// the registers run out.
template <Scalar S, class Arch>
lanes<S, Arch> pinned(lanes<S, Arch> const& x) noexcept {
  typename lanes<S, Arch>::register_type r = x;
#if defined(__AVX512F__)
  asm volatile("" : "+v"(r));
#elif defined(__SSE2__)
  asm volatile("" : "+x"(r));
#elif defined(__aarch64__)
  asm volatile("" : "+w"(r));
#endif
  return r;
}

/// Lane by lane the largest of `count` scores at p, a multiple of four registers; `watch` notes a NaN among them.
template <class Arch, idx count, Scalar S>
[[gnu::always_inline]] inline lanes<S, Arch> maxima_noting_nan(S const* p, nan_detector<S, Arch>& watch) noexcept {
  constexpr idx w = lane_count<S, Arch>;
  lanes<S, Arch> top[2], sum;
  for (idx i = 0; i < count; i += 4 * w) {
    auto const v0 = pinned<S, Arch>(load<Arch>(p + i)), v1 = pinned<S, Arch>(load<Arch>(p + i + w));
    auto const v2 = pinned<S, Arch>(load<Arch>(p + i + 2 * w)), v3 = pinned<S, Arch>(load<Arch>(p + i + 3 * w));
    auto const four = (v0 + v1) + (v2 + v3);
    sum = pinned<S, Arch>(i == 0 ? four : sum + four);
    auto const first = larger(v0, v1), second = larger(v2, v3);
    top[0] = i == 0 ? first : larger(top[0], first);
    top[1] = i == 0 ? second : larger(top[1], second);
  }
  watch.add(sum);
  return larger(top[0], top[1]);
}

}}  // namespace foil::simd
