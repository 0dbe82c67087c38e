// SPDX-License-Identifier: BSD-3-Clause
// The columns' side of kept exponentials: their sums, and slopes that join rows and columns without another exponential.
#pragma once

#include "foil/simd/row.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// out_j = sum_i r_i e_ij over m rows, e_ij at e + i * ld: four rows at a time, then the rest, always in this order.
template <Scalar S, class Arch = xsimd::default_arch>
void weighted_column_sums(S const* e, idx ld, S const* r, idx m, idx n, S* out) noexcept {
  using batch = lanes<S, Arch>;
  detail::each<S, Arch>(n, [&](idx j, idx live) {
    auto const at = [&](idx i) { return load_some<Arch>(e + i * ld + j, live, S(0)); };
    batch sum(S(0));
    idx i = 0;
    for (; i + 4 <= m; i += 4) {
      batch const front = fma<S, Arch>(batch(r[i]), at(i), batch(r[i + 1]) * at(i + 1));
      batch const back = fma<S, Arch>(batch(r[i + 2]), at(i + 2), batch(r[i + 3]) * at(i + 3));
      sum += front + back;
    }
    for (; i < m; ++i) sum = fma<S, Arch>(batch(r[i]), at(i), sum);
    store_some<Arch, S>(out + j, sum, live);
  });
}

/// e_j <- scale e_j (a + r c_j); returns the sum of what stands before `scale`.
template <Scalar S, class Arch = xsimd::default_arch>
double join_slopes(S* e, S a, S r, S const* c, S scale, idx n) noexcept {
  using batch = lanes<S, Arch>;
  batch const own(a), share(r), factor(scale);
  batch sum(S(0));
  detail::each<S, Arch>(n, [&](idx j, idx live) {
    batch const both = fma<S, Arch>(share, load_some<Arch>(c + j, live, S(0)), own);
    batch const slope = load_some<Arch>(e + j, live, S(0)) * both;
    sum += slope;
    store_some<Arch, S>(e + j, factor * slope, live);
  });
  return sum_of<S, Arch>(sum);
}

}}  // namespace foil::simd
