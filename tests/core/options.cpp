// SPDX-License-Identifier: BSD-3-Clause
// Every option of every public struct, given NaN, infinities, signs, nothing and too much: taken exactly within its range.
#include <bit>
#include <cmath>
#include <functional>
#include <vector>

#include "../catch.hpp"
#include "../refusal.hpp"
#include "foil/foil.hpp"

namespace {
using namespace foil;

std::vector<double> const hostile{quiet_nan<double>(),
                                  -quiet_nan<double>(),
                                  infinity<double>(),
                                  minus_infinity<double>(),
                                  -1,
                                  0,
                                  -0.0,
                                  0.5,
                                  1,
                                  2,
                                  1e300,
                                  -1e300,
                                  5e-324,
                                  -5e-324,
                                  1.7976931348623157e308,
                                  -1.7976931348623157e308};

/// Sets one option after the other to one hostile value after the other, and one step to both sides of its bounds.
template <class T, class Outer = T>
struct trial {
  Outer const& whole;
  std::function<T&(Outer&)> part;
  int* options;

  template <class V>
  void one(char const* name, V value, bool inside, std::function<void(T&)> const& set) const {
    Outer o = whole;
    set(part(o));
    std::string const said = refusal([&] { check_options("the caller", o); });
    std::string value_said;
    detail::part(value).append_to(value_said);
    INFO(name << " = " << value_said << ": " << said);
    if (!inside) CHECK(says(said, {"the caller: ", name, " must be a ", (", got " + value_said).c_str()}));
    if (inside) CHECK(said.find("number") == std::string::npos);  // other rules may speak up
  }
  template <class C>
  void operator()(char const* name, double C::*member, range::real r) const {
    ++*options;
    std::vector<double> values = hostile;
    for (double bound : {r.low, r.high})
      for (double away : {minus_infinity<double>(), 0.0, infinity<double>()})
        values.push_back(away == 0 ? bound : std::nextafter(bound, away));
    for (double x : values) {
      // -ffast-math takes numbers this small for 0; what is refused must not depend on it.
      bool const tiny = std::bit_cast<std::uint64_t>(x) << 1 >> 53 == 0 && std::bit_cast<std::uint64_t>(x) << 1 != 0;
      auto const against = [&](double bound) { return !tiny ? x : bound == 0 ? std::copysign(1.0, x) : 0.0; };
      double const low = against(r.low), high = against(r.high);
      bool const inside = !nan_bits(x) && (r.open_low ? low > r.low : low >= r.low) && (r.open_high ? high < r.high : high <= r.high);
      one(name, x, inside, [&](T& o) { o.*member = x; });
    }
    check_default(name);
  }
  template <class C, std::signed_integral I>
  void operator()(char const* name, I C::*member, range::whole r) const {
    ++*options;
    for (long long x : {-9223372036854775807LL - 1, -2147483648LL, -2LL, -1LL, 0LL, 1LL, 2LL, 2147483647LL, 9223372036854775807LL,
                        (long long)(r.low), (long long)(r.low) - (r.low > -9), (long long)(r.high)}) {
      if (I(x) != x) continue;
      one(name, x, x >= r.low && x <= r.high, [&](T& o) { o.*member = I(x); });
    }
    check_default(name);
  }
  template <class C, class E>
  requires std::is_enum_v<E>
  void operator()(char const* name, E C::*member, E last) const {
    ++*options;
    for (int x : {-1, 0, int(last), int(last) + 1, 100}) {
      if (int(E(x)) != x) continue;
      one(name, x, x >= 0 && x <= int(last), [&](T& o) { o.*member = E(x); });
    }
    check_default(name);
  }
  template <class C, class N>
  void operator()(char const*, N C::*member) const {
    auto const outer = part;
    N::options(trial<N, Outer>{whole, [outer, member](Outer& o) -> N& { return outer(o).*member; }, options});
  }
  void check_default(char const* name) const {
    INFO(name);
    CHECK(refusal([&] { check_options("the caller", whole); }) == "");
  }
};

template <class T>
void walk(T const& defaults) {
  int options = 0;
  T::options(trial<T>{defaults, [](T& o) -> T& { return o; }, &options});
  CHECK(options > 0);
}
}  // namespace

TEST_CASE("options that were taken once although no formula holds with them", "[options]") {
  auto const told = [](auto const& o) { return refusal([&] { check_options(o); }); };
  double const huge = infinity<double>();
  CHECK(says(told(loss::triplet{.margin = huge}), {"margin"}));
  CHECK(says(told(loss::multi_similarity{.base = huge}), {"base"}));
  CHECK(says(told(loss::contrastive_pair{.zero_distance = huge}), {"zero_distance"}));
  CHECK(says(told(loss::siglip{.bias = huge}), {"bias"}));
  CHECK(says(told(loss::kto{.lambda_desirable = -1}), {"lambda_desirable", "-1"}));
}
TEST_CASE("every option is taken exactly within its range", "[options]") {
#define FOIL_WALK(...) \
  SECTION(#__VA_ARGS__) { walk(__VA_ARGS__); }
#include "options.inc"
}
