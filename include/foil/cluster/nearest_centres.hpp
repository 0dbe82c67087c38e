// SPDX-License-Identifier: BSD-3-Clause
// The nearest centre of every row, by inner product. Where a centre of each row is guessed, its score is a threshold by which products of
// 8-bit whole numbers rule out nearly all others; without a guess it is a tiled product in S.
#pragma once

#include <bit>
#include <memory>
#include <vector>

#include "foil/engine/scratch.hpp"
#include "foil/engine/work_range.hpp"
#include "foil/simd/between.hpp"
#include "foil/simd/dots.hpp"
#include "foil/similarity/integer_panel.hpp"
#include "foil/similarity/packed_columns.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// Nearest is the largest simd::dots of a row and a centre, of equal ones the first centre: the guess, the kind of product and the
/// number of threads change nothing. Rows and centres have norm 1 or 0.
template <Scalar S>
class nearest_centres {
  static constexpr bool has_integers = simd::integer_kernel<8>::exists;

 public:
  static constexpr idx panel = 240;  ///< most rows that a searcher takes at a time
  static_assert(panel % packed_columns<S>::tile_rows == 0);

  /// centres [n, dim], n >= 1, must outlive this and stay as they are.
  nearest_centres(S const* centres, idx n, idx dim)
      : centres_(centres),
        n_(n),
        dim_(dim),
        error_(S(product_error<S>(dim, 1.001, 2))),
        integers_pay_(has_integers && n >= 64 && dim >= 32 && dim <= simd::max_integer_dim<8>) {
    packed_memory_.fit(packed_columns<S>::space(n, dim));
    packed_ = packed_columns<S>(
        n, dim, [&](idx first, idx, S*) { return centres_ + first * dim_; }, packed_memory_.data());
    if constexpr (has_integers)
      if (integers_pay_) columns_.pack_columns(centres, dim, n, dim, std::vector<S>(std::size_t(n), S(0)).data());
  }

  /// What one thread searches with.
  class searcher {
   public:
    explicit searcher(nearest_centres const& of) : of_(of), product_(of.packed_), integers_pay_(of.integers_pay_) {}

    /// Of m <= panel rows, contiguous [m, dim]: nearest[i], which was a guess or -1, becomes the centre, and cosine[i] its
    /// product with the row.
    void operator()(S const* rows, idx m, idx* nearest, S* cosine) {
      bool const guessed = integers_pay_ && m >= 16 && *std::min_element(nearest, nearest + m) >= 0;
      if (guessed)
        by_integers(rows, m, nearest, cosine);
      else
        by_product(rows, m, nearest, cosine);
    }

   private:
    void by_integers([[maybe_unused]] S const* rows, [[maybe_unused]] idx m, [[maybe_unused]] idx* nearest, [[maybe_unused]] S* cosine) {
      if constexpr (has_integers) {
        idx const dim = of_.dim_;
        rows_.pack_rows(rows, m, dim);
        threshold_.assign(std::size_t(m + simd::integer_rows_beyond), 1e38f);
        hits_.resize(std::size_t(simd::integer_max_hits<8>(of_.n_)));
        for (idx i = 0; i < m; ++i) {
          cosine[i] = of_.dot(rows + i * dim, nearest[i]);
          threshold_[std::size_t(i)] = float(double(cosine[i]) - double(of_.error_));
        }
        idx through = 0;
        simd::integer_hits<8, false>(
            rows_.rows, 0, m, of_.columns_.columns, threshold_.data(), hits_.data(), [](idx) {},
            [&](simd::integer_hit const* hit, idx n) {
              through += n;
              for (idx h = 0; h < n; ++h) of_.compare(rows, idx(hit[h].row), idx(hit[h].column), nearest, cosine);
            },
            [] { return true; });
        // A hit costs about as much as 600 + 6 dim multiply-adds; 8 bits save a quarter or more of the float product's. Once off, they stay
        // off.
        integers_pay_ = double(through) * (600 + 6 * double(dim)) < 0.25 * double(dim) * double(of_.n_) * double(m);
      }
    }
    void by_product(S const* rows, idx m, idx* nearest, S* cosine) {
      idx const stride = product_.stride(), dim = of_.dim_;
      numbers_.fit(engine::round_up(m, product_.tile_rows) * stride);
      product_(rows, dim, m, numbers_.data());
      for (idx i = 0; i < m; ++i) {
        S const* const number = numbers_.data() + i * stride;
        nearest[i] = (std::max)(simd::first_largest(number, stride), idx(0));
        S const largest = number[nearest[i]];
        cosine[i] = of_.dot(rows + i * dim, nearest[i]);
        for (idx j = 0; j < stride; j += simd::word)
          for (std::uint64_t close = simd::between_word(number + j, largest - 4 * of_.error_, infinity<S>()); close != 0;
               close &= close - 1)
            if (idx const c = j + std::countr_zero(close); c < of_.n_) of_.compare(rows, i, c, nearest, cosine);
      }
    }

    nearest_centres const& of_;
    packed_columns<S> product_;
    bool integers_pay_;
    integer_panel<8> rows_;
    std::vector<float> threshold_;
    std::vector<simd::integer_hit> hits_;
    engine::scratch<S> numbers_;
  };

 private:
  S dot(S const* row, idx centre) const {
    S const* const c = centres_ + centre * dim_;
    S number;
    simd::dots<1>(&row, &c, dim_, &number);
    return number;
  }
  void compare(S const* rows, idx i, idx centre, idx* nearest, S* cosine) const {
    if (centre == nearest[i]) return;
    S const number = dot(rows + i * dim_, centre);
    if (number > cosine[i] || (number == cosine[i] && centre < nearest[i])) cosine[i] = number, nearest[i] = centre;
  }

  S const* centres_;
  idx n_, dim_;
  S error_;  ///< of a product, tiled or by simd::dots
  bool integers_pay_;
  engine::scratch<S> packed_memory_;
  packed_columns<S> packed_;
  integer_panel<8> columns_;
};

}}  // namespace foil::mining
