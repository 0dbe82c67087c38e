// SPDX-License-Identifier: BSD-3-Clause
// The scores cut into blocks of sixteen registers, the last one padded, what cannot be selected replaced by minus
// infinity.
#pragma once

#include <algorithm>

#include "foil/simd/ordered_key.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

/// Scores of one block: sixteen registers, thirty-two of the short ones.
template <Scalar S, class Arch>
inline constexpr idx block_size = (std::max)(idx(512 / sizeof(S)), 16 * lane_count<S, Arch>);

/// The largest block there is on any instruction set.
inline constexpr idx largest_block = 256;

/// Copies n scores, NaN and those outside [lower, upper] becoming minus infinity; returns the number of NaN.
/// All tests but the bounds are on bits, and the bounds are asked of numbers only, so no compiler flag
/// matters.
template <Scalar S, class T>
idx copy_eligible(T const* x, idx n, S lower, S upper, S* to) noexcept {
  using K = key<S>;
  constexpr K magnitude = (std::numeric_limits<K>::max)();
  K const top = std::bit_cast<K>(infinity<S>());
  bool const low_bound = lower > std::numeric_limits<S>::lowest(), high_bound = upper < (std::numeric_limits<S>::max)();
  K const low = low_bound ? key_of(lower) : no_key<S>, high = high_bound ? key_of(upper) : magnitude;
  K nan = 0;
  for (idx i = 0; i < n; ++i) {
    K const bits = std::bit_cast<K>(S(x[i])), k = key_of_bits(bits);
    bool const is_nan = (bits & magnitude) > top;
    nan += K(is_nan);
    bool const out = is_nan | (k < low) | (k > high);
    to[i] = std::bit_cast<S>(out ? std::bit_cast<K>(minus_infinity<S>()) : bits);
  }
  return idx(nan);
}

/// Blocks in order. A whole block of plain scores is read in place; any other goes through a copy of 512
/// bytes, and so does every block of a narrower type T, which is widened there.
template <Scalar S, class Arch, class T = S>
class score_blocks {
 public:
  static constexpr idx size = block_size<S, Arch>;
  static constexpr bool in_place = std::is_same_v<S, T>;

  score_blocks(T const* x, idx n, S lower, S upper, bool clean) noexcept
      : x_(x), n_(n), lower_(lower), upper_(upper), clean_(clean || !in_place) {}

  idx count() const noexcept { return (n_ + size - 1) / size; }
  bool clean() const noexcept { return clean_; }
  /// Blocks that may be read in place, by plain(); the others need block().
  idx direct() const noexcept { return clean_ ? 0 : n_ / size; }
  S const* plain([[maybe_unused]] idx b) const noexcept {
    if constexpr (in_place)
      return x_ + b * size;
    else
      return copy_;
  }

  /// Block b; valid until the next call. `nan` grows by the NaN replaced.
  S const* block(idx b, idx& nan) noexcept {
    if (b < direct()) [[likely]]
      return plain(b);
    return copied_block(b, nan);
  }
  S const* block(idx b) noexcept {
    idx ignored = 0;
    return block(b, ignored);
  }

 private:
  [[gnu::noinline]] S const* copied_block(idx b, idx& nan) noexcept {
    idx const from = b * size, n = (std::min)(size, n_ - from);
    if (n < size) std::fill_n(copy_, size, minus_infinity<S>());
    if (clean_)
      nan += copy_eligible(x_ + from, n, lower_, upper_, copy_);
    else
      std::copy_n(x_ + from, n, copy_);
    return copy_;
  }

  T const* x_;
  idx n_;
  S lower_, upper_;
  bool clean_;
  alignas(64) S copy_[std::size_t(size)];
};

}}  // namespace foil::simd
