// SPDX-License-Identifier: BSD-3-Clause
// The sums that a row of logits amounts to once its maximum is known: one exponential per logit.
#pragma once

#include <limits>

#include "foil/core/numeric.hpp"
#include "foil/simd/exp.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// With x = k (z - m):  sum x / k,  sum e^x,  sum x e^x,  sum e^2x.
struct exp_moments {
  double linear, sum, dot, square;
};

/// n finite logits z, none above m. Below the range of exp a logit adds to `linear` alone.
template <Scalar S, class Arch = xsimd::default_arch>
exp_moments moments(S const* z, S m, idx n, S k) noexcept {
  using batch = lanes<S, Arch>;
  using wide = lanes<double, Arch>;
  constexpr idx w = lane_count<S, Arch>, half = lane_count<double, Arch>, block = 128 * w, group = 8 * w;
  // z - m and its sums, a thousandth of them: a masked logit may be the lowest float, and eight of those stay numbers. The
  // mean must not depend on the offset of the row, so z itself is not what is added up.
  constexpr S unit = S(1) / 1024;
  batch const small(unit), origin(-unit * m), factor(k / unit), lowest(S(sizeof(S) == 4 ? -100 : -720));
  wide even(0.0), odd(0.0);
  exp_moments r{};
  for (idx first = 0; first < n; first += block) {
    idx const end = (std::min)(n, first + block);
    batch sum(S(0)), dot(S(0)), square(S(0)), linear(S(0));
    auto const term = [&](batch const& zs) {
      batch const d = fma<S, Arch>(zs, small, origin), x = larger<S, Arch>(d * factor, lowest), e = exp<S, Arch>(x);
      sum += e, dot = fma<S, Arch>(x, e, dot), square = fma<S, Arch>(e, e, square), linear += d;
    };
    auto const widen_linear = [&] {
      S parts[std::size_t(w)];
      linear.store_unaligned(parts);
      linear = batch(S(0));
      even += widen<Arch>(parts);
      if constexpr (half < w) odd += widen<Arch>(parts + half);
    };
    idx j = first;
    for (; j + group <= end; j += group) {
#pragma GCC unroll 8
      for (idx i = j; i < j + group; i += w) {
        __builtin_prefetch(z + n + i, 0, 2);  // what comes next, while the exponentials keep the machine busy
        term(load<Arch>(z + i));
      }
      widen_linear();
    }
    for (; j + w <= end; j += w) term(load<Arch>(z + j));
    widen_linear();
    if (j < end) {  // a register filled up with logits that leave no trace
      S on[std::size_t(w)];
      for (idx i = 0; i < w; ++i) on[i] = S(i < end - j);
      batch const x = larger<S, Arch>(fma<S, Arch>(load_some<Arch>(z + j, end - j, m), small, origin) * factor, lowest);
      batch const e = exp<S, Arch>(x) * load<Arch>(on);
      sum += e, dot = fma<S, Arch>(x, e, dot), square = fma<S, Arch>(e, e, square);
      for (idx i = j; i < end; ++i) r.linear += double(z[i]) - double(m);
    }
    r.sum += sum_of<S, Arch>(sum), r.dot += sum_of<S, Arch>(dot), r.square += sum_of<S, Arch>(square);
  }
  r.linear += sum_of<double, Arch>(even + odd) / double(unit);
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

}}  // namespace foil::simd
