// SPDX-License-Identifier: BSD-3-Clause
// Rows on their way in and out of the statistics: scaled scores, finished slopes.
#pragma once

#include "foil/simd/row.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Asks for n numbers of the next row ahead of time: rows are too far apart for the hardware to foresee. Worth 1 to 2 % of the
/// losses that cost the least beside their products.
template <Scalar S>
void prefetch_row(S const* x, idx n) noexcept {
  for (idx j = 0; j < n; j += 64 / idx(sizeof(S))) __builtin_prefetch(x + j, 1);
}

/// out_j = c x_j.
template <Scalar S, class Arch = xsimd::default_arch>
void scaled(S* out, S const* x, S c, idx n) noexcept {
  lanes<S, Arch> const factor(c);
  detail::each<S, Arch>(n, [&](idx j, idx live) { store_some<Arch, S>(out + j, factor * load_some<Arch>(x + j, live, S(0)), live); });
}

/// out_j = max(out_j, c x_j + r y_j).
template <Scalar S, class Arch = xsimd::default_arch>
void raise(S* out, S const* x, S c, S const* y, S r, idx n) noexcept {
  lanes<S, Arch> const of_x(c), of_y(r);
  detail::each<S, Arch>(n, [&](idx j, idx live) {
    auto const part = of_y * load_some<Arch>(y + j, live, S(0));
    auto const sum = fma<S, Arch>(of_x, load_some<Arch>(x + j, live, S(0)), part);
    store_some<Arch, S>(out + j, larger<S, Arch>(load_some<Arch>(out + j, live, S(0)), sum), live);
  });
}

/// |x - y|^2 in S, two chains: the fast one.
template <Scalar S, class Arch = xsimd::default_arch>
S square_of_difference(S const* x, S const* y, idx n) noexcept {
  constexpr idx w = lane_count<S, Arch>;
  auto const plus = [&](lanes<S, Arch> const& sum, idx j, idx live) {
    auto const d = opaque<S, Arch>(load_some<Arch>(x + j, live, S(0)) - load_some<Arch>(y + j, live, S(0)));
    return fma<S, Arch>(d, d, sum);
  };
  lanes<S, Arch> s0(S(0)), s1 = s0;
  idx j = 0;
  for (; j + 2 * w <= n; j += 2 * w) s0 = plus(s0, j, w), s1 = plus(s1, j + w, w);
  for (; j < n; j += w) s0 = plus(s0, j, (std::min)(w, n - j));
  return S(sum_of<S, Arch>(s0 + s1));
}

/// out_j += c (x_j - y_j).
template <Scalar S, class Arch = xsimd::default_arch>
void add_difference(S* out, S const* x, S const* y, S c, idx n) noexcept {
  lanes<S, Arch> const factor(c);
  detail::each<S, Arch>(n, [&](idx j, idx live) {
    // Not distributed over the difference, which -ffast-math would be free to do.
    auto const d = opaque<S, Arch>(load_some<Arch>(x + j, live, S(0)) - load_some<Arch>(y + j, live, S(0)));
    store_some<Arch, S>(out + j, fma<S, Arch>(factor, d, load_some<Arch>(out + j, live, S(0))), live);
  });
}

/// By-products of the slopes of a row: sum g_j (x_j - m) and sum g_j.
struct slope_sums {
  double sum_g_s, sum_g;
};

/// to_j = c g_j, then g_j = 0 for the next row: one pass. `to` may be x.
template <Scalar S, class Arch = xsimd::default_arch>
slope_sums scale_and_clear(S* g, S const* x, S c, S* to, idx n, S m = 0) noexcept {
  using batch = lanes<S, Arch>;
  batch const factor(c), zero(S(0)), origin(m);
  batch with(S(0)), sum_g(S(0));
  detail::each<S, Arch>(n, [&](idx j, idx live) {
    batch const v = load_some<Arch>(g + j, live, S(0));
    with = fma<S, Arch>(v, load_some<Arch>(x + j, live, S(0)) - origin, with);
    sum_g += v;
    store_some<Arch, S>(to + j, factor * v, live);
    store_some<Arch, S>(g + j, zero, live);
  });
  return {sum_of<S, Arch>(with), sum_of<S, Arch>(sum_g)};
}

}}  // namespace foil::simd
