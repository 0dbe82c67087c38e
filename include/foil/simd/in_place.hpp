// SPDX-License-Identifier: BSD-3-Clause
// Passes over a row of scores that leave its slopes, up to a factor, in place of the scores: one exponential per pair for
// value and gradient together.
#pragma once

#include "foil/simd/row.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Sums over a row: of what was left, and of left_j times score_j (of exp_in_place: score_j - m); `sum` is what the statistic
/// adds up.
struct in_place_sums {
  double sum = 0, sum_g = 0, sum_g_s = 0;
};

namespace detail {

/// term(j, live, score) -> {left, summed}; the numbers left go to out, which may be the scores.
template <Scalar S, class Arch, class Term>
[[gnu::always_inline]] inline in_place_sums each_in_place(S* out, S const* score, idx n, Term const& term) noexcept {
  using batch = lanes<S, Arch>;
  constexpr idx w = lane_count<S, Arch>;
  batch sum(S(0)), sum_g(S(0)), with(S(0));
  auto const step = [&](idx j, idx live) {
    batch const s = load_some<Arch>(score + j, live, S(0));
    auto const [left, summed] = term(j, live, s);
    store_some<Arch, S>(out + j, left, live);
    sum += summed, sum_g += left, with = fma<S, Arch>(left, s, with);
  };
  idx j = 0;
  for (; j + w <= n; j += w) step(j, w);
  if (j < n) step(j, n - j);
  return {sum_of<S, Arch>(sum), sum_of<S, Arch>(sum_g), sum_of<S, Arch>(with)};
}
template <Scalar S, class Arch>
struct in_place_term {
  lanes<S, Arch> left, summed;
};

}  // namespace detail

/// out_j = exp(k (s_j - m) + b_j), `sum` and `sum_g` are both their sum; n is a slice, m its peak, not dropped.
template <Scalar S, class Arch = xsimd::default_arch>
in_place_sums exp_in_place(S* out, S const* score, S const* b, S m, idx n, S k) noexcept {
  using batch = lanes<S, Arch>;
  constexpr idx w = lane_count<S, Arch>;
  detail::scaled_row<S, Arch> const row(score, b, k);
  batch const factor(k), shift(m);
  batch sum(S(0)), with(S(0));
  auto const step = [&](idx j, idx live) {
    batch const beyond = load_some<Arch>(score + j, live, S(0)) - shift;
    batch const e = exp<S, Arch>(fma<S, Arch>(factor, beyond, row.weight(j, live)));
    store_some<Arch, S>(out + j, e, live);
    sum += e, with = fma<S, Arch>(e, beyond, with);
  };
  idx j = 0;
  for (; j + w <= n; j += w) step(j, w);
  if (j < n) step(j, n - j);
  double const total = sum_of<S, Arch>(sum);
  return {total, total, sum_of<S, Arch>(with)};
}

/// out_j = f'(x_j) with x_j = k s_j + shift; `sum` is that of f(x_j); f of simd/pair_term.hpp. Pairs that are absent: 0.
template <Scalar S, class Arch = xsimd::default_arch, class Term>
in_place_sums slopes_in_place(Term const& f, S* out, S const* score, S const* b, idx n, S k, S shift) noexcept {
  using batch = lanes<S, Arch>;
  detail::scaled_row<S, Arch> const row(score, b, k);
  batch const factor(k), plus(shift), zero(S(0)), dead(log_zero_limit<S>);
  return detail::each_in_place<S, Arch>(out, score, n, [&](idx j, idx live, batch const& s) {
    auto const present = row.weight(j, live) > dead;
    auto const [value, slope] = f.template operator()<S, Arch>(fma<S, Arch>(factor, s, plus));
    return detail::in_place_term<S, Arch>{xsimd::select(present, slope, zero), xsimd::select(present, value, zero)};
  });
}

/// out_j = 1 where x_j = k s_j + shift > 0, else and for absent pairs 0; `sum` is that of max(0, x_j).
template <Scalar S, class Arch = xsimd::default_arch>
in_place_sums step_in_place(S* out, S const* score, S const* b, idx n, S k, S shift) noexcept {
  using batch = lanes<S, Arch>;
  detail::scaled_row<S, Arch> const row(score, b, k);
  batch const factor(k), plus(shift), zero(S(0)), one(S(1)), dead(log_zero_limit<S>);
  return detail::each_in_place<S, Arch>(out, score, n, [&](idx j, idx live, batch const& s) {
    batch const x = xsimd::select(row.weight(j, live) > dead, fma<S, Arch>(factor, s, plus), dead);
    return detail::in_place_term<S, Arch>{xsimd::select(x > zero, one, zero), larger<S, Arch>(x, zero)};
  });
}

}}  // namespace foil::simd
