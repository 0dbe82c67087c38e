// SPDX-License-Identifier: BSD-3-Clause
// Products of rows with columns that are packed once, and a bound on how wrong they can be.
#pragma once

#include <vector>

#include "foil/core/numeric.hpp"
#include "foil/simd/thresholded_product.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Most that start + a . b, summed in S in any order of dim fused or unfused steps, and then taken for the true number rounded to S,
/// can differ from it, where |start| + |a| |b| <= size; so many `more` roundings of such a number are covered too. What is less
/// than the smallest normal number may be lost at every step. With u half the distance from 1 to the next number, n steps are wrong
/// by at most n u / (1 - n u) of the size.
template <Scalar S>
double product_error(idx dim, double size, double more = 0) {
  double const steps = (simd::fused ? 1 : 2) * double(dim) + 8 + more;
  double const share = steps * double(std::numeric_limits<S>::epsilon()) / 2;
  if (share >= 0.5) return infinity<double>();
  return 1.001 * (share / (1 - share) * size + steps * double((std::numeric_limits<S>::min)()));
}

/// score(i, j) = start_j + the chain of products of row i and column j. The caller owns the memory.
template <Scalar S>
class packed_columns {
 public:
  static constexpr idx tile_rows = simd::threshold_rows<S>;  ///< rows of the output are written in such groups
  /// Numbers that n columns take.
  static idx space(idx n, idx dim) { return padded(n) * (dim + 1); }

  packed_columns() = default;
  /// open(first, count, scratch) returns a pointer to `count` <= threshold_columns rows, dim apart, in `scratch` or elsewhere.
  template <class Open>
  packed_columns(idx n, idx dim, Open const& open, S* memory) : n_(n), dim_(dim), packed_(memory), start_(memory + padded(n) * dim) {
    constexpr idx columns = simd::threshold_columns<S>;
    std::vector<S> scratch(std::size_t(columns * dim));
    for (idx j = 0; j < n; j += columns) {
      idx const live = (std::min)(columns, n - j);
      simd::pack_threshold_columns(open(j, live, scratch.data()), dim, live, dim, packed_ + j * dim);
    }
    std::fill_n(start_, n, S(0)), std::fill(start_ + n, start_ + padded(n), minus_infinity<S>());
  }
  bool empty() const { return packed_ == nullptr; }
  S& start(idx j) { return start_[j]; }
  /// Numbers from one row of the output to the next: the columns, and minus infinity up to a whole word.
  idx stride() const { return (n_ + simd::word - 1) / simd::word * simd::word; }

  /// Scores of m rows of x into `out`, which has space for m rounded up to tile_rows.
  void operator()(S const* x, idx ldx, idx m, S* out) {
    idx const block = simd::threshold_block<S>(dim_);
    rows_.resize(std::size_t((m + tile_rows - 1) / tile_rows * tile_rows * dim_));
    simd::pack_threshold_rows(x, ldx, m, dim_, rows_.data());
    for (idx j = 0; j < n_; j += block)
      simd::product_all(rows_.data(), m, packed_ + j * dim_, (std::min)(block, n_ - j), dim_, start_ + j, out + j, stride());
    for (idx i = 0; i < m; ++i) std::fill(out + i * stride() + padded(n_), out + (i + 1) * stride(), minus_infinity<S>());
  }

 private:
  static idx padded(idx n) { return (n + simd::threshold_columns<S> - 1) / simd::threshold_columns<S> * simd::threshold_columns<S>; }
  idx n_ = 0, dim_ = 0;
  S *packed_ = nullptr, *start_ = nullptr;
  std::vector<S> rows_;
};

}}  // namespace foil::mining
