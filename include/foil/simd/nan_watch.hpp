// Notices a NaN among scores for the price of one addition per register: a sum that met one is NaN itself.
#pragma once

#include "foil/simd/ordered_key.hpp"

namespace foil::inline FOIL_ABI::simd {

/// Sums lanes; `alarm` may be false (opposite infinities, overflow) but never misses a NaN.
template <Scalar S, class Arch>
class nan_watch {
 public:
  void see(lanes<S, Arch> const& a, lanes<S, Arch> const& b, lanes<S, Arch> const& c,
           lanes<S, Arch> const& d) noexcept {
    sum_[0] += a, sum_[1] += b, sum_[2] += c, sum_[3] += d;
  }
  bool alarm() const noexcept {
    // Read back as integers through volatile memory: a compiler that assumes finite sums cannot fold the
    // test.
    alignas(64) S lane[std::size_t(4 * lane_count<S, Arch>)];
    for (idx i = 0; i < 4; ++i) sum_[i].store_aligned(lane + i * lane_count<S, Arch>);
    bool found = false;
    for (S const& s : lane) {
      S const volatile seen = s;
      found |= nan_bits(S(seen));
    }
    return found;
  }

 private:
  lanes<S, Arch> sum_[4] = {lanes<S, Arch>(S(0)), lanes<S, Arch>(S(0)), lanes<S, Arch>(S(0)),
                            lanes<S, Arch>(S(0))};
};

/// Whether x may hold a NaN: one addition per register.
template <class Arch, Scalar S>
bool may_hold_nan(S const* x, idx n) noexcept {
  constexpr idx w = lane_count<S, Arch>;
  nan_watch<S, Arch> watch;
  idx i = 0;
  for (; i + 4 * w <= n; i += 4 * w)
    watch.see(load<Arch>(x + i), load<Arch>(x + i + w), load<Arch>(x + i + 2 * w), load<Arch>(x + i + 3 * w));
  bool found = watch.alarm();
  for (; i < n; ++i) found |= nan_bits(x[i]);
  return found;
}

}  // namespace foil::inline FOIL_ABI::simd
