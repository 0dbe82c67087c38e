// SPDX-License-Identifier: BSD-3-Clause
// Queries and documents as lists of token vectors, and their rows as MaxSim reads them.
#pragma once

#include "foil/core/ids.hpp"
#include "foil/core/numeric.hpp"
#include "foil/simd/unit_row.hpp"

namespace foil::late { inline namespace FOIL_ABI {

/// Text i is rows offsets[i] .. offsets[i + 1] - 1. Views: keep matrix and offsets alive.
template <class T>
struct token_lists {
  view<T> rows;     ///< [tokens, dim]
  id_list offsets;  ///< [texts + 1], from 0, not falling, to the number of tokens

  idx size() const { return offsets.size() - 1; }
  idx begin(idx i) const { return offsets[i]; }
  idx end(idx i) const { return offsets[i + 1]; }
};

/// Token lists over a matrix [tokens, dim] and offsets [texts + 1]; both are viewed, an owning temporary does not compile.
template <class M>
auto tokens(M&& rows, id_list offsets) {
  static_assert(!owning_temporary<M>, "foil: token lists view their matrix; keep it in a variable that outlives them");
  return token_lists<storage_of<M>>{as_view(rows), offsets};
}

/// |x|, in double. Squares of the smallest doubles vanish, so that a row of them is scaled first. O(n).
template <Scalar S>
double length_of(S const* x, idx n) {
  double const length = std::sqrt(simd::canonical_sum_of_squares(x, n));
  if (sizeof(S) == sizeof(float) || length > 1e-140) return length;
  std::vector<S> copy(x, x + n);
  return simd::scale_to_unit(copy.data(), n);
}

/// The rows in S, of unit length or as they are, and their lengths.
template <Scalar S>
class opened_tokens {
 public:
  template <class T>
  opened_tokens(token_lists<T> const& lists, bool unit, char const* where, char const* argument)
      : unit_(unit), n_(lists.size()), dim_(lists.rows.cols()) {
    static_assert(std::same_as<arithmetic<T>, S>, "foil: queries and documents must compute in one scalar type");
    idx const rows = lists.rows.rows();
    require(lists.offsets.size() >= 1 && lists.offsets[0] == 0 && lists.offsets[n_] == rows, where, ": the offsets of the ", argument,
            " must run from 0 to their ", rows, " tokens");
    for (idx i = 0; i < n_; ++i) {
      require(lists.begin(i) <= lists.end(i), where, ": the offsets of the ", argument, " must not fall, number ", i, " has ",
              lists.begin(i), " and ", lists.end(i));
      offsets_.push_back(lists.begin(i)), longest_ = (std::max)(longest_, lists.end(i) - lists.begin(i));
    }
    offsets_.push_back(rows);
    require_finite(lists.rows, where, argument);
    bool const copies = unit || !std::same_as<T, S>;
    if (copies) own_.resize(rows, dim_);
    std::vector<S> buffer(static_cast<std::size_t>(dim_));
    for (idx r = 0; r < rows; ++r) {
      S* const to = copies ? own_.data() + r * dim_ : buffer.data();
      for (idx k = 0; k < dim_; ++k) to[k] = S(lists.rows(r, k));
      double const length = unit ? simd::scale_to_unit(to, dim_) : length_of(static_cast<S const*>(to), dim_);
      require(unit || length <= 1e14, where, ": token ", r, " of the ", argument, " is ", length, " long, more than 1e14");
      length_.push_back(length), zero_ += unit && !(length > 0);
    }
    if constexpr (std::same_as<T, S>)
      data_ = copies ? own_.data() : lists.rows.data(), stride_ = copies ? dim_ : lists.rows.stride();
    else
      data_ = own_.data(), stride_ = dim_;
  }
  opened_tokens(opened_tokens&&) = default;

  idx size() const { return n_; }
  idx dim() const { return dim_; }
  idx tokens() const { return offsets_.back(); }
  idx begin(idx i) const { return offsets_[std::size_t(i)]; }
  idx end(idx i) const { return offsets_[std::size_t(i) + 1]; }
  idx longest() const { return longest_; }  ///< tokens of the longest text
  idx zero_rows() const { return zero_; }
  S const* row(idx r) const { return data_ + r * stride_; }
  idx stride() const { return stride_; }
  /// Of the row as it is read: 1 or 0 for unit rows.
  double length(idx r) const { return !unit_ ? length_[std::size_t(r)] : length_[std::size_t(r)] > 0 ? 1 : 0; }

  /// From the gradient of the rows as read to that of the rows as given, in place: (g - u (u . g)) / length.
  void to_given_rows(matrix<S>& g) const {
    for (idx r = 0; r < g.rows() && unit_; ++r) {
      S* const to = g.data() + r * dim_;
      double const along = simd::canonical_dot(row(r), static_cast<S const*>(to), dim_), length = length_[std::size_t(r)];
      for (idx k = 0; k < dim_; ++k) to[k] = length > 0 ? S((double(to[k]) - along * double(row(r)[k])) / length) : S(0);
    }
  }

 private:
  bool unit_;
  idx n_, dim_, stride_ = 0, longest_ = 0, zero_ = 0;
  S const* data_ = nullptr;
  matrix<S> own_;
  std::vector<idx> offsets_;
  std::vector<double> length_;
};

}}  // namespace foil::late
