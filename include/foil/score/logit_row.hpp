// SPDX-License-Identifier: BSD-3-Clause
// Rows of logits in float or double: read where they stand, if they are stored so, or widened.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "foil/core/numeric.hpp"
#include "foil/simd/compare_word.hpp"
#include "foil/simd/widen_row.hpp"

namespace foil::score { inline namespace FOIL_ABI {

namespace detail {
inline constexpr idx logit_part = 4096;  ///< logits that are widened together: they stay in cache

/// Adds a row of logits to a state: half types are widened to float in parts, others added as they are.
template <class State, Storage T>
void add_row(State& s, T const* z, idx n, double scale) {
  if constexpr (Scalar<T>) {
    s.add(z, n, scale);
  } else {
    float part[std::size_t(logit_part)];
    for (idx from = 0; from < n; from += logit_part) {
      idx const count = (std::min)(n - from, logit_part);
      simd::widen_row(part, z + from, count), s.add(part, count, scale);
    }
  }
}
}  // namespace detail

/// A row of logits in S: a view of the caller's row, which must outlive it, or a widened copy.
template <Scalar S>
class logit_row {
 public:
  /// take(part, count) is called for every part that is widened, while it is in cache, or once for a row that is stored in S.
  template <Storage T, class Take>
  void read(T const* z, idx n, Take const& take) {
    size_ = n, others_ = nullptr;
    if constexpr (std::is_same_v<S, T>) {
      others_ = z, take(z, n);
    } else {
      own_.resize(std::size_t(n));
      for (idx from = 0; from < n; from += detail::logit_part) {
        idx const count = (std::min)(n - from, detail::logit_part);
        simd::widen_row(own_.data() + from, z + from, count), take(own_.data() + from, count);
      }
    }
  }
  S const* data() const { return others_ != nullptr ? others_ : own_.data(); }

  /// f(token, logit) in the order of tokens for logits >= bound; never for minus infinity.
  template <class F>
  void each_from(double bound, F const& f) const {
    each_word(bound, [&](std::uint64_t bits, idx from, S const* z) {
      for (; bits != 0; bits &= bits - 1) f(from + idx(std::countr_zero(bits)), double(z[std::countr_zero(bits)]));
    });
  }
  /// How many those are.
  idx count_from(double bound) const {
    idx n = 0;
    each_word(bound, [&](std::uint64_t bits, idx, S const*) { n += std::popcount(bits); });
    return n;
  }

 private:
  /// f(a bit for each of 64 logits that is at least the bound, the first of them, the logits).
  template <class F>
  void each_word(double bound, F const& f) const {
    S least = S((std::max)(bound, double((std::numeric_limits<S>::lowest)())));
    if (double(least) < bound) least = std::nextafter(least, infinity<S>());  // the least S that is not below the bound
    auto const word = [&](S const* z, idx from) { f(simd::compare_word(z, least, simd::at_least{}), from, z); };
    S const* const z = data();
    idx const whole = size_ / simd::word * simd::word;
    for (idx from = 0; from < whole; from += simd::word) word(z + from, from);
    S rest[std::size_t(simd::word)];
    std::fill(std::copy(z + whole, z + size_, rest), rest + simd::word, minus_infinity<S>());
    word(rest, whole);
  }

  idx size_ = 0;
  S const* others_ = nullptr;
  std::vector<S> own_;
};

}}  // namespace foil::score
