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

/// What check_options says of a struct with one option set to a value. The checks below are compiled once, not for each option.
template <class V>
using told_of = std::function<std::string(V)>;

template <class V>
void one(char const* name, V value, bool inside, told_of<V> const& told) {
  std::string const said = told(value);
  std::string value_said;
  detail::part(value).append_to(value_said);
  INFO(name << " = " << value_said << ": " << said);
  if (!inside) CHECK(says(said, {"the caller: ", name, " must be a ", (", got " + value_said).c_str()}));
  if (inside) CHECK(said.find("number") == std::string::npos);  // other rules may speak up
}
/// The hostile values, and one step to both sides of the bounds.
void real_values(char const* name, range::real r, told_of<double> const& told) {
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
    one(name, x, inside, told);
  }
}
template <std::signed_integral I>
void whole_values(char const* name, range::whole r, told_of<I> const& told) {
  for (long long x : {-9223372036854775807LL - 1, -2147483648LL, -2LL, -1LL, 0LL, 1LL, 2LL, 2147483647LL, 9223372036854775807LL,
                      (long long)(r.low), (long long)(r.low) - (r.low > -9), (long long)(r.high)})
    if (I(x) == x) one(name, I(x), x >= r.low && x <= r.high, told);
}
void check_default(char const* name, std::string const& said) {
  INFO(name);
  CHECK(said == "");
}

/// Sets one option after the other of a struct, or of a struct within it.
template <class T, class Outer = T>
struct trial {
  Outer const& whole;
  std::function<T&(Outer&)> part;
  int* options;

  static std::string refusal_of(Outer const& o) {
    return refusal([&] { check_options("the caller", o); });
  }
  template <class C, class V>
  auto told(V C::*member) const {
    return [this, member](V x) {
      Outer o = whole;
      part(o).*member = x;
      return refusal_of(o);
    };
  }
  template <class C>
  void operator()(char const* name, double C::*member, range::real r) const {
    ++*options;
    real_values(name, r, told(member));
    check_default(name, refusal_of(whole));
  }
  template <class C, std::signed_integral I>
  void operator()(char const* name, I C::*member, range::whole r) const {
    ++*options;
    whole_values<I>(name, r, told(member));
    check_default(name, refusal_of(whole));
  }
  template <class C, class E>
  requires std::is_enum_v<E>
  void operator()(char const* name, E C::*member, E last) const {
    ++*options;
    for (int x : {-1, 0, int(last), int(last) + 1, 100})
      if (int(E(x)) == x) one<int>(name, x, x >= 0 && x <= int(last), [t = told(member)](int value) { return t(E(value)); });
    check_default(name, refusal_of(whole));
  }
  template <class C, class N>
  void operator()(char const*, N C::*member) const {
    auto const outer = part;
    N::options(trial<N, Outer>{whole, [outer, member](Outer& o) -> N& { return outer(o).*member; }, options});
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
