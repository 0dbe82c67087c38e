// SPDX-License-Identifier: BSD-3-Clause
// Pairs of rows and columns whose product may reach a threshold, found by products of whole numbers (integer_threshold.hpp has the proof
// that none is missed), and how many lie above cutoffs. One file because registers and tile registers share the seeds, the hits and the
// search.
#pragma once

#include <optional>

#include "foil/simd/compare_word.hpp"
#include "foil/simd/integer_threshold.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// A pair that may reach its row's threshold.
struct integer_hit {
  std::uint32_t row, column;
};

namespace detail {

/// The sums of a tile; returns the rows with a pair that is found, as bits, and their columns in `found`. With cutoffs: and the sums
/// [rows, columns] if there are such rows; with more than one cutoff all rows are.
template <int Bits, bool Biased, int Cutoffs>
[[gnu::noinline]] std::uint32_t integer_tile(std::int32_t const* a, std::int32_t const* b, idx groups, integer_seed<8> const& seed,
                                             [[maybe_unused]] float const* bias, [[maybe_unused]] std::uint32_t* found,
                                             [[maybe_unused]] std::int32_t* sums) noexcept {
  using kernel = integer_kernel<Bits>;
  using integers = typename kernel::integers;
  constexpr idx rows = kernel::rows, w = kernel::columns / 2;
  integers x[std::size_t(rows)], y[std::size_t(rows)];
#pragma GCC unroll 8
  for (idx i = 0; i < rows; ++i) {
    x[i] = y[i] = kernel::all(seed.whole[i]);
    if constexpr (Biased) {
      x[i] = kernel::plus_bias(x[i], bias, seed.factor[i], seed.bound[i]);
      y[i] = kernel::plus_bias(y[i], bias + w, seed.factor[i], seed.bound[i]);
    }
  }
  for (idx p = 0; p < groups; ++p) {
    integers const b0 = kernel::load(b), b1 = kernel::load(b + w);
#pragma GCC unroll 8
    for (idx i = 0; i < rows; ++i) {
      integers const r = kernel::all(a[i]);
      x[i] = kernel::add(x[i], b0, r), y[i] = kernel::add(y[i], b1, r);
    }
    a += rows, b += 2 * w;
  }
  if constexpr (Cutoffs < 2) {  // what lies above a single cutoff reaches the threshold, too
    integers negative = kernel::both(x[0], y[0]);
#pragma GCC unroll 8
    for (idx i = 1; i < rows; ++i) negative = kernel::both(negative, kernel::both(x[i], y[i]));
    if (kernel::not_negative(negative) == 0) [[likely]]
      return 0;
  }
  std::uint32_t hit = 0;
#pragma GCC unroll 8
  for (idx i = 0; i < rows; ++i) {
    found[i] = kernel::not_negative(x[i]) | kernel::not_negative(y[i]) << w;
    hit |= std::uint32_t(Cutoffs > 1 || found[i] != 0) << i;
    if constexpr (Cutoffs > 0) kernel::store(sums + i * 2 * w, x[i]), kernel::store(sums + i * 2 * w + w, y[i]);
  }
  return hit;
}

/// What is left of the columns `in` of a row that reach its threshold; what lies above cutoffs is counted. `sums` of a tile, whose first
/// row limits and the cutoffs' numbers begin with; columns that are none are off in `there`.
template <int Bits, int Cutoffs>
std::uint32_t count_row(std::int32_t const* sums, idx row, integer_limits<8> const& limits, score_cutoffs<float> const& cutoffs,
                        std::uint32_t there, std::uint32_t in) noexcept {
  using kernel = integer_kernel<Bits>;
  auto const x = kernel::load(sums + row * kernel::columns), y = kernel::load(sums + row * kernel::columns + kernel::columns / 2);
  auto const above = [&](std::int32_t t) { return kernel::above(x, y, t) & there; };
  std::uint32_t const beyond = above(limits.high[0][row]);
  in &= there & ~beyond;
  if constexpr (Cutoffs > 1) {
    for (idx k = 1; k < cutoffs.count; ++k) in |= above(limits.low[k][row]) & ~above(limits.high[k][row]);
    for (idx k = 1; k < cutoffs.count; ++k)
      cutoffs.above[k * cutoffs.stride + row] += std::uint32_t(std::popcount(above(limits.high[k][row]) & ~in));
  }
  cutoffs.above[row] += std::uint32_t(std::popcount(beyond & ~in));
  return in;
}

#if FOIL_TILES_INT8
/// Of the sums that tile_products wrote: bit row + 32 (column % 2) of found[column / 2] where one plus its seed makes a hit. Returns
/// which of these words are not 0. Cutoffs, their numbers and `live` as above.
template <bool Biased, int Cutoffs>
[[gnu::noinline]] std::uint32_t tile_hits(std::int32_t const* sums, integer_seed<16> const (&seed)[2], [[maybe_unused]] float const* bias,
                                          std::uint64_t* found, [[maybe_unused]] integer_limits<16> const (&limits)[2],
                                          [[maybe_unused]] score_cutoffs<float> const& cutoffs, [[maybe_unused]] idx live) noexcept {
  using kernel = integer_kernel<8>;
  using reals = native_vector<float, 64>;
  __m512i whole[2];
  reals factor[2], bound[2];
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
    whole[half] = kernel::load(seed[half].whole);
    if constexpr (Biased) std::memcpy(&factor[half], seed[half].factor, 64), std::memcpy(&bound[half], seed[half].bound, 64);
  }
  auto const hits = [&](idx column, int half) {
    __m512i from = whole[half];
    if constexpr (Biased) {
      reals v = (bias[column] - bound[half]) * factor[half];
      v = v > -max_seed ? v : reals{} - max_seed, v = v < max_seed ? v : reals{} + max_seed;
      from = _mm512_add_epi32(from, (__m512i) __builtin_convertvector(v, native_vector<std::int32_t, 64>));
    }
    __m512i const sum = _mm512_add_epi32(kernel::load(sums + 32 * column + 16 * half), from);
    if constexpr (Cutoffs == 0) {
      return std::uint64_t(kernel::not_negative(sum));
    } else {
      if (column >= live) return std::uint64_t(0);
      auto const above = [&](std::int32_t const* limit) { return std::uint32_t(_mm512_cmpgt_epi32_mask(sum, kernel::load(limit))); };
      std::uint32_t const beyond = above(limits[half].high[0]);
      std::uint32_t in = kernel::not_negative(sum) & ~beyond;
      for (idx k = 1; k < (Cutoffs > 1 ? cutoffs.count : 1); ++k) in |= above(limits[half].low[k]) & ~above(limits[half].high[k]);
      for (idx k = 0; k < (Cutoffs > 1 ? cutoffs.count : 1); ++k) {
        std::uint32_t* const to = cutoffs.above + k * cutoffs.stride + 16 * half;
        auto const more = __mmask16(above(limits[half].high[k]) & ~in);
        __m512i const count = _mm512_loadu_si512(to);
        _mm512_storeu_si512(to, _mm512_mask_add_epi32(count, more, count, _mm512_set1_epi32(1)));
      }
      return std::uint64_t(in);
    }
  };
  std::uint32_t words = 0;
#pragma GCC unroll 4
  for (idx j = 0; j < 32; j += 2) {
    found[j / 2] = hits(j, 0) | hits(j, 1) << 16 | hits(j + 1, 0) << 32 | hits(j + 1, 1) << 48;
    words |= std::uint32_t(found[j / 2] != 0) << (j / 2);
  }
  return words;
}

/// Hits of up to 32 rows in all columns, by tile registers.
template <bool Biased, int Cutoffs>
integer_hit* hits_in_tiles(integer_rows<8> const& a, idx i, idx live, integer_columns<8> const& b, float const* threshold,
                           score_cutoffs<float> const& cutoffs, integer_hit* end) noexcept {
  integer_seed<16> seed[2];
  integer_limits<16> limits[2] = {};
  score_cutoffs<float> const next = Cutoffs > 0 ? cutoffs.from(16) : cutoffs;
  integer_threshold<8, Biased, 16> const low(a, i, threshold), high(a, i + 16, threshold + 16);
  alignas(64) std::int32_t sums[32 * 32];
  std::uint64_t found[16];
  std::uint64_t const inside = ((std::uint64_t(1) << live) - 1) * 0x1'0000'0001u;
  for (idx j = 0; j < b.n; j += 32) {
    low.set(b.tiles[j / 32], seed[0]), high.set(b.tiles[j / 32], seed[1]);
    if constexpr (Cutoffs > 0) low.set(b.tiles[j / 32], cutoffs, limits[0]), high.set(b.tiles[j / 32], next, limits[1]);
    tile_products(a.packed + i * a.groups, b.packed + j * b.groups, a.groups / 16, sums);
    for (std::uint32_t words = tile_hits<Biased, Cutoffs>(sums, seed, b.bias + j, found, limits, cutoffs, b.n - j); words != 0;
         words &= words - 1) {
      idx const pair = std::countr_zero(words), left = b.n - j - 2 * pair;
      std::uint64_t const bits = found[pair] & inside & (left > 1 ? ~std::uint64_t(0) : left > 0 ? 0xffff'ffffu : 0u);
      auto const put = [&](idx slot, idx bit) { end[slot] = {std::uint32_t(i + (bit & 31)), std::uint32_t(j + 2 * pair + (bit >> 5))}; };
      end += each_bit(bits, put);
    }
  }
  return end;
}
#endif

/// Hits of the rows of one tile in all columns, written from `end` on; returns their end.
template <int Bits, bool Biased, int Cutoffs>
integer_hit* hits_of_tile(integer_rows<Bits> const& a, idx i, idx live, integer_columns<Bits> const& b, float const* threshold,
                          score_cutoffs<float> const& cutoffs, integer_hit* end) noexcept {
  using kernel = integer_kernel<Bits>;
  integer_seed<8> seed;
  std::uint32_t columns[8];
  [[maybe_unused]] alignas(64) std::int32_t sums[std::size_t(Cutoffs > 0 ? kernel::rows * kernel::columns : 1)];
  integer_threshold<Bits, Biased, 8> const limit(a, i, threshold);
  [[maybe_unused]] auto const gap = Cutoffs == 1 ? limit.gap(cutoffs) : decltype(limit.gap(cutoffs)){};
  for (idx j = 0; j < b.n; j += kernel::columns) {
    limit.set(b.tiles[j / kernel::columns], seed);
    std::uint32_t const inside = (1u << live) - 1;  // packing ends in rows that are none
    auto const there = std::uint32_t((std::uint64_t(1) << (std::min)(b.n - j, kernel::columns)) - 1);
    std::uint32_t hit = inside & integer_tile<Bits, Biased, Cutoffs>(a.packed + i * a.groups, b.packed + j * b.groups, a.groups, seed,
                                                                     b.bias + j, columns, sums);
    integer_limits<8> limits;
    if constexpr (Cutoffs == 1) {
      if (hit != 0) limit.set(b.tiles[j / kernel::columns], gap, limits.high[0]);
    } else if constexpr (Cutoffs > 1) {
      limit.set(b.tiles[j / kernel::columns], cutoffs, limits);
    }
    for (; hit != 0; hit &= hit - 1) {
      idx const r = std::countr_zero(hit);
      auto const put = [&](idx slot, idx bit) { end[slot] = {std::uint32_t(i + r), std::uint32_t(j + bit)}; };
      std::uint32_t in = columns[r] & there;
      if constexpr (Cutoffs > 0)
        if (in = count_row<Bits, Cutoffs>(sums, r, limits, cutoffs, there, in); in == 0) continue;
      end += each_bit(in, put);
    }
  }
  return end;
}

/// The search of integer_hits for so many cutoffs.
template <int Bits, bool Biased, int Cutoffs, class BeforeRow, class Found, class GoesOn>
idx integer_search(integer_rows<Bits> const& a, idx from, idx to, integer_columns<Bits> const& b, float const* threshold,
                   score_cutoffs<float> const& cutoffs, integer_hit* hits, BeforeRow const& before_row, Found const& found,
                   GoesOn const& goes_on) {
  constexpr idx rows = integer_tile_rows<Bits>;
#if FOIL_TILES_INT8
  std::optional<detail::tile_registers> tiles;
  if (integer_in_tiles<Bits>()) tiles.emplace();
#endif
  for (idx i = from; i < to; i += rows) {
    idx const past = (std::min)(i + rows, to);
    for (idx r = i; r < past; ++r) before_row(r);
    auto const here = [&](idx r) { return Cutoffs > 0 ? cutoffs.from(r) : cutoffs; };
    integer_hit* end = hits;
#if FOIL_TILES_INT8
    if constexpr (Bits == 8)
      if (tiles) end = detail::hits_in_tiles<Biased, Cutoffs>(a, i, past - i, b, threshold + i, here(i), end);
    if (!tiles)
#endif
      for (idx r = i; r < past; r += integer_kernel<Bits>::rows)
        end = detail::hits_of_tile<Bits, Biased, Cutoffs>(a, r, (std::min)(integer_kernel<Bits>::rows, past - r), b, threshold + r, here(r),
                                                          end);
    if (end != hits) found(hits, idx(end - hits));
    if (!goes_on()) return past;
  }
  return to;
}

}  // namespace detail

/// The most pairs that one call of `found` below gets. Newer clangs compile this even where a caller's condition leaves the call out.
template <int Bits>
constexpr idx integer_max_hits(idx n) noexcept {
  if constexpr (integer_kernel<Bits>::exists) n = integer_tile_rows<Bits> * integer_whole_columns<Bits>(n) + 8;  // each_bit writes beyond
  return n;
}

/// Tile of rows by tile of rows: calls before_row(i) for each row, then found(hits, n) with every pair whose product plus bias may
/// reach threshold[i], and some that do not, where there are any; of each row in the order of columns. found may raise thresholds.
/// Rows are [from, to), `from` on a tile; a call of goes_on() after each tile that returns false ends the search. Returns the first row
/// that was not searched. Thresholds have integer_rows_beyond numbers beyond the last row; hits hold integer_max_hits.
/// With cutoffs, at most max_integer_cutoffs, pairs that certainly lie above cutoff 0 are not found, unless they may lie in the band of
/// another one; what certainly lies above a cutoff and is not found is counted. `stride` is at least to + integer_rows_beyond; no column
/// may be absent.
template <int Bits, bool Biased, class BeforeRow, class Found, class GoesOn>
idx integer_hits(integer_rows<Bits> const& a, idx from, idx to, integer_columns<Bits> const& b, float const* threshold, integer_hit* hits,
                 BeforeRow const& before_row, Found const& found, GoesOn const& goes_on, score_cutoffs<float> const& cutoffs = {}) {
  auto const search = [&]<int Cutoffs>(std::integral_constant<int, Cutoffs>) {
    return detail::integer_search<Bits, Biased, Cutoffs>(a, from, to, b, threshold, cutoffs, hits, before_row, found, goes_on);
  };
  if (cutoffs.count == 0) return search(std::integral_constant<int, 0>{});
  return cutoffs.count == 1 ? search(std::integral_constant<int, 1>{}) : search(std::integral_constant<int, 2>{});
}

}}  // namespace foil::simd
