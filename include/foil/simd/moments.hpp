// The sums that a row of logits amounts to once its maximum is known: one exponential per logit.
#pragma once

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
  exp_moments r{};
  for (idx first = 0; first < n; first += block) {
    idx const end = (std::min)(n, first + block);
    batch sum(S(0)), dot(S(0)), square(S(0));
    auto const term = [&](batch const& zs, batch const& on) {
      batch const x = larger<S, Arch>((zs - shift) * factor, lowest), e = exp<S, Arch>(x) * on;
      sum += e, dot = fma<S, Arch>(x, e, dot), square = fma<S, Arch>(e, e, square);
    };
    idx j = first;
    for (; j + w <= end; j += w) term(load<Arch>(z + j), batch(S(1)));
    if (j < end) {
      S on[std::size_t(w)];
      for (idx i = 0; i < w; ++i) on[i] = S(i < end - j);
      term(load_some<Arch>(z + j, end - j, m), load<Arch>(on));
    }
    r.sum += sum_of<S, Arch>(sum), r.dot += sum_of<S, Arch>(dot), r.square += sum_of<S, Arch>(square);
  }
  // In double: a masked logit may be the lowest float, and the mean must not depend on the offset of the row.
  double part[8] = {};
  idx j = 0;
  for (; j + 8 <= n; j += 8)
    for (idx i = 0; i < 8; ++i) part[i] += double(z[j + i]) - double(m);
  for (idx i = 0; j < n; ++j, ++i) part[i] += double(z[j]) - double(m);
  r.linear = ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
  return r;
}

/// Whether no number is NaN or infinite; by bits, without leaving the loop early, so that it vectorises.
template <Scalar S>
bool all_finite(S const* x, idx n) noexcept {
  idx j = 0;
  for (; j + 64 <= n; j += 64) {
    unsigned bad = 0;
    for (idx i = 0; i < 64; ++i) bad |= unsigned(!finite_bits(x[j + i]));
    if (bad != 0) return false;
  }
  return first_bad(x + j, n - j) < 0;
}

/// The largest of n >= 1 finite numbers.
template <Scalar S, class Arch = xsimd::default_arch>
S largest_of(S const* x, idx n) noexcept {
  using batch = lanes<S, Arch>;
  constexpr idx w = lane_count<S, Arch>;
  batch m0(x[0]), m1 = m0;
  idx j = 0;
  for (; j + 2 * w <= n; j += 2 * w)
    m0 = larger<S, Arch>(m0, load<Arch>(x + j)), m1 = larger<S, Arch>(m1, load<Arch>(x + j + w));
  for (; j < n; j += w) m0 = larger<S, Arch>(m0, load_some<Arch>(x + j, (std::min)(w, n - j), x[0]));
  return max_of<S, Arch>(larger<S, Arch>(m0, m1));
}

}  // namespace foil::inline FOIL_ABI::simd
