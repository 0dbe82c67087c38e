// SPDX-License-Identifier: BSD-3-Clause
// A kernel on every architecture of this build, at every size up to three registers and one more, at every offset from
// alignment, and with every odd number in every place.
#pragma once

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "../catch.hpp"
#include "architectures.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/random.hpp"
#include "foil/simd/lanes.hpp"

using foil::idx;
using foil::Scalar;
namespace simd = foil::simd;

/// -ffast-math: no kernel but those that test bits need keep NaN, infinities and denormals apart.
#if defined(__FAST_MATH__)
inline constexpr bool exact_numbers = false;
#else
inline constexpr bool exact_numbers = true;
#endif

template <Scalar S>
[[gnu::noinline]] std::vector<S> noise(idx n, std::uint64_t seed) {
  foil::random_stream r(seed, foil::purpose::user, 0, std::uint64_t(n));
  std::vector<S> x(static_cast<std::size_t>(n));
  for (S& v : x) v = S(4 * r.uniform() - 2);
  return x;
}
template <class S>
inline constexpr double close_to = sizeof(S) == 4 ? 4e-6 : 2e-14;
template <Scalar S>
bool close(double got, double want) {
  return std::abs(got - want) <= close_to<S> * (1 + std::abs(want));
}
template <class T>
bool same_bits(T a, T b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}
/// The same number: zeros of both signs are one, and so are all NaN.
template <Scalar S>
bool same_number(S a, S b) {
  return foil::nan_bits(a) ? foil::nan_bits(b) : same_bits(a, b) || a == b;
}

/// What may stand in place of an ordinary number.
enum class odd { none, small, finite, any };
template <Scalar S>
[[gnu::noinline]] std::vector<S> odd_numbers(odd which) {
  using limit = std::numeric_limits<S>;
  using bits = std::conditional_t<sizeof(S) == 4, std::uint32_t, std::uint64_t>;
  auto const next = [](S x, int step) { return std::bit_cast<S>(bits(std::bit_cast<bits>(x) + bits(step))); };
  S const normal = (limit::min)(), denormal = limit::denorm_min(), below = next(normal, -1), nan = foil::quiet_nan<S>(),
          inf = foil::infinity<S>();
  bits const volatile sign = bits(1) << (8 * sizeof(S) - 1);  // -ffast-math forgets that of a zero that it can see
  S const minus_zero = std::bit_cast<S>(bits(sign));
  S const all[] = {S(0),
                   minus_zero,
                   normal,
                   -normal,
                   denormal,
                   -denormal,
                   below,
                   -below,
                   (limit::max)(),
                   limit::lowest(),
                   nan,
                   -nan,
                   next(inf, 1),
                   inf,
                   foil::minus_infinity<S>()};
  std::vector<S> some;
  some.reserve(std::size(all));
  for (std::size_t i = 0; i < (which == odd::none ? 0u : which == odd::small ? 8u : which == odd::finite ? 10u : std::size(all)); ++i)
    if (exact_numbers || i < 4 || i >= 8) some.push_back(all[i]);
  return some;
}

/// n numbers of noise, `offset` behind the beginning of their memory, and one behind them that is not the kernel's.
template <Scalar S>
struct stretch {
  idx n, offset;
  std::vector<S> memory, before;

  // Out of line, as noise is: at -O3 g++ 12 warns of what it inlines of std::vector.
  [[gnu::noinline]] stretch(idx size, idx at, std::uint64_t seed)
      : n(size), offset(at), memory(noise<S>(size + at + 1, seed)), before(memory) {}
  S* data() { return memory.data() + offset; }
  S const* data() const { return memory.data() + offset; }
  S& operator[](idx j) { return memory[std::size_t(offset + j)]; }
  S operator[](idx j) const { return memory[std::size_t(offset + j)]; }
  void set(idx j, S x) { memory[std::size_t(offset + j)] = before[std::size_t(offset + j)] = x; }
  /// fits(j, old, now) for the numbers of the kernel, and all others as they were.
  template <class F>
  bool became(F const& fits) const {
    bool ok = true;
    for (idx i = 0; i < idx(memory.size()); ++i) {
      S const old = before[std::size_t(i)], now = memory[std::size_t(i)];
      ok = ok && (i >= offset && i < offset + n ? bool(fits(i - offset, old, now)) : same_bits(old, now));
    }
    return ok;
  }
};

/// One case of a sweep.
template <Scalar S>
struct spot {
  idx n, offset, place;  ///< place < 0: ordinary numbers alone
  S number;

  stretch<S> row(std::uint64_t seed) const { return {n, offset, seed}; }
  /// With the odd number in its place.
  stretch<S> odd_row(std::uint64_t seed) const {
    auto x = row(seed);
    if (place >= 0) x.set(place, number);
    return x;
  }
};

/// body<S, A>(spot<S>) says whether the kernel did right: for every size and offset, then for every odd number in every
/// place of every size.
template <class Body>
void everywhere(odd which, Body const& body) {
  architectures::each([&]<class A>() {
    auto const sizes = [&]<Scalar S>(S) {
      constexpr idx w = simd::lane_count<S, A>;
      idx wrong = 0;
      spot<S> first{};
      auto const run = [&](spot<S> const& at) {
        if (body.template operator()<S, A>(at)) return;
        if (wrong++ == 0) first = at;
      };
      for (idx offset = 0; offset < w; ++offset)
        for (idx n = 0; n <= 3 * w + 1; ++n) run({n, offset, -1, S(0)});
      for (S const number : odd_numbers<S>(which))
        for (idx n = 1; n <= 3 * w + 1; ++n)
          for (idx place = 0; place < n; ++place) run({n, (n + place) % w, place, number});
      INFO(sizeof(S) << " bytes, " << w << " lanes, " << A::name() << "; first: n = " << first.n << ", offset = " << first.offset
                     << ", place = " << first.place << ", number = " << first.number);
      CHECK(wrong == 0);
    };
    sizes(float()), sizes(double());
  });
}
