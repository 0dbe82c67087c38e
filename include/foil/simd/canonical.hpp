// SPDX-License-Identifier: BSD-3-Clause
// Dot products with the same bits on every instruction set, compiler and flag, -ffast-math included. One file because all
// of them must keep one order of summation.
#pragma once

#include <cmath>

#include "foil/simd/lanes.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

namespace detail {

/// The canonical order: element j goes to chain j % 8 in order of j; then chains 4 apart are added, 2 apart,
/// 1 apart.
template <class Arch>
struct canonical_chains {
  static constexpr idx w = lane_count<double, Arch>;
  static constexpr int registers = int(8 / w);
  static_assert(8 % w == 0, "foil: the canonical order has 8 chains");
  lanes<double, Arch> sum[std::size_t(registers)];

  canonical_chains() noexcept {
    for (auto& s : sum) s = lanes<double, Arch>(0.0);
  }
  /// Adds 8 products. Those of two floats are exact in double, fused or not; others must be fused.
  template <Scalar S>
  void add(S const* x, S const* y) noexcept {
    if constexpr (fused || sizeof(S) == 4) {
#pragma GCC unroll 4
      for (int i = 0; i < registers; ++i)
        sum[i] = opaque<double, Arch>(fma<double, Arch>(widen<Arch>(x + i * w), widen<Arch>(y + i * w), sum[i]));
    } else {
      double part[8];
      for (int i = 0; i < registers; ++i) sum[i].store_unaligned(part + i * w);
      double (*exact)(double, double, double) = std::fma;
      asm("" : "+r"(exact));  // the library's: -ffast-math lets a compiler split one that it can see
      for (int i = 0; i < 8; ++i) part[i] = exact(double(x[i]), double(y[i]), part[i]);
      for (int i = 0; i < registers; ++i) sum[i] = load<Arch>(part + i * w);
    }
  }
  /// Adds the squares of 8 differences x - y, each rounded in double.
  template <Scalar S>
  void add_difference(S const* x, S const* y) noexcept {
    if constexpr (fused) {
#pragma GCC unroll 4
      for (int i = 0; i < registers; ++i) {
        auto const d = opaque<double, Arch>(widen<Arch>(x + i * w) - widen<Arch>(y + i * w));
        sum[i] = opaque<double, Arch>(fma<double, Arch>(d, d, sum[i]));
      }
    } else {
      double d[8];
      for (int i = 0; i < registers; ++i) opaque<double, Arch>(widen<Arch>(x + i * w) - widen<Arch>(y + i * w)).store_unaligned(d + i * w);
      add(d, d);
    }
  }
  double total() const noexcept {
    double part[8];
    for (int i = 0; i < registers; ++i) sum[i].store_unaligned(part + i * w);
    for (int half = 4; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) part[i] += part[i + half];
      asm("" : "+m"(part));  // or -ffast-math would be free to choose its own tree
    }
    return part[0];
  }
};

}  // namespace detail

/// x . y in double, in an order that nothing changes: to score twice and compare bits. Embeddings stored as
/// half or bfloat16 are widened to float. Exact products for float and narrower; fused ones for double. About
/// half a cycle an element (double without fused hardware: far slower). The one exception: a program that
/// makes the processor flush denormal numbers (-ffast-math at link time does) sees denormal inputs as zeros.
template <class Arch = xsimd::default_arch, Storage T>
double canonical_dot(T const* x, T const* y, idx n) noexcept {
  using S = arithmetic<T>;
  detail::canonical_chains<Arch> chains;
  idx j = 0;
  if constexpr (std::same_as<S, T>)
    for (; j + 8 <= n; j += 8) chains.add(x + j, y + j);
  // What is narrower than float, and the rest filled up with zeros, which change no bit.
  for (; j < n; j += 8) {
    S xs[8] = {}, ys[8] = {};
    for (idx i = 0; i < (std::min)(idx(8), n - j); ++i) xs[i] = S(x[j + i]), ys[i] = S(y[j + i]);
    chains.add(xs, ys);
  }
  return chains.total();
}

namespace detail {

/// canonical_dot, or the squares of differences, of N pairs of rows at a time, x(i) with y(i), whose chains fill the gaps of each other.
template <idx N, class Arch, bool Difference, class X, class Y>
[[gnu::always_inline]] inline void canonical_pairs(X const& x, Y const& y, idx n, double* out) noexcept {
  using S = std::remove_cvref_t<decltype(*x(0))>;
  canonical_chains<Arch> chains[std::size_t(N)];
  auto const add = [&](idx i, S const* a, S const* b) {
    if constexpr (Difference)
      chains[i].add_difference(a, b);
    else
      chains[i].add(a, b);
  };
  idx const whole = n / 8 * 8;
  for (idx j = 0; j < whole; j += 8) {
#pragma GCC unroll 8
    for (idx i = 0; i < N; ++i) add(i, x(i) + j, y(i) + j);
  }
  for (idx i = 0; i < N && whole < n; ++i) {
    S xs[8] = {}, ys[8] = {};
    std::copy_n(x(i) + whole, n - whole, xs), std::copy_n(y(i) + whole, n - whole, ys);
    add(i, xs, ys);
  }
  for (idx i = 0; i < N; ++i) out[i] = chains[i].total();
}

}  // namespace detail

/// canonical_dot of x with N rows at a time.
template <idx N, class Arch = xsimd::default_arch, Scalar S>
void canonical_dots(S const* x, S const* const (&y)[std::size_t(N)], idx n, double* out) noexcept {
  detail::canonical_pairs<N, Arch, false>([x](idx) { return x; }, [&y](idx i) { return y[i]; }, n, out);
}
/// canonical_square_of_difference of x with N rows at a time, `stride` apart.
template <idx N, class Arch = xsimd::default_arch, Scalar S>
void canonical_squares_of_difference(S const* x, S const* y, idx stride, idx n, double* out) noexcept {
  detail::canonical_pairs<N, Arch, true>([x](idx) { return x; }, [y, stride](idx i) { return y + i * stride; }, n, out);
}
/// canonical_sum_of_squares of N rows at a time, `stride` apart.
template <idx N, class Arch = xsimd::default_arch, Scalar S>
void canonical_sums_of_squares(S const* x, idx stride, idx n, double* out) noexcept {
  auto const row = [x, stride](idx i) { return x + i * stride; };
  detail::canonical_pairs<N, Arch, false>(row, row, n, out);
}

/// x . x, canonical_dot's way.
template <class Arch = xsimd::default_arch, Storage T>
double canonical_sum_of_squares(T const* x, idx n) noexcept {
  return canonical_dot<Arch>(x, x, n);
}

/// |x - y|^2: the differences in double, squared and summed canonical_dot's way.
template <class Arch = xsimd::default_arch, Scalar S>
double canonical_square_of_difference(S const* x, S const* y, idx n) noexcept {
  double square;
  canonical_squares_of_difference<1, Arch>(x, y, 0, n, &square);
  return square;
}

/// sum_k x(k) y(k) of numbers that are made on the way, canonical_dot's way: exactly scaled, they change no bit.
template <class Arch = xsimd::default_arch, class X, class Y>
double canonical_sum(idx n, X const& x, Y const& y) {
  detail::canonical_chains<Arch> chains;
  for (idx j = 0; j < n; j += 8) {
    double xs[8] = {}, ys[8] = {};
    for (idx i = 0; i < (std::min)(idx(8), n - j); ++i) xs[i] = x(j + i), ys[i] = y(j + i);
    chains.add(xs, ys);
  }
  return chains.total();
}

}}  // namespace foil::simd
