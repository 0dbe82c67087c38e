// SPDX-License-Identifier: BSD-3-Clause
// Philox and the streams drawn from it.
// Tests core/fixed_bits.hpp.
#include "foil/core/random.hpp"

#include <set>

#include "../catch.hpp"
#include "../hash.hpp"

using namespace foil;

TEST_CASE("philox: the known answers of Random123", "[core]") {
  using counter = std::array<std::uint32_t, 4>;
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}
TEST_CASE("random_stream: the key says all, and each part of it says something else", "[core]") {
  auto const first = [](random_stream s) { return (std::uint64_t(s.bits()) << 32) | s.bits(); };
  CHECK(first({7, purpose::sample, 3, 9}) == first({7, purpose::sample, 3, 9}));
  std::set<std::uint64_t> const all{first({7, purpose::sample, 3, 9}), first({8, purpose::sample, 3, 9}),
                                    first({7, purpose::fill, 3, 9}),   first({7, purpose::sample, 4, 9}),
                                    first({7, purpose::sample, 3, 8}), first({7, purpose::sample, 3, idx(9) << 32})};
  CHECK(all.size() == 6);
}
TEST_CASE("random_stream: no two of a seed are alike, whatever the row and the round", "[core]") {
  std::set<std::vector<std::uint32_t>> all;
  std::size_t streams = 0;
  std::vector<std::uint64_t> numbers{0, 1, 2, 255, 256};
  for (int power : {24, 32, 40, 41, 48, 55, 56, 57, 58, 60, 62}) numbers.push_back(std::uint64_t(1) << power);
  numbers.push_back(~std::uint64_t(0));
  for (std::uint32_t what = 0; what <= std::uint32_t(purpose::user); ++what)
    for (std::uint32_t const epoch : {0u, 1u, ~0u})
      for (std::uint64_t const row : numbers)
        for (std::uint64_t const round : numbers) {
          if (round >> 56 != 0) continue;
          random_stream s(7, purpose(what), epoch, row, round);
          all.insert({s.bits(), s.bits(), s.bits(), s.bits()}), ++streams;
        }
  CHECK(all.size() == streams);
}
TEST_CASE("random_stream: what it drew for a row is what it draws", "[core]") {
  random_stream a(0x123456789abcdef0u, purpose::gumbel, 3, (std::uint64_t(5) << 40) + 9);
  CHECK(a.bits() == philox({0, 9, 5u << 8 | 2u << 24, 3}, {0x9abcdef0u, 0x12345678u})[0]);
}
TEST_CASE("random_stream: the same bits of every draw in every build", "[core]") {
  bit_hash h;
  random_stream draw(5, purpose::user, 1, 2, 3);
  for (int i = 0; i < 20000; ++i) h.add(draw.uniform()), h.add(draw.normal()), h.add(std::int64_t(draw.below(i + 1)));
  CHECK(h.value() == 0xbbff21bc77e62830u);
}
TEST_CASE("random_stream: log and cosine are those of the library but for the last bit", "[core]") {
  random_stream draw(6, purpose::user);
  double worst = 0, cosine = 0;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    double const x = std::bit_cast<double>((draw.uniform() < 0.5 ? 0x3feu : 1 + i % 2045) << 52 | std::uint64_t(draw.bits()) << 20);
    double const want = std::log(x), turn = draw.uniform();
    worst = (std::max)(worst, std::abs(fixed_bits::log(x) - want) / std::abs(want));
    cosine = (std::max)(cosine, std::abs(fixed_bits::cos_of_turn(turn) - std::cos(6.283185307179586 * turn)));
  }
  CHECK(worst < 5e-16);
  CHECK(cosine < 1.5e-15);  // most of it is what 2 pi x is rounded by
  CHECK(fixed_bits::log(1) == 0);
  CHECK(fixed_bits::log(std::bit_cast<double>(std::uint64_t(1))) == Approx(-744.44007192138122).epsilon(1e-15));
}
TEST_CASE("random_stream: below is uniform and within its range, also past 32 bits", "[core]") {
  random_stream draw(1, purpose::user);
  std::vector<int> count(7);
  for (int i = 0; i < 70000; ++i) ++count[std::size_t(draw.below(7))];
  for (int c : count) CHECK(std::abs(c - 10000) < 500);  // 5 standard deviations
  idx const wide = (idx(1) << 40) + 3;
  double mean = 0;
  for (int i = 0; i < 10000; ++i) {
    idx const x = draw.below(wide);
    if (x < 0 || x >= wide) FAIL_CHECK("below(" << wide << ") gave " << x);
    mean += double(x) / double(wide) / 10000;
  }
  CHECK(mean == Approx(0.5).margin(0.015));
}
TEST_CASE("random_stream: uniform stays inside (0, 1), normal has mean 0 and variance 1", "[core]") {
  random_stream draw(2, purpose::user);
  double low = 1, high = 0, sum = 0, square = 0;
  for (int i = 0; i < 50000; ++i) {
    double const u = draw.uniform(), z = draw.normal();
    low = (std::min)(low, u), high = (std::max)(high, u), sum += z, square += z * z;
  }
  CHECK(random_stream::inside(0) == 0x1p-54);
  CHECK(random_stream::inside((std::uint64_t(1) << 53) - 1) < 1);
  CHECK(low > 0);
  CHECK(high < 1);
  CHECK(sum / 50000 == Approx(0).margin(0.025));
  CHECK(square / 50000 == Approx(1).margin(0.035));
}
