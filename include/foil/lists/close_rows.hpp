// SPDX-License-Identifier: BSD-3-Clause
// Pairs of unit rows that are at least so close, found by the tiled product in float and decided by the canonical cosine.
#pragma once

#include <bit>
#include <span>

#include "foil/core/types.hpp"
#include "foil/simd/between.hpp"
#include "foil/simd/canonical.hpp"
#include "foil/similarity/packed_columns.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Of unit rows in double (`unit_rows`), those whose canonical dot product is >= `least`. One product in float, and a canonical
/// one for each pair within its error, about dim x 1e-7, of `least`.
class close_rows {
 public:
  static constexpr idx panel = 240;  ///< rows searched at a time
  static_assert(panel % packed_columns<float>::tile_rows == 0);
  /// Rows that are compared with others, packed as columns.
  struct columns {
    std::span<idx const> ids;
    std::vector<float> memory;
    packed_columns<float> packed;
  };

  close_rows(matrix<double> const& unit, double least)
      : unit_(unit), threshold_(least), error_(product_error<float>(unit.cols(), 1.0001, 8)), low_(float(least - error_)) {}

  /// `ids` must outlive the result.
  columns pack(std::span<idx const> ids) const {
    using packed = packed_columns<float>;
    columns c{ids, std::vector<float>(std::size_t(packed::space(idx(ids.size()), unit_.cols()) + 1)), {}};
    auto const open = [&](idx first, idx count, float* out) {
      narrow(ids.subspan(std::size_t(first), std::size_t(count)), out);
      return static_cast<float const*>(out);
    };
    c.packed = packed(idx(ids.size()), unit_.cols(), open, c.memory.data());
    return c;
  }
  /// f(place of the row, place of the column, sure) for all pairs that may be close, by row, columns rising; true ends the
  /// row. `sure`: they are; others are if `decide` says so.
  template <class F>
  void operator()(std::span<idx const> rows, columns& c, F const& f) {
    idx const dim = unit_.cols(), stride = c.packed.stride();
    rows_.resize(std::size_t(panel * dim)), numbers_.resize(std::size_t(panel * stride));
    auto const sure = float(threshold_ + 2 * error_);
    for (std::size_t r = 0; r < rows.size(); r += std::size_t(panel)) {
      auto const some = rows.subspan(r, (std::min)(rows.size() - r, std::size_t(panel)));
      narrow(some, rows_.data());
      c.packed(rows_.data(), dim, idx(some.size()), numbers_.data());
      for (idx i = 0; i < idx(some.size()); ++i)
        search(numbers_.data() + i * stride, idx(c.ids.size()), [&](idx j, float x) { return f(idx(r) + i, j, x >= sure); });
    }
  }
  bool decide(idx i, idx j) const {
    return simd::canonical_dot(unit_.data() + i * unit_.cols(), unit_.data() + j * unit_.cols(), unit_.cols()) >= threshold_;
  }

 private:
  void narrow(std::span<idx const> ids, float* out) const {
    for (idx i : ids)
      for (idx k = 0; k < unit_.cols(); ++k) *out++ = float(unit_.data()[i * unit_.cols() + k]);
  }
  template <class F>
  void search(float const* number, idx n, F const& f) const {
    for (idx j = 0; j < n; j += simd::word)
      for (std::uint64_t in = simd::between_word(number + j, low_, infinity<float>()); in != 0; in &= in - 1) {
        idx const place = j + std::countr_zero(in);
        if (place >= n || f(place, number[place])) return;
      }
  }

  matrix<double> const& unit_;
  double threshold_, error_;
  float low_;
  std::vector<float> rows_, numbers_;
};

}}  // namespace foil::mining
