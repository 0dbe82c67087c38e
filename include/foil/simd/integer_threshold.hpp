// SPDX-License-Identifier: BSD-3-Clause
// What sums of whole numbers start from, so that their sign says whether a pair may reach a threshold, and the sums beyond which one
// certainly lies above a cutoff. One file because seeds, limits and the proof of both belong together.
//
// Why none is missed. Let a ~ s q and c ~ t r with |a - s q| <= e and |c - t r| <= f. Then
//   a.c - s t (q.r) = (a - s q).c + s q.(c - t r),
// which Cauchy-Schwarz bounds by e |c| + |s q| f <= e |c| + (|a| + e) f. So a.c >= threshold implies
//   q.r >= (threshold - e |c| - (|a| + e) f) / (s t).
// With a bias h per column, a.c + h >= threshold is found by threshold - h in its place. The left side is exact: |q.r| is
// at most 127^2 k < 2^28 in 8 bits, k <= 16,384; in 16 bits both rows are scaled to a length of 32,000, at most 32,700 after
// rounding (k <= 65,536), and Cauchy-Schwarz bounds every partial sum by 32,700^2. Columns that are stored + 128 add 128 sum(q) to a
// sum, which starts from its negation (the correction). A sum starts from the correction less the right side, cut to +-max_seed;
// the assertion below says that all of it stays within 32 bits. The right side is computed in float for a tile of columns at a
// time with their largest |c|, f and |h|; its own rounding, a few parts in 10^7 of each term, is taken off with a margin (1e-6
// of thresholds and biases, 1e-4 of the errors, and 2 for the conversion to a whole number). Scales are never 0 (quantize).
//
// Cutoffs. The same bound the other way round: q.r > (high - h + e |c| + (|a| + e) f) / (s t) implies a.c + h > high, and a q.r below the
// right side for `low` implies a.c + h < low. Both limits are moved by what the sum started from, and given margins as above and a
// millionth of their own. Without biases that is the seed as it was cut. With biases a column whose seed was cut upwards would
// lie above too easily, and one whose seed was cut downwards below: where a tile may have one, the limit decides nothing.
#pragma once

#include "foil/simd/integer_pack.hpp"
#include "foil/simd/score_cutoffs.hpp"

namespace foil::simd { inline namespace FOIL_ABI {

static_assert(double(max_seed) + 2 + 128.0 * 127 * max_integer_dim<8> + 255.0 * 127 * max_integer_dim<8> < 0x1p31 &&
              double(max_seed) + 2 + 32700.0 * 32700 < 0x1p31);

/// More cutoffs than this are not searched by whole numbers.
inline constexpr idx max_integer_cutoffs = 8;

namespace detail {

/// What a tile starts from, per row; the kernel's sums are then not negative where a pair is found.
template <idx Rows>
struct integer_seed {
  alignas(64) std::int32_t whole[std::size_t(Rows)];  ///< the correction; without biases minus the threshold, too
  alignas(64) float factor[std::size_t(Rows)], bound[std::size_t(Rows)];
};

/// Per cutoff and row: a sum above high is of a score above the cutoff's, one below low of a score below it.
template <idx Rows>
struct integer_limits {
  alignas(64) std::int32_t low[std::size_t(max_integer_cutoffs)][std::size_t(Rows)],
      high[std::size_t(max_integer_cutoffs)][std::size_t(Rows)];
};

/// The right side of the proof above, for a tile of rows and any tile of columns. With biases it is not divided by s t.
template <int Bits, bool Biased, idx Rows>
class integer_threshold {
  using reals = native_vector<float, 4 * std::size_t(Rows)>;
  using integers = native_vector<std::int32_t, 4 * std::size_t(Rows)>;

 public:
  /// Of rows from i on; threshold is their first.
  integer_threshold(integer_rows<Bits> const& a, idx i, float const* threshold) noexcept {
    reals const t = read(threshold);
    inverse_ = read(a.inverse + i);
    reals const unit = Biased ? reals{} + 1.0f : inverse_;
    error_ = read(a.error + i) * unit * 1.0001f, reach_ = read(a.reach + i) * unit * 1.0001f;
    threshold_ = (t - magnitude(t) * 1e-6f) * unit;
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
      integers const whole = correction_ + __builtin_convertvector(within(-bound * c.inverse, max_seed), integers);
      std::memcpy(out.whole, &whole, sizeof(whole));
    }
  }
  /// The limit of a single cutoff, as much above what its sums start from as the cutoff is above the threshold and both bounds are wide.
  void set(typename integer_columns<Bits>::tile const& c, reals const& gap, std::int32_t* out) const noexcept {
    reals slack = error_ * c.length + reach_ * c.error;
    if constexpr (Biased) slack += c.bias * 1e-6f;
    reals const above = (gap + 2.0f * slack) * (Biased ? inverse_ * c.inverse : reals{} + c.inverse);
    store((Biased ? decided(above, threshold_ - slack, c) : above) * (1 + 1e-6f) + 4.0f, out);
  }
  reals gap(score_cutoffs<float> const& cutoffs) const noexcept {
    reals const high = read(cutoffs.high);
    return (high + magnitude(high) * 1e-6f) * (Biased ? reals{} + 1.0f : inverse_) - threshold_;
  }
  /// Limits of the cutoffs of the same rows, for sums that start as `set` says.
  void set(typename integer_columns<Bits>::tile const& c, score_cutoffs<float> const& cutoffs, integer_limits<Rows>& out) const noexcept {
    reals const unit = Biased ? reals{} + 1.0f : inverse_, factor = inverse_ * c.inverse;
    reals slack = error_ * c.length + reach_ * c.error;
    if constexpr (Biased) slack += c.bias * 1e-6f;
    reals const bound = threshold_ - slack, less = within(-bound * c.inverse, max_seed);
    for (idx k = 0; k < cutoffs.count; ++k) {
      reals const high = read(cutoffs.high + k * cutoffs.stride), up = (high + magnitude(high) * 1e-6f) * unit + slack;
      reals above = Biased ? (up - bound) * factor : smallest(up * c.inverse, max_sum) + less;
      if constexpr (Biased) above = decided(above, bound, c);
      store(above + magnitude(above) * 1e-6f + 4.0f, out.high[k]);
      if (k == 0) continue;
      reals const low = read(cutoffs.low + k * cutoffs.stride), down = (low - magnitude(low) * 1e-6f) * unit - slack;
      reals below = Biased ? (down - bound) * factor : less - smallest(-down * c.inverse, max_sum);
      if constexpr (Biased) below = (c.bias - bound) * factor > max_seed ? reals{} - max_limit : below;
      below = within(below, max_limit);  // of a cutoff that a row does not have it is infinite
      store(below - magnitude(below) * 1e-6f - 4.0f, out.low[k]);
    }
  }

 private:
  static constexpr float max_sum = 1.08e9f, max_limit = 2.1e9f;  ///< more than any |q.r|; what fits into 32 bits
  /// A limit with biases, or one that nothing exceeds where some column's seed may have been cut upwards.
  reals decided(reals const& above, reals const& bound, typename integer_columns<Bits>::tile const& c) const noexcept {
    return (c.bias + bound) * (inverse_ * c.inverse) > max_seed ? reals{} + max_limit : above;
  }
  static reals magnitude(reals const& v) noexcept { return v < 0 ? -v : v; }
  static reals smallest(reals const& v, float most) noexcept { return v < most ? v : reals{} + most; }
  static reals within(reals const& v, float most) noexcept {
    reals const up = v > -most ? v : reals{} - most;
    return smallest(up, most);
  }
  static void store(reals const& v, std::int32_t* out) noexcept {
    integers const whole = __builtin_convertvector(within(v, max_limit), integers);
    std::memcpy(out, &whole, sizeof(whole));
  }
  static reals read(float const* p) noexcept {
    reals v;
    std::memcpy(&v, p, sizeof(v));
    return v;
  }
  reals inverse_, error_, reach_, threshold_;
  integers correction_;
};

}  // namespace detail
}}  // namespace foil::simd
