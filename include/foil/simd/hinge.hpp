// SPDX-License-Identifier: BSD-3-Clause
// Hinges of a row of scores against one threshold, and the largest score of those that are present.
#pragma once

#include "foil/simd/row.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Of d_j = u_j + shift over the pairs that are present: sum of f(d), sum of f'(d), number with d > 0.
struct hinge_sums {
  double sum = 0, slope = 0;
  idx above = 0;
};

/// f = max(0, d), or log(1 + e^d) if `soft`. n is a slice: few enough that the counts are exact.
template <bool Soft, Scalar S, class Arch = xsimd::default_arch>
hinge_sums sum_hinge(S const* u, S const* b, idx n, S shift) noexcept {
  using batch = lanes<S, Arch>;
  constexpr idx w = lane_count<S, Arch>;
  detail::scaled_row<S, Arch> const row(u, b, S(1));
  batch const plus(shift), zero(S(0)), one(S(1)), dead(log_zero_limit<S>);
  batch sum(S(0)), slope(S(0)), above(S(0));
  auto const step = [&](idx j, idx live) {
    auto const present = row.weight(j, live) > dead;
    batch const d = xsimd::select(present, load_some<Arch>(u + j, live, S(0)) + plus, dead);
    batch const over = xsimd::select(d > zero, one, zero);
    above += over;
    if constexpr (Soft) {
      batch const e = exp<S, Arch>(-xsimd::abs(d));
      sum += larger<S, Arch>(d, zero) + detail::log1p_unit<S, Arch>(e);
      slope += detail::ratio<S, Arch>(xsimd::select(d > zero, one, e), one + e);
    } else {
      sum += larger<S, Arch>(d, zero);
    }
  };
  idx j = 0;
  for (; j + w <= n; j += w) step(j, w);
  if (j < n) step(j, n - j);
  double const count = sum_of<S, Arch>(above);
  return {sum_of<S, Arch>(sum), Soft ? sum_of<S, Arch>(slope) : count, idx(count)};
}

/// out_j += c where u_j + shift > 0, of the pairs that are present.
template <Scalar S, class Arch = xsimd::default_arch>
void add_step(S* out, S const* u, S const* b, idx n, S shift, S c) noexcept {
  using batch = lanes<S, Arch>;
  detail::scaled_row<S, Arch> const row(u, b, S(1));
  batch const plus(shift), zero(S(0)), dead(log_zero_limit<S>), factor(c);
  detail::each<S, Arch>(n, [&](idx j, idx live) {
    batch const d = xsimd::select(row.weight(j, live) > dead, load_some<Arch>(u + j, live, S(0)) + plus, dead);
    store_some<Arch, S>(out + j, load_some<Arch>(out + j, live, S(0)) + xsimd::select(d > zero, factor, zero), live);
  });
}

/// The largest u_j of the pairs that are present, `log_zero` if there is none.
template <Scalar S, class Arch = xsimd::default_arch>
S largest_live(S const* u, S const* b, idx n) noexcept {
  using batch = lanes<S, Arch>;
  detail::scaled_row<S, Arch> const row(u, b, S(1));
  batch const dead(log_zero_limit<S>), none(log_zero<S>);
  batch most(none);
  detail::each<S, Arch>(n, [&](idx j, idx live) {
    most = larger<S, Arch>(most, xsimd::select(row.weight(j, live) > dead, load_some<Arch>(u + j, live, S(0)), none));
  });
  return max_of<S, Arch>(most);
}

}}  // namespace foil::simd
