// The sums that a row of logits amounts to once its maximum is known: one exponential per logit.
#pragma once

#include <limits>

#include "foil/core/numeric.hpp"
#include "foil/simd/exp.hpp"

namespace foil::inline FOIL_ABI::simd {

/// With x = k (z - m):  sum x / k,  sum e^x,  sum x e^x,  sum e^2x.
struct exp_moments {
  double linear, sum, dot, square;
};

/// n finite logits z, none above m. Below the range of exp a logit adds to `linear` alone.
template <Scalar S, class Arch = xsimd::default_arch>
exp_moments moments(S const* z, S m, idx n, S k) noexcept {
  using batch = lanes<S, Arch>;
  constexpr idx w = lane_count<S, Arch>, block = 128 * w;
  batch const shift(m), factor(k), lowest(S(sizeof(S) == 4 ? -100 : -720));
  using wide = lanes<double, Arch>;
  constexpr idx half = lane_count<double, Arch>;
  // The linear sum in double: a masked logit may be the lowest float, and the mean must not depend on the offset of the
  // row.
  wide const origin = wide(double(m));
  wide even(0.0), odd(0.0);
  exp_moments r{};
  for (idx first = 0; first < n; first += block) {
    idx const end = (std::min)(n, first + block);
    batch sum(S(0)), dot(S(0)), square(S(0));
    auto const term = [&](batch const& zs, batch const& on) {
      batch const x = larger<S, Arch>((zs - shift) * factor, lowest), e = exp<S, Arch>(x) * on;
      sum += e, dot = fma<S, Arch>(x, e, dot), square = fma<S, Arch>(e, e, square);
    };
    idx j = first;
    for (; j + w <= end; j += w) {
      __builtin_prefetch(z + n + j, 0, 2);  // what comes next, while the exponentials keep the machine busy
      batch const x = larger<S, Arch>((load<Arch>(z + j) - shift) * factor, lowest), e = exp<S, Arch>(x);
      sum += e, dot = fma<S, Arch>(x, e, dot), square = fma<S, Arch>(e, e, square);
      even += widen<Arch>(z + j) - origin;
      if constexpr (half < w) odd += widen<Arch>(z + j + half) - origin;
    }
    if (j < end) {
      S on[std::size_t(w)];
      for (idx i = 0; i < w; ++i) on[i] = S(i < end - j);
      term(load_some<Arch>(z + j, end - j, m), load<Arch>(on));
      for (idx i = j; i < end; ++i) r.linear += double(z[i]) - double(m);
    }
    r.sum += sum_of<S, Arch>(sum), r.dot += sum_of<S, Arch>(dot), r.square += sum_of<S, Arch>(square);
  }
  r.linear += sum_of<double, Arch>(even + odd);
  return r;
}

/// The largest of n >= 1 numbers, and whether all of them are finite (if not, it is any number); one pass, the check by
/// bits.
template <Scalar S>
struct finite_largest {
  S value;
  bool finite;
};
template <Scalar S, class Arch = xsimd::default_arch>
finite_largest<S> largest_of(S const* x, idx n) noexcept {
  using batch = lanes<S, Arch>;
  using integer = std::conditional_t<sizeof(S) == 4, std::int32_t, std::int64_t>;
  using integers = native_vector<integer, sizeof(batch)>;
  constexpr idx w = lane_count<S, Arch>;
  constexpr integer sign = std::numeric_limits<integer>::min();
  S const huge = infinity<S>();
  integer infinite;
  std::memcpy(&infinite, &huge, sizeof(S));
  integers const magnitude = ~(integers{} + sign), limit = integers{} + infinite;
  batch m0(x[0]), m1 = m0;
  integers bad{};
  auto const look = [&](batch const& v) {
    typename batch::register_type const r = v;
    bad |= ((integers)r & magnitude) >= limit;
  };
  idx j = 0;
  for (; j + 2 * w <= n; j += 2 * w) {
    batch const a = load<Arch>(x + j), b = load<Arch>(x + j + w);
    m0 = larger<S, Arch>(m0, a), m1 = larger<S, Arch>(m1, b);
    look(a), look(b);
  }
  for (; j < n; j += w) {
    batch const a = load_some<Arch>(x + j, (std::min)(w, n - j), x[0]);
    m0 = larger<S, Arch>(m0, a), look(a);
  }
  integer any = 0;
  for (idx i = 0; i < w; ++i) any |= bad[i];
  return {max_of<S, Arch>(larger<S, Arch>(m0, m1)), any == 0};
}

}  // namespace foil::inline FOIL_ABI::simd
