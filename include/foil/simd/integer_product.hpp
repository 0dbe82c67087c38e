// SPDX-License-Identifier: BSD-3-Clause
// Pairs of rows and columns whose product may reach a threshold, found by products of whole numbers. One file because the kernel's
// seeds, its sums and the proof of both belong together.
//
// Why none is missed. Let a ~ s q and c ~ t r with |a - s q| <= e and |c - t r| <= f. Then
//   a.c - s t (q.r) = (a - s q).c + s q.(c - t r),
// which Cauchy-Schwarz bounds by e |c| + |s q| f <= e |c| + (|a| + e) f. So a.c >= threshold implies
//   q.r >= (threshold - e |c| - (|a| + e) f) / (s t).
// With a bias h per column, a.c + h >= threshold is found by threshold - h in its place. The left side is exact: |q.r| is
// at most 127^2 k < 2^28 in 8 bits, k <= 16,384; in 16 bits both rows are scaled to a length of 32,000, at most 32,700 after
// rounding (k <= 65,536), and Cauchy-Schwarz bounds every partial sum by 32,700^2. Columns that are stored + 128 add 128 sum(q) to a
// sum, which starts from its negation (the correction). A sum starts from the correction less the right side, cut to +-most_seed;
// the assertion below says that all of it stays within 32 bits. The right side is computed in float for a tile of columns at a
// time with their largest |c|, f and |h|; its own rounding, a few parts in 10^7 of each term, is taken off with a margin (1e-6
// of thresholds and biases, 1e-4 of the errors, and 2 for the conversion to a whole number). Scales are never 0 (quantize).
#pragma once

#include <optional>

#include "foil/simd/compare_word.hpp"
#include "foil/simd/integer_pack.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

static_assert(double(most_seed) + 2 + 128.0 * 127 * most_integer_dim<8> + 255.0 * 127 * most_integer_dim<8> < 0x1p31 &&
              double(most_seed) + 2 + 32700.0 * 32700 < 0x1p31);

/// A pair that may reach its row's threshold.
struct integer_hit {
  std::uint32_t row, column;
};

namespace detail {

/// What a tile starts from, per row; the kernel's sums are then not negative where a pair is found.
template <idx Rows>
struct integer_seed {
  alignas(64) std::int32_t whole[std::size_t(Rows)];  ///< the correction; without biases minus the threshold, too
  alignas(64) float factor[std::size_t(Rows)], bound[std::size_t(Rows)];
};

/// The sums of a tile; returns the rows with a pair that is found, as bits, and their columns in `found`.
template <int Bits, bool Biased>
[[gnu::noinline]] std::uint32_t integer_tile(std::int32_t const* a, std::int32_t const* b, idx groups, integer_seed<8> const& seed,
                                             [[maybe_unused]] float const* bias, std::uint32_t* found) noexcept {
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
  integers negative = kernel::both(x[0], y[0]);
#pragma GCC unroll 8
  for (idx i = 1; i < rows; ++i) negative = kernel::both(negative, kernel::both(x[i], y[i]));
  if (kernel::not_negative(negative) == 0) [[likely]]
    return 0;
  std::uint32_t hit = 0;
#pragma GCC unroll 8
  for (idx i = 0; i < rows; ++i) {
    found[i] = kernel::not_negative(x[i]) | kernel::not_negative(y[i]) << w;
    hit |= std::uint32_t(found[i] != 0) << i;
  }
  return hit;
}

/// The right side of the proof above, for a tile of rows and any tile of columns. With biases it is not divided by s t.
template <int Bits, bool Biased, idx Rows>
class integer_threshold {
  using reals = native_vector<float, 4 * std::size_t(Rows)>;
  using integers = native_vector<std::int32_t, 4 * std::size_t(Rows)>;

 public:
  /// Of rows from i on; threshold is their first.
  integer_threshold(integer_rows<Bits> const& a, idx i, float const* threshold) noexcept {
    reals const t = read(threshold), size = t < 0 ? -t : t;
    inverse_ = read(a.inverse + i);
    reals const unit = Biased ? reals{} + 1.0f : inverse_;
    error_ = read(a.error + i) * unit * 1.0001f, reach_ = read(a.reach + i) * unit * 1.0001f;
    threshold_ = (t - size * 1e-6f) * unit;
    std::memcpy(&correction_, a.correction + i, sizeof(correction_));
    correction_ += 2;
  }
  void set(typename integer_columns<Bits>::tile const& c, integer_seed<Rows>& out) const noexcept {
    reals bound = threshold_ - error_ * c.length - reach_ * c.error;
    if constexpr (Biased) {
      bound -= c.bias * 1e-6f;
      reals const factor = inverse_ * c.inverse;
      std::memcpy(out.factor, &factor, sizeof(factor)), std::memcpy(out.bound, &bound, sizeof(bound));
      std::memcpy(out.whole, &correction_, sizeof(correction_));
    } else {
      reals less = -bound * c.inverse;
      less = less > -most_seed ? less : reals{} - most_seed;
      less = less < most_seed ? less : reals{} + most_seed;
      integers const whole = correction_ + __builtin_convertvector(less, integers);
      std::memcpy(out.whole, &whole, sizeof(whole));
    }
  }

 private:
  static reals read(float const* p) noexcept {
    reals v;
    std::memcpy(&v, p, sizeof(v));
    return v;
  }
  reals inverse_, error_, reach_, threshold_;
  integers correction_;
};

#if FOIL_TILES_INT8
/// Of the sums that tile_products wrote: bit row + 32 (column % 2) of found[column / 2] where one plus its seed is not negative. Returns
/// which of these words are not 0.
template <bool Biased>
[[gnu::noinline]] std::uint32_t tile_hits(std::int32_t const* sums, integer_seed<16> const (&seed)[2], [[maybe_unused]] float const* bias,
                                          std::uint64_t* found) noexcept {
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
      v = v > -most_seed ? v : reals{} - most_seed, v = v < most_seed ? v : reals{} + most_seed;
      from = _mm512_add_epi32(from, (__m512i) __builtin_convertvector(v, native_vector<std::int32_t, 64>));
    }
    return std::uint64_t(kernel::not_negative(_mm512_add_epi32(kernel::load(sums + 32 * column + 16 * half), from)));
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
template <bool Biased>
integer_hit* hits_in_tiles(integer_rows<8> const& a, idx i, idx live, integer_columns<8> const& b, float const* threshold,
                           integer_hit* end) noexcept {
  integer_seed<16> seed[2];
  integer_threshold<8, Biased, 16> const low(a, i, threshold), high(a, i + 16, threshold + 16);
  alignas(64) std::int32_t sums[32 * 32];
  std::uint64_t found[16];
  std::uint64_t const inside = ((std::uint64_t(1) << live) - 1) * 0x1'0000'0001u;
  for (idx j = 0; j < b.n; j += 32) {
    low.set(b.tiles[j / 32], seed[0]), high.set(b.tiles[j / 32], seed[1]);
    tile_products(a.packed + i * a.groups, b.packed + j * b.groups, a.groups / 16, sums);
    for (std::uint32_t words = tile_hits<Biased>(sums, seed, b.bias + j, found); words != 0; words &= words - 1) {
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
template <int Bits, bool Biased>
integer_hit* hits_of_tile(integer_rows<Bits> const& a, idx i, idx live, integer_columns<Bits> const& b, float const* threshold,
                          integer_hit* end) noexcept {
  using kernel = integer_kernel<Bits>;
  integer_seed<8> seed;
  std::uint32_t columns[8];
  integer_threshold<Bits, Biased, 8> const limit(a, i, threshold);
  for (idx j = 0; j < b.n; j += kernel::columns) {
    limit.set(b.tiles[j / kernel::columns], seed);
    std::uint32_t const inside = (1u << live) - 1;  // packing ends in rows that are none
    for (std::uint32_t hit =
             inside & integer_tile<Bits, Biased>(a.packed + i * a.groups, b.packed + j * b.groups, a.groups, seed, b.bias + j, columns);
         hit != 0; hit &= hit - 1) {
      idx const r = std::countr_zero(hit);
      std::uint64_t const live_columns = (std::uint64_t(1) << (std::min)(b.n - j, kernel::columns)) - 1;
      auto const put = [&](idx slot, idx bit) { end[slot] = {std::uint32_t(i + r), std::uint32_t(j + bit)}; };
      end += each_bit(columns[r] & live_columns, put);
    }
  }
  return end;
}

}  // namespace detail

/// The most pairs that one call of `found` below gets.
template <int Bits>
constexpr idx integer_most_hits(idx n) noexcept {
  return integer_tile_rows<Bits> * integer_whole_columns<Bits>(n) + 8;  // each_bit writes beyond the last
}

/// Tile of rows by tile of rows: calls before_row(i) for each row, then found(hits, n) with every pair whose product plus bias may
/// reach threshold[i], and some that do not, where there are any; of each row in the order of columns. found may raise thresholds.
/// Rows are [from, to), `from` on a tile; a call of goes_on() after each tile that returns false ends the search. Returns the first row
/// that was not searched. Thresholds have integer_rows_beyond numbers beyond the last row; hits hold integer_most_hits.
template <int Bits, bool Biased, class BeforeRow, class Found, class GoesOn>
idx integer_hits(integer_rows<Bits> const& a, idx from, idx to, integer_columns<Bits> const& b, float const* threshold, integer_hit* hits,
                 BeforeRow const& before_row, Found const& found, GoesOn const& goes_on) {
  constexpr idx rows = integer_tile_rows<Bits>;
#if FOIL_TILES_INT8
  std::optional<detail::tile_registers> tiles;
  if (integer_in_tiles<Bits>()) tiles.emplace();
#endif
  for (idx i = from; i < to; i += rows) {
    idx const past = (std::min)(i + rows, to);
    for (idx r = i; r < past; ++r) before_row(r);
    integer_hit* end = hits;
#if FOIL_TILES_INT8
    if constexpr (Bits == 8)
      if (tiles) end = detail::hits_in_tiles<Biased>(a, i, past - i, b, threshold + i, end);
    if (!tiles)
#endif
      for (idx r = i; r < past; r += integer_kernel<Bits>::rows)
        end = detail::hits_of_tile<Bits, Biased>(a, r, (std::min)(integer_kernel<Bits>::rows, past - r), b, threshold + r, end);
    if (end != hits) found(hits, idx(end - hits));
    if (!goes_on()) return past;
  }
  return to;
}

}}  // namespace foil::simd
