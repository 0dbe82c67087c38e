// SPDX-License-Identifier: BSD-3-Clause
// The taper of a likelihood ratio: clip(rho, a, b), in the log domain, and the potential that has it as its slope.
#pragma once

#include <algorithm>
#include <cmath>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil { inline namespace FOIL_ABI {

/// How much a sample counts whose log likelihood ratio (new policy over old, nats) is x: clip(e^x, a, b), 0 <= a <= b; b
/// may be infinite. (1, 1) ignores the ratio, (0, 0) drops the sample, (0, inf) is importance sampling, (0, 1) truncated.
/// One policy for loss::topr, where x is a ratio of likelihoods, and for bias::taper, where it is one of scores. O(1).
/// Le Roux et al. 2025, arXiv 2503.14286.
struct taper {
  double a = 0, b = 1;  ///< 0 <= a <= b, a finite
  static void options(auto list) {
    list("a", &taper::a, range::real{0, range::finite.high});
    list("b", &taper::b, range::real{0, range::any.high});
  }
  void check(char const* where) const {
    options(detail::option_check<taper>{where, *this});  // not check_options, which comes here
    require(range::order_of(a) <= range::order_of(b), where, ": a taper needs a <= b, got ", a, " and ", b);
  }
  /// log clip(e^x, a, b), without e^x; `log_zero` for a weight of 0. x may be infinite.
  template <Scalar S>
  S log_weight(S x) const {
    return std::clamp(x, lowest<S>(), highest<S>());
  }
  /// log a and log b, between which log weights lie; `log_zero` for 0, -`log_zero` for an infinite b.
  template <Scalar S>
  S lowest() const {
    return a > 0 ? S(std::log(a)) : log_zero<S>;
  }
  template <Scalar S>
  S highest() const {
    return !(b > 0) ? log_zero<S> : finite_bits(b) ? S(std::log(b)) : -log_zero<S>;
  }
  /// clip(e^x, a, b) itself; a and b come back exactly. With an infinite b nothing above e^700.
  double weight(double x) const {
    if (b <= 0) return 0;
    if (a > 0 && x <= std::log(a)) return a;
    if (x >= top()) return finite_bits(b) ? b : std::exp(top());
    return std::exp(x);
  }
  /// phi with phi' = weight: e^x between the bounds, straight lines beyond them; 0 for b = 0. For a = 0 it is >= 0, for
  /// a > 0 it falls without bound: what makes naive off-policy learning degenerate.
  double potential(double x) const {
    if (b <= 0) return 0;
    if (a > 0 && x < std::log(a)) return a + a * (x - std::log(a));
    if (x > top() && finite_bits(b)) return b + b * (x - top());
    return std::exp((std::min)(x, top()));
  }

 private:
  /// log b; for an infinite b 700, where e^x is still a number.
  double top() const { return b > 0 ? (finite_bits(b) ? std::log(b) : 700.0) : double(log_zero<float>); }
};

}}  // namespace foil
