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

namespace detail {

/// A sum of registers in double.
template <Scalar S, class Arch>
class wide_sum {
 public:
  [[gnu::always_inline]] void add(lanes<S, Arch> const& x) noexcept {
    constexpr idx w = lane_count<S, Arch>, half = lane_count<double, Arch>;
    S parts[std::size_t(w)];
    x.store_unaligned(parts);
    even_ += widen<Arch>(parts);
    if constexpr (half < w) odd_ += widen<Arch>(parts + half);
  }
  double total() const noexcept { return sum_of<double, Arch>(even_ + odd_); }

 private:
  lanes<double, Arch> even_ = lanes<double, Arch>(0.0), odd_ = lanes<double, Arch>(0.0);
};

}  // namespace detail

/// n finite logits z, none above m. Below the range of exp a logit adds to `linear` alone. At most thirty-two terms are added up
/// in S. The n exponentials go to `out`, if there is one.
template <Scalar S, class Arch = xsimd::default_arch>
exp_moments moments(S const* z, S m, idx n, S k, S* out = nullptr) noexcept {
  using batch = lanes<S, Arch>;
  constexpr idx w = lane_count<S, Arch>, group = 32 * w;
  // z - m and its sums, a thousandth of them: a masked logit may be the lowest float, and thirty-two of those stay numbers. The
  // mean must not depend on the offset of the row, so z itself is not what is added up.
  constexpr S unit = S(1) / 1024;
  // Squares of less would be no normal numbers, which cost a hundred times as much, and are nothing beside the square of 1 at m.
  constexpr S least = sizeof(S) == 4 ? S(1e-18) : S(1e-150);
  batch const small(unit), origin(-unit * m), factor(k / unit), lowest(detail::exp_constants<S>::lowest), zero(S(0));
  detail::wide_sum<S, Arch> sums[4];
  for (idx first = 0; first < n; first += group) {
    batch linear = zero, sum = zero, dot = zero, square = zero;
    auto const term = [&](idx j, idx live, auto const& only) {
      batch const d = fma<S, Arch>(load_some<Arch>(z + j, live, m), small, origin), x = larger<S, Arch>(d * factor, lowest);
      batch const e = only(batch(xsimd::select(x > lowest, detail::exp_in_range<S, Arch>(x), zero)));
      batch const floored = larger<S, Arch>(e, batch(least));
      linear += d, sum += e, dot = fma<S, Arch>(x, e, dot), square = fma<S, Arch>(floored, floored, square);
      if (out != nullptr) store_some<Arch, S>(out + j, e, live);
    };
    auto const all = [](batch const& e) { return e; };
    if (first + group <= n) {
#pragma GCC unroll 16
      for (idx j = first; j < first + group; j += w) {
        __builtin_prefetch(z + n + j, 0, 2);  // what comes next, while the exponentials keep the machine busy
        term(j, w, all);
      }
    } else {
      idx j = first;
      for (; j + w <= n; j += w) term(j, w, all);
      S on[std::size_t(w)];
      for (idx i = 0; i < w; ++i) on[i] = S(i < n - j);
      if (j < n) term(j, n - j, [&](batch const& e) { return batch(e * load<Arch>(on)); });  // filled up: leaves no trace
    }
    sums[0].add(linear), sums[1].add(sum), sums[2].add(dot), sums[3].add(square);
  }
  return {sums[0].total() / double(unit), sums[1].total(), sums[2].total(), sums[3].total()};
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
