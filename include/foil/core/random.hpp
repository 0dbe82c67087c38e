// SPDX-License-Identifier: BSD-3-Clause
// Counter-based random numbers: Philox4x32-10, keyed by what the number is for, never by when it is drawn.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "foil/core/fixed_bits.hpp"
#include "foil/core/types.hpp"

namespace foil { inline namespace FOIL_ABI {

/// Salmon et al. 2011. Four 32-bit numbers from a 128-bit counter and a 64-bit key; no state.
inline std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    std::uint64_t const a = std::uint64_t(0xD2511F53u) * c[0], b = std::uint64_t(0xCD9E8D57u) * c[2];
    c = {std::uint32_t(b >> 32) ^ c[1] ^ key[0], std::uint32_t(b), std::uint32_t(a >> 32) ^ c[3] ^ key[1], std::uint32_t(a)};
    key[0] += 0x9E3779B9u, key[1] += 0xBB67AE85u;
  }
  return c;
}

/// What a stream of draws is for. Streams of different purposes never overlap.
enum class purpose : std::uint8_t { sample = 1, gumbel, fill, mix, shuffle, cluster, reservoir, batch, user };

/// An independent stream of 2^34 numbers for (seed, purpose, epoch, row, round): the same numbers whatever the threads,
/// the order of rows and the compiler's flags. No two streams of a seed share numbers, for any row below 2^64 and round
/// below 2^56. Copy it to replay it.
class random_stream {
 public:
  random_stream(std::uint64_t seed, purpose what, std::uint32_t epoch = 0, std::uint64_t row = 0, std::uint64_t round = 0)
      : counter_{0, std::uint32_t(row), (std::uint32_t(row >> 32) & 0xffffffu) | std::uint32_t(what) << 24, epoch} {
    // What the counter has no room for moves the key: to another one for each, by an odd factor.
    std::uint64_t const key = seed + 0xd1342543de82ef95u * (round << 8 | row >> 56);
    key_ = {std::uint32_t(key), std::uint32_t(key >> 32)};
  }

  std::uint32_t bits() {
    if (used_ == 4) block_ = philox(counter_, key_), ++counter_[0], used_ = 0;
    return block_[std::size_t(used_++)];
  }
  /// In the open interval (0, 1): (r53 + 0.5) * 2^-53.
  double uniform() {
    std::uint64_t const high = bits(), low = bits();
    return inside(((high << 32) | low) >> 11);
  }
  /// The same of 53 given bits; the last of them, which would round to 1, is the number below.
  static double inside(std::uint64_t r53) { return (std::min)((double(r53) + 0.5) * 0x1p-53, 1 - 0x1p-53); }
  /// Uniform in 0 .. n-1, unbiased (multiply and shift with rejection). n >= 1.
  idx below(idx n) {
    auto const range = std::uint64_t(n);
    if (range > 0xffffffffu) return wide(range);
    auto const r32 = std::uint32_t(range);
    std::uint64_t m = std::uint64_t(bits()) * r32;
    if (std::uint32_t(m) < r32)
      for (std::uint32_t const reject = std::uint32_t(-r32) % r32; std::uint32_t(m) < reject;) m = std::uint64_t(bits()) * r32;
    return idx(m >> 32);
  }
  /// Standard normal by Box and Muller; two uniforms a number, nothing kept. The same bits in every build.
  double normal() {
    double const r = std::sqrt(fixed_bits::rounded(-2 * fixed_bits::log(uniform())));
    return fixed_bits::rounded(r) * fixed_bits::cos_of_turn(uniform());
  }

 private:
  idx wide(std::uint64_t range) {
    std::uint64_t const limit = ~std::uint64_t(0) - ~std::uint64_t(0) % range;
    for (;;) {
      std::uint64_t const r = (std::uint64_t(bits()) << 32) | bits();
      if (r < limit) return idx(r % range);
    }
  }
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_, block_{};
  int used_ = 4;
};

}}  // namespace foil
