// SPDX-License-Identifier: BSD-3-Clause
// The arithmetic of pairs, one row of scores at a time. Everything above this room is written per row. One file because its
// functions share how a scaled row is read.
#pragma once

#include "foil/simd/compare_word.hpp"
#include "foil/simd/pair_term.hpp"

// In all of it: u holds n scores, b their log weights or is null for none; `log_zero` in b means that a pair is
// absent. Pointers need no alignment. The order of a sum depends on n and the register width alone, and an
// element's value not on where it sits: the rest of a row is filled up with absent pairs and takes the same
// path.

namespace foil::simd { inline namespace FOIL_ABI {

namespace detail {

/// k * u + b, or k * (u - m) + b, as registers.
template <Scalar S, class Arch>
struct scaled_row {
  S const *u, *b;
  lanes<S, Arch> k;

  scaled_row(S const* scores, S const* weights, S scale) : u(scores), b(weights), k(scale) {}
  lanes<S, Arch> weight(idx j, idx live) const noexcept {
    if (b != nullptr) return load_some<Arch>(b + j, live, log_zero<S>);
    if (live == lane_count<S, Arch>) return lanes<S, Arch>(S(0));
    constexpr S zeros[std::size_t(lane_count<S, Arch>)] = {};
    return load_some<Arch>(zeros, live, log_zero<S>);
  }
  lanes<S, Arch> scaled(idx j, idx live, lanes<S, Arch> const& plus) const noexcept {
    return fma<S, Arch>(k, load_some<Arch>(u + j, live, S(0)), plus);
  }
  lanes<S, Arch> operator()(idx j, idx live) const noexcept { return scaled(j, live, weight(j, live)); }
  lanes<S, Arch> beyond(lanes<S, Arch> const& m, idx j, idx live) const noexcept {
    return fma<S, Arch>(k, load_some<Arch>(u + j, live, S(0)) - m, weight(j, live));
  }
};

/// Calls term(j, live) for every register of a row of n; `live` is its width but for the last. Always inlined: out of
/// line, what `term` adds up would live in memory.
template <Scalar S, class Arch, class Term>
[[gnu::always_inline]] inline void each(idx n, Term const& term) noexcept {
  constexpr idx w = lane_count<S, Arch>;
  idx j = 0;
  for (; j + w <= n; j += w) term(j, w);
  if (j < n) term(j, n - j);
}

/// Sum of the registers term(j, live): two chains for at most 128 registers, their sums in double.
template <Scalar S, class Arch, class Term>
[[gnu::always_inline]] inline double sum_each(idx n, Term const& term) noexcept {
  using batch = lanes<S, Arch>;
  constexpr idx w = lane_count<S, Arch>, block = 128 * w;
  double total = 0;
  for (idx j0 = 0; j0 < n; j0 += block) {
    idx const end = (std::min)(n, j0 + block);
    batch even(S(0)), odd(S(0));
    idx j = j0;
    for (; j + 2 * w <= end; j += 2 * w) even += term(j, w), odd += term(j + w, w);
    if (j + w <= end) even += term(j, w), j += w;
    if (j < end) odd += term(j, end - j);
    total += sum_of<S, Arch>(even + odd);
  }
  return total;
}

}  // namespace detail

/// max_j (k u_j + b_j), at least `log_zero`.
template <Scalar S, class Arch = xsimd::default_arch>
S max_of_sum(S const* u, S const* b, idx n, S k = 1) noexcept {
  using batch = lanes<S, Arch>;
  constexpr idx w = lane_count<S, Arch>;
  detail::scaled_row<S, Arch> const row(u, b, k);
  batch m0(log_zero<S>), m1 = m0, m2 = m0, m3 = m0;
  idx j = 0;
  for (; j + 4 * w <= n; j += 4 * w) {
    m0 = larger<S, Arch>(m0, row(j, w)), m1 = larger<S, Arch>(m1, row(j + w, w));
    m2 = larger<S, Arch>(m2, row(j + 2 * w, w)), m3 = larger<S, Arch>(m3, row(j + 3 * w, w));
  }
  for (; j < n; j += w) m0 = larger<S, Arch>(m0, row(j, (std::min)(w, n - j)));
  return max_of<S, Arch>(larger<S, Arch>(larger<S, Arch>(m0, m1), larger<S, Arch>(m2, m3)));
}

/// sum_j exp(k (u_j - m) + b_j), m the row's peak or any score near it.
template <Scalar S, class Arch = xsimd::default_arch>
double sum_exp(S const* u, S const* b, S m, idx n, S k = 1) noexcept {
  detail::scaled_row<S, Arch> const row(u, b, k);
  lanes<S, Arch> const shift(m);
  return detail::sum_each<S, Arch>(n, [&](idx j, idx live) { return exp<S, Arch>(row.beyond(shift, j, live)); });
}

/// out_j = exp(k (u_j - m) + b_j); returns their sum, the bits of sum_exp. out may be u.
template <Scalar S, class Arch = xsimd::default_arch>
double exp_of_sum(S* out, S const* u, S const* b, S m, idx n, S k = 1) noexcept {
  detail::scaled_row<S, Arch> const row(u, b, k);
  lanes<S, Arch> const shift(m);
  return detail::sum_each<S, Arch>(n, [&](idx j, idx live) {
    auto const e = exp<S, Arch>(row.beyond(shift, j, live));
    store_some<Arch, S>(out + j, e, live);
    return e;
  });
}

/// out_j += c exp(k (u_j - m) + b_j).
template <Scalar S, class Arch = xsimd::default_arch>
void add_exp(S* out, S const* u, S const* b, S m, S c, idx n, S k = 1) noexcept {
  detail::scaled_row<S, Arch> const row(u, b, k);
  lanes<S, Arch> const shift(m), factor(c);
  detail::each<S, Arch>(n, [&](idx j, idx live) {
    auto const e = exp<S, Arch>(row.beyond(shift, j, live));
    store_some<Arch, S>(out + j, fma<S, Arch>(factor, e, load_some<Arch>(out + j, live, S(0))), live);
  });
}

/// out_j += c x_j.
template <Scalar S, class Arch = xsimd::default_arch>
void scale_add(S* out, S const* x, S c, idx n) noexcept {
  lanes<S, Arch> const factor(c);
  detail::each<S, Arch>(n, [&](idx j, idx live) {
    auto const old = load_some<Arch>(out + j, live, S(0));
    store_some<Arch, S>(out + j, fma<S, Arch>(factor, load_some<Arch>(x + j, live, S(0)), old), live);
  });
}

/// x_j *= c.
template <Scalar S, class Arch = xsimd::default_arch>
void scale(S* x, S c, idx n) noexcept {
  lanes<S, Arch> const factor(c);
  detail::each<S, Arch>(n, [&](idx j, idx live) { store_some<Arch, S>(x + j, factor * load_some<Arch>(x + j, live, S(0)), live); });
}

/// x_j = -sqrt(max(x_j, 0)).
template <Scalar S, class Arch = xsimd::default_arch>
void negative_roots(S* x, idx n) noexcept {
  using batch = lanes<S, Arch>;
  batch const zero(S(0)), minus(S(-1));  // xsimd 8.1 takes the negative of 0 for 0 with AVX-512
  detail::each<S, Arch>(n, [&](idx j, idx live) {
    batch const square = larger<S, Arch>(load_some<Arch>(x + j, live, S(0)), zero);
    store_some<Arch, S>(x + j, minus * root<S, Arch>(square), live);
  });
}

/// Sum of f(k u_j + shift) over the pairs that are present; f of simd/pair_term.hpp.
template <Scalar S, class Arch = xsimd::default_arch, class Term>
double sum_terms(Term const& f, S const* u, S const* b, idx n, S k, S shift) noexcept {
  using batch = lanes<S, Arch>;
  detail::scaled_row<S, Arch> const row(u, b, k);
  batch const plus(shift), zero(S(0)), dead(log_zero_limit<S>);
  return detail::sum_each<S, Arch>(n, [&](idx j, idx live) {
    return xsimd::select(row.weight(j, live) > dead, f.template operator()<S, Arch>(row.scaled(j, live, plus)).value, zero);
  });
}

/// out_j += c f'(k u_j + shift) for the pairs that are present.
template <Scalar S, class Arch = xsimd::default_arch, class Term>
void add_slopes(Term const& f, S* out, S const* u, S const* b, idx n, S k, S shift, S c) noexcept {
  using batch = lanes<S, Arch>;
  detail::scaled_row<S, Arch> const row(u, b, k);
  batch const plus(shift), zero(S(0)), dead(log_zero_limit<S>), factor(c);
  detail::each<S, Arch>(n, [&](idx j, idx live) {
    batch const y = xsimd::select(row.weight(j, live) > dead, f.template operator()<S, Arch>(row.scaled(j, live, plus)).slope, zero);
    store_some<Arch, S>(out + j, fma<S, Arch>(factor, y, load_some<Arch>(out + j, live, S(0))), live);
  });
}

/// Sum of x_j - m over the pairs that are present.
template <Scalar S, class Arch = xsimd::default_arch>
S sum_live(S const* x, S const* b, idx n, S m = 0) noexcept {
  using batch = lanes<S, Arch>;
  detail::scaled_row<S, Arch> const row(x, b, S(1));
  batch const zero(S(0)), dead(log_zero_limit<S>), origin(m);
  return S(detail::sum_each<S, Arch>(
      n, [&](idx j, idx live) { return xsimd::select(row.weight(j, live) > dead, load_some<Arch>(x + j, live, S(0)) - origin, zero); }));
}

/// b_j = log_zero where x_j < threshold.
template <Scalar S, class Arch = xsimd::default_arch>
void drop_below(S* b, S const* x, S threshold, idx n) noexcept {
  using batch = lanes<S, Arch>;
  batch const least(threshold), none(log_zero<S>);
  detail::each<S, Arch>(n, [&](idx j, idx live) {
    batch const kept = load_some<Arch>(b + j, live, S(0));
    store_some<Arch, S>(b + j, batch(xsimd::select(load_some<Arch>(x + j, live, S(0)) < least, none, kept)), live);
  });
}

/// How many of n pairs are present.
template <Scalar S, class Arch = xsimd::default_arch>
idx count_live(S const* b, idx n) noexcept {
  if (b == nullptr) return n;
  idx count = 0, j = 0;
  for (; j + word <= n; j += word) count += std::popcount(compare_word<Arch>(b + j, log_zero_limit<S>, greater{}));
  for (; j < n; ++j) count += b[j] > log_zero_limit<S>;
  return count;
}

/// out_j += c for the pairs that are present.
template <Scalar S, class Arch = xsimd::default_arch>
void add_live(S* out, S const* b, S c, idx n) noexcept {
  using batch = lanes<S, Arch>;
  detail::scaled_row<S, Arch> const row(out, b, S(1));
  batch const zero(S(0)), dead(log_zero_limit<S>), plus(c);
  detail::each<S, Arch>(n, [&](idx j, idx live) {
    batch const y = xsimd::select(row.weight(j, live) > dead, plus, zero);
    store_some<Arch, S>(out + j, y + load_some<Arch>(out + j, live, S(0)), live);
  });
}

/// x . y in S, four chains: the fast one.
template <Scalar S, class Arch = xsimd::default_arch>
S dot(S const* x, S const* y, idx n) noexcept {
  using batch = lanes<S, Arch>;
  constexpr idx w = lane_count<S, Arch>;
  auto const plus = [&](batch const& sum, idx j, idx live) {
    return fma<S, Arch>(load_some<Arch>(x + j, live, S(0)), load_some<Arch>(y + j, live, S(0)), sum);
  };
  batch s0(S(0)), s1 = s0, s2 = s0, s3 = s0;
  idx j = 0;
  for (; j + 4 * w <= n; j += 4 * w) {
    s0 = plus(s0, j, w), s1 = plus(s1, j + w, w);
    s2 = plus(s2, j + 2 * w, w), s3 = plus(s3, j + 3 * w, w);
  }
  for (; j < n; j += w) s0 = plus(s0, j, (std::min)(w, n - j));
  return S(sum_of<S, Arch>((s0 + s1) + (s2 + s3)));
}

/// Sum of x in double.
template <Scalar S, class Arch = xsimd::default_arch>
double sum(S const* x, idx n) noexcept {
  double part[8] = {};
  idx j = 0;
  for (; j + 8 <= n; j += 8)
    for (idx i = 0; i < 8; ++i) part[i] += double(x[j + i]);
  for (idx i = 0; j < n; ++j, ++i) part[i] += double(x[j]);
  return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
}

}}  // namespace foil::simd
