// Philox and the streams drawn from it.
#include "foil/core/random.hpp"

#include <set>

#include "../catch.hpp"

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
  CHECK(low > 0);
  CHECK(high < 1);
  CHECK(sum / 50000 == Approx(0).margin(0.025));
  CHECK(square / 50000 == Approx(1).margin(0.035));
}
