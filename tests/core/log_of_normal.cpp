// SPDX-License-Identifier: BSD-3-Clause
// The logarithm that vectorises, against the C library's.
#include "foil/core/log_of_normal.hpp"

#include <cmath>
#include <limits>

#include "../catch.hpp"
#include "foil/core/random.hpp"

using namespace foil;

namespace {

/// The error of log_of_normal(x) in units of the last place of what is right.
template <class S>
double error_in_units(S x) {
  using wider = std::conditional_t<sizeof(S) == 4, double, long double>;
  wider const right = std::log(static_cast<wider>(x));
  S const rounded = static_cast<S>(right);
  S const unit = std::nextafter(std::abs(rounded), std::numeric_limits<S>::max()) - std::abs(rounded);
  return double(std::abs(static_cast<wider>(log_of_normal(x)) - right) / static_cast<wider>(unit));
}

}  // namespace

TEST_CASE("log_of_normal: within 2 units in the last place, never decreasing, and 0 at 1", "[core]") {
  CHECK(log_of_normal(1.f) == 0.f);
  CHECK(log_of_normal(1.0) == 0.0);
  double most = 0;
  float before = -200;
  bool ordered = true;
  for (std::uint32_t bits = 0x00800000; bits < 0x7f800000; bits += 9973) {  // every exponent of the normal floats
    float const x = std::bit_cast<float>(bits), y = log_of_normal(x);
    if (x != 1.f) most = (std::max)(most, error_in_units(x));
    ordered = ordered && y >= before;
    before = y;
  }
  CHECK(ordered);
  CHECK(most < 2);
  for (int k = -3000; k < 3000; ++k)  // the neighbours of 1, where the result is smallest
    if (k != 0) most = (std::max)(most, error_in_units(std::bit_cast<float>(std::bit_cast<std::uint32_t>(1.f) + std::uint32_t(k))));
  CHECK(most < 2);
  random_stream draw(1, purpose::user);
  most = 0;
  for (int i = 0; i < 50000; ++i) {
    double const fraction = 1 + draw.uniform(), x = i % 2 ? fraction * 0.7 : std::ldexp(fraction, int(draw.below(2046)) - 1022);
    if (x != 1) most = (std::max)(most, error_in_units(x));
  }
  CHECK(most < 2);
  CHECK(error_in_units((std::numeric_limits<double>::max)()) < 2);
  CHECK(error_in_units((std::numeric_limits<float>::min)()) < 2);
}
