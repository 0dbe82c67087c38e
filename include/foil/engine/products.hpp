// SPDX-License-Identifier: BSD-3-Clause
// The products of a shared pool, in the precision that the call asks for.
#pragma once

#include "foil/engine/pool_access.hpp"
#include "foil/engine/scratch.hpp"
#include "foil/simd/bf16_product.hpp"
#include "foil/simd/product.hpp"

namespace foil::engine { inline namespace FOIL_ABI {

/// Rows as the products below read them: opened, or in pairs of bfloat16.
template <Scalar S>
dense<S> open_for_products(pool_access<S> const& pool, source<S> const& x, idx first, idx count, scratch<S>& to) {
  return pool.in_bf16 ? x.open_pairs(first, count, to.fit(count * x.pairs() + x.dim)) : x.open(first, count, to.fit(count * x.dim));
}

/// out[m, n]: scores of rows a with rows c.
template <Scalar S>
void product_of_rows(pool_access<S> const& pool, dense<S> a, idx m, dense<S> c, idx n, S* out, idx ld, scratch<S>& work) {
  idx const dim = pool.candidates->dim;
  if constexpr (std::same_as<S, float>)
    if (pool.in_bf16)
      return simd::bf16_product_abt(a.data, a.stride, m, c.data, c.stride, n, dim, out, ld, work.fit(simd::bf16_workspace()));
  simd::product_abt(a.data, a.stride, m, c.data, c.stride, n, dim, out, ld, work.fit(simd::product_workspace<S>(m, n, dim)));
}
/// g[m, dim] += slopes[m, n] times rows c.
template <Scalar S>
void add_to_anchors(pool_access<S> const& pool, S const* slopes, idx ld, idx m, dense<S> c, idx n, S* g, scratch<S>& work) {
  idx const dim = pool.candidates->dim;
  if constexpr (std::same_as<S, float>)
    if (pool.in_bf16) return simd::bf16_add_product_ab(slopes, ld, m, c.data, c.stride, dim, n, g, dim, work.fit(simd::bf16_workspace()));
  simd::add_product_ab(slopes, ld, m, c.data, c.stride, dim, n, g, dim, work.fit(simd::product_workspace<S>(m, dim, n)));
}
/// g[n, dim] += slopes[m, n]^T times rows a.
template <Scalar S>
void add_to_candidates(pool_access<S> const& pool, S const* slopes, idx ld, idx n, dense<S> a, idx m, S* g, scratch<S>& work) {
  idx const dim = pool.candidates->dim;
  if constexpr (std::same_as<S, float>)
    if (pool.in_bf16) return simd::bf16_add_product_atb(slopes, ld, n, a.data, a.stride, dim, m, g, dim, work.fit(simd::bf16_workspace()));
  simd::add_product_atb(slopes, ld, n, a.data, a.stride, dim, m, g, dim, work.fit(simd::product_workspace<S>(n, dim, m)));
}

}}  // namespace foil::engine
