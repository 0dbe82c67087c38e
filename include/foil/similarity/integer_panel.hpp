// SPDX-License-Identifier: BSD-3-Clause
// Memory for a panel of rows and a block of columns, packed as whole numbers.
#pragma once

#include <vector>

#include "foil/simd/integer_product.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// The memory grows and is used again by the next panel.
template <int Bits>
struct integer_panel {
  simd::integer_rows<Bits> rows;
  simd::integer_columns<Bits> columns;
  bool has_rows = false;

  template <Scalar S>
  void pack_rows(S const* x, idx m, idx k) {
    idx const whole = simd::integer_whole_rows<Bits>(m), all = whole + simd::integer_rows_beyond;
    words(row_words_, whole * simd::integer_packed_groups<Bits>(k) + all), words(numbers_, 3 * all),
        words(q_, simd::integer_scratch<Bits>(k));
    rows.correction = row_words_.data(), rows.packed = row_words_.data() + all;
    rows.inverse = numbers_.data(), rows.error = rows.inverse + all, rows.reach = rows.error + all;
    simd::pack_integer_rows(x, k, m, k, rows, q_.data());
    has_rows = true;
  }
  template <Scalar S>
  void pack_columns(S const* x, idx stride, idx n, idx k, S const* bias) {
    make_room(n, k);
    simd::pack_integer_columns(x, stride, n, k, bias, columns, q_.data());
  }
  /// The same of columns that are opened a tile at a time: each_tile(n, f) calls f(j, count, rows, stride, bias) for every tile of n.
  template <class Tiles>
  void pack_columns(idx n, idx k, Tiles const& each_tile) {
    make_room(n, k);
    pack_columns_to(columns, n, k, each_tile);
  }
  /// The same into `to`, memory of the caller.
  template <class Tiles>
  void pack_columns_to(simd::integer_columns<Bits>& to, idx n, idx k, Tiles const& each_tile) {
    words(q_, simd::integer_scratch<Bits>(k));
    to.n = n, to.groups = simd::integer_packed_groups<Bits>(k);
    each_tile(n, [&](idx j, idx count, auto const* x, idx stride, auto const* bias) {
      simd::integer_columns<Bits> tile = to.from(j);
      simd::pack_integer_columns(x, stride, count, k, bias, tile, q_.data());
    });
  }

 private:
  void make_room(idx n, idx k) {
    idx const whole = simd::integer_whole_columns<Bits>(n);
    words(column_words_, whole * simd::integer_packed_groups<Bits>(k)), words(biases_, whole), words(tiles_, whole),
        words(q_, simd::integer_scratch<Bits>(k));
    columns.packed = column_words_.data(), columns.bias = biases_.data(), columns.tiles = tiles_.data();
  }
  template <class T>
  static void words(std::vector<T>& v, idx n) {
    if (idx(v.size()) < n) v.resize(std::size_t(n));
  }
  std::vector<std::int32_t> row_words_, column_words_, q_;
  std::vector<float> numbers_, biases_;
  std::vector<typename simd::integer_columns<Bits>::tile> tiles_;
};

}}  // namespace foil::mining
