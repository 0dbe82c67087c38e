// SPDX-License-Identifier: BSD-3-Clause
// Hostile numbers: extreme values, shapes down to nothing, options at and beyond their bounds, ids out of range.
#pragma once

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "../catch.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/random.hpp"
#include "foil/engine/outcome.hpp"

namespace hostile {
using namespace foil;

/// Everything that one case draws.
class dice {
 public:
  explicit dice(std::uint64_t number) : draw_(seed(), purpose::user, 0, number) {
    for (double& x : of_the_case_) x = extreme();
    tame_ = one_in(3);
  }
  /// From here on numbers that no sum or product of a few takes out of a float's range; else everything that there is.
  void mild() {
    wild_ = false;
    for (double& x : of_the_case_) x = of<double>({0, 1e-320, 1e-45, 1e-40, 1e-30, 1e-19, 1e-8, 0.5, 1, 3, 100});
  }
  bool wild() const { return wild_; }
  static std::uint64_t seed() {
    char const* const s = std::getenv("FOIL_HOSTILE_SEED");
    return s ? std::strtoull(s, nullptr, 10) : 1;
  }
  idx below(idx n) { return draw_.below(n); }
  bool one_in(idx n) { return below(n) == 0; }
  template <class T>
  T of(std::vector<T> const& list) {
    return list[std::size_t(below(idx(list.size())))];
  }
  /// An extreme number as S holds it, either sign; a few different ones a case, so that ties and cancellation are common.
  template <class S>
  S number() {
    double const x = tame_ || one_in(3) ? draw_.normal() : of_the_case_[below(3)];
    double const most = double((std::numeric_limits<S>::max)());
    if (!finite_bits(x)) return nan_bits(x) ? quiet_nan<S>() : x > 0 ? infinity<S>() : minus_infinity<S>();
    return S((std::min)((std::max)(one_in(2) ? x : -x, -most), most));
  }
  template <class S>
  matrix<S> rows(idx n, idx d) {
    matrix<S> m(n, d);
    for (idx k = 0; k < m.size(); ++k) m.data()[k] = number<S>();
    return m;
  }
  template <class S>
  std::vector<S> list(idx n) {
    std::vector<S> x;
    for (idx k = 0; k < n; ++k) x.push_back(number<S>());
    return x;
  }
  std::vector<double> probabilities(idx n) {
    std::vector<double> x;
    for (idx k = 0; k < n; ++k) x.push_back(one_in(4) ? number<double>() : one_in(4) ? double(below(2)) : draw_.uniform());
    return x;
  }
  /// Mostly within 0 .. n - 1.
  idx id(idx n) {
    return n > 0 && !one_in(40)
               ? below(n)
               : of<idx>({-1, -2, n, n + 1, 77000, idx(1) << 40, (std::numeric_limits<idx>::max)(), (std::numeric_limits<idx>::min)()});
  }
  std::vector<idx> ids(idx count, idx n) {
    std::vector<idx> x;
    for (idx k = 0; k < count; ++k) x.push_back(id(n));
    return x;
  }
  /// A size or a rank: small, or far too large.
  idx size() {
    return one_in(8) ? of<idx>({-1, idx(1) << 62, (std::numeric_limits<idx>::max)(), (std::numeric_limits<idx>::min)()}) : below(7);
  }
  double extreme() {
    return of<double>({0,
                       1e-320,
                       1e-45,
                       1e-40,
                       1e-30,
                       1e-19,
                       1e-8,
                       0.5,
                       1,
                       3,
                       1e4,
                       1e10,
                       1e19,
                       2e19,
                       1e29,
                       1e30,
                       3.4028234663852886e38,
                       1e154,
                       1e300,
                       1.7976931348623157e308,
                       one_in(4) ? quiet_nan<double>() : 1.0,
                       one_in(4) ? infinity<double>() : 1.0});
  }
  double uniform() { return draw_.uniform(); }
  random_stream stream() { return draw_; }
  std::vector<unsigned char> bytes(idx n) {
    std::vector<unsigned char> x;
    for (idx k = 0; k < n; ++k) x.push_back((unsigned char)(below(2)));
    return x;
  }

 private:
  random_stream draw_;
  double of_the_case_[3] = {1, 1, 1};
  bool tame_ = false, wild_ = true;
};

/// Sets some options to numbers within their range or beyond it.
template <class T>
struct shake {
  dice& d;
  T& of;
  template <class C>
  void operator()(char const*, double C::*member, range::real r) const {
    if (!d.one_in(4)) return;
    double const low = (std::max)(r.low, -10.0), high = (std::min)(r.high, 10.0);
    of.*member = d.one_in(3) || !d.wild() ? low + (high - low) * d.uniform() : d.one_in(3) ? d.extreme() : d.one_in(2) ? r.low : r.high;
  }
  template <class C, std::signed_integral I>
  void operator()(char const*, I C::*member, range::whole) const {
    if (d.one_in(4)) of.*member = I(d.below(8) - 1);  // what is asked for in earnest may take for ever
  }
  template <class C, class E>
  requires std::is_enum_v<E>
  void operator()(char const*, E C::*member, E last) const {
    if (d.one_in(3)) of.*member = E(d.below(idx(last) + 1 + d.one_in(20)));
  }
  template <class C, class N>
  void operator()(char const*, N C::*member) const {
    N::options(shake<N>{d, of.*member});
  }
};
template <class T>
T shaken(dice& d, T x) {
  if constexpr (requires(shake<T> const& s) { T::options(s); }) T::options(shake<T>{d, x});
  return x;
}

/// True where every number is one. Minus infinity may pad lists.
inline bool fine(double x) { return finite_bits(x); }
template <class M>
requires requires(M const& m) { m.data(), m.size(); }
bool fine(M const& m) {
  for (idx k = 0; k < idx(m.size()); ++k)
    if (!finite_bits(m.data()[k])) return false;
  return true;
}
template <class S>
bool fine(outcome<S> const& r) {
  bool all = fine(double(r.value)) && fine(r.anchors) && fine(r.rows) && fine(r.scale) && fine(r.shift);
  auto const look_at = [&](auto const& list) {
    for (matrix<S> const& m : list) all = all && fine(m);
  };
  look_at(r.pools), look_at(r.own_anchors), look_at(r.weights);
  return all;
}

struct said {
  std::string text;    ///< of a refusal
  bool other = false;  ///< something else was thrown
};
/// Runs a case. Lack of memory is an honest answer to a size that was asked for.
template <class F>
said outcome_of(F const& f) {
  try {
    f();
  } catch (foil::error const& e) {
    return {e.what()};
  } catch (std::bad_alloc const&) {
    return {"foil: memory"};
  } catch (std::exception const& e) {
    return {e.what(), true};
  }
  return {};
}

/// f(dice) for case after case: the first 20,000 that 1.5 seconds have room for, the same on every machine that is fast enough;
/// with FOIL_HOSTILE_SECONDS as many as these seconds hold; FOIL_HOSTILE_CASE is one alone.
template <class F>
void for_a_while(F const& f) {
  char const* const asked = std::getenv("FOIL_HOSTILE_SECONDS");
  double const seconds = asked ? std::atof(asked) : 1.5;
  char const* const alone = std::getenv("FOIL_HOSTILE_CASE");
  auto const start = std::chrono::steady_clock::now();
  std::uint64_t number = alone ? std::strtoull(alone, nullptr, 10) : 0;
  do {
    INFO("FOIL_HOSTILE_SEED=" << dice::seed() << " FOIL_HOSTILE_CASE=" << number);
    dice d(number);
    f(d);
    ++number;
  } while (!alone && (asked || number < 20'000) &&
           std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < seconds);
}

}  // namespace hostile
