// Notices a NaN among scores for the price of one addition per register: a sum that met one is NaN itself.
#pragma once

#include "foil/simd/ordered_key.hpp"

namespace foil::inline FOIL_ABI::simd {

/// Sums lanes; `alarm` may be false (opposite infinities, overflow) but never misses a NaN.
template <Scalar S, class Arch>
class nan_watch {
 public:
  /// Takes the sum of a few registers: one addition to the chain for all of them.
  void see(lanes<S, Arch> const& sum) noexcept { sum_ += sum; }
  /// Takes sixty-four scores.
  void see_word(S const* p) noexcept {
    constexpr idx w = lane_count<S, Arch>;
    lanes<S, Arch> part = load<Arch>(p);
    for (idx i = w; i < 64; i += w) part += load<Arch>(p + i);
    see(part);
  }
  bool alarm() const noexcept {
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

}  // namespace foil::inline FOIL_ABI::simd
