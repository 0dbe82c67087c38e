// SPDX-License-Identifier: BSD-3-Clause
// Small numeric helpers that mean the same under -ffast-math: no infinity, no isnan, checks on bits.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "foil/core/view.hpp"

namespace foil { inline namespace FOIL_ABI {

inline bool finite_bits(float x) { return (std::bit_cast<std::uint32_t>(x) & 0x7f800000u) != 0x7f800000u; }
inline bool finite_bits(double x) { return (std::bit_cast<std::uint64_t>(x) & 0x7ff0000000000000u) != 0x7ff0000000000000u; }
inline bool finite_bits(Eigen::half x) { return (Eigen::numext::bit_cast<std::uint16_t>(x) & 0x7c00u) != 0x7c00u; }
inline bool finite_bits(Eigen::bfloat16 x) { return (Eigen::numext::bit_cast<std::uint16_t>(x) & 0x7f80u) != 0x7f80u; }
inline bool nan_bits(float x) { return (std::bit_cast<std::uint32_t>(x) & 0x7fffffffu) > 0x7f800000u; }
inline bool nan_bits(double x) { return (std::bit_cast<std::uint64_t>(x) & 0x7fffffffffffffffu) > 0x7ff0000000000000u; }
/// NaN or minus infinity: what selection never selects.
inline bool ineligible_bits(float x) { return nan_bits(x) || std::bit_cast<std::uint32_t>(x) == 0xff800000u; }
inline bool ineligible_bits(double x) { return nan_bits(x) || std::bit_cast<std::uint64_t>(x) == 0xfff0000000000000u; }
/// The quiet NaN and the infinities, made by their bits so that no compiler flag can fold them away.
template <Scalar S>
S quiet_nan() {
  if constexpr (sizeof(S) == 4)
    return std::bit_cast<S>(0x7fc00000u);
  else
    return std::bit_cast<S>(std::uint64_t(0x7ff8000000000000u));
}
template <Scalar S>
S infinity() {
  if constexpr (sizeof(S) == 4)
    return std::bit_cast<S>(0x7f800000u);
  else
    return std::bit_cast<S>(std::uint64_t(0x7ff0000000000000u));
}
template <Scalar S>
S minus_infinity() {
  if constexpr (sizeof(S) == 4)
    return std::bit_cast<S>(0xff800000u);
  else
    return std::bit_cast<S>(std::uint64_t(0xfff0000000000000u));
}

/// ceil(share * n): how many of n a share in [0, 1] is. Products such as 0.07 * 100 come out a little above the whole number that was
/// meant, so a share counts one more only beyond 1e-9 of one, or the rounding of the product.
inline idx ceil_of_share(double share, idx n) {
  double const product = share * double(n);
  return (std::min)(n, idx(std::ceil(product - 1e-9 - product * 0x1p-51)));
}

/// First element of a row that is NaN or infinite, or -1.
template <class T>
idx first_bad(T const* x, idx n) {
  unsigned any = 0;  // the usual row is fine: one pass without a branch, in words that vectorise
  for (idx j = 0; j < n; ++j) any |= unsigned(!finite_bits(x[j]));
  if (any == 0) return -1;
  for (idx j = 0; j < n; ++j)
    if (!finite_bits(x[j])) return j;
  return -1;
}

/// Whether row i holds a NaN or an infinity. Whole numbers hold none.
template <class T>
bool is_bad_row([[maybe_unused]] view<T> const& x, [[maybe_unused]] idx i) {
  if constexpr (std::integral<T>)
    return false;
  else
    return first_bad(x.row(i), x.cols()) >= 0;
}

/// The largest |x_j|; not a finite number where some x_j is none. In integers: one pass that vectorises, without a branch.
template <class T>
T largest_magnitude(T const* x, idx n) {
  using bits = std::conditional_t<sizeof(T) == 8, std::int64_t, std::conditional_t<sizeof(T) == 4, std::int32_t, std::int16_t>>;
  constexpr bits magnitude = std::numeric_limits<bits>::max();
  bits most = 0;
  for (idx j = 0; j < n; ++j) {
    bits word;
    std::memcpy(&word, x + j, sizeof word);
    most = (std::max)(most, bits(word & magnitude));
  }
  T largest;
  std::memcpy(static_cast<void*>(&largest), &most, sizeof most);  // a half has constructors
  return largest;
}

/// Refuses a NaN or an infinity in a row x of n numbers, naming argument, row and column.
template <class T>
void require_finite_row(T const* x, idx n, idx row, char const* where, char const* argument) {
  idx const j = first_bad(x, n);
  require(j < 0, where, ": ", argument, " holds a NaN or an infinity at row ", row, ", column ", j);
}
/// The same of all rows.
template <class T>
void require_finite(view<T> x, char const* where, char const* argument) {
  for (idx i = 0; i < x.rows(); ++i) require_finite_row(x.row(i), x.cols(), i, where, argument);
}

/// The power of two, within 2^-1000 and 2^1000, that brings a number near 1; 0 for 0.
inline int scaling_exponent(double largest) { return largest > 0 ? std::clamp(-std::ilogb(largest), -1000, 1000) : 0; }

/// softplus and sigmoid of x and of -x, without overflow; they share the exponential, which is taken once.
template <Scalar S>
class logistic {
 public:
  explicit logistic(S x) : x_(x), power_(std::exp(-std::abs(x))) {}
  S sigmoid() const { return (x_ >= 0 ? S(1) : power_) / (S(1) + power_); }
  S complement() const { return (x_ <= 0 ? S(1) : power_) / (S(1) + power_); }  ///< sigmoid(-x)
  S tail() const { return std::log1p(power_); }                                 ///< softplus(x) - max(x, 0), of x and of -x
  S softplus() const { return (std::max)(x_, S(0)) + tail(); }

 private:
  S x_, power_;
};
/// log(1 + e^x) without overflow.
template <Scalar S>
S softplus(S x) {
  return logistic<S>(x).softplus();
}
/// 1 / (1 + e^-x) without overflow; the slope of softplus.
template <Scalar S>
S sigmoid(S x) {
  return logistic<S>(x).sigmoid();
}
/// log(e^a + e^b).
template <Scalar S>
S log_add(S a, S b) {
  return (std::max)(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

}}  // namespace foil
