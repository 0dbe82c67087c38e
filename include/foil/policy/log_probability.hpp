// SPDX-License-Identifier: BSD-3-Clause
// What the losses of log-probabilities share: their result, their masks, and how a logp of minus infinity is read.
// All of them take nats, compute in double whatever S and sum in the order of the input: equal input gives equal bits.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "foil/core/guarded_sum.hpp"
#include "foil/core/mask.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

/// Value and gradient of a loss of a list of log-probabilities.
template <Scalar S>
struct policy_outcome {
  S value = 0;              ///< the reduced loss
  std::vector<S> rows;      ///< loss of each element
  std::vector<S> gradient;  ///< d value / d logp
};

/// Whose likelihood ratio counts.
enum class ratio_of {
  sequence,  ///< the whole answer
  token,     ///< every token for itself
  geomean    ///< e to the mean log-ratio of the answer
};

/// Stands for a log-probability of minus infinity: finite, and so are its square and its exponential. What a formula
/// makes of it is read back by `unbounded`.
inline constexpr double impossible = -1e120;
template <Scalar S>
double log_probability(S x) {
  return ineligible_bits(x) ? impossible : double(x);
}
/// What was computed from an `impossible` and grew with it becomes the infinity that it stands for.
inline double unbounded(double x) { return x > 1e100 ? infinity<double>() : x < -1e100 ? minus_infinity<double>() : x; }
/// The same of a factor that is not 0, however small it is: minus infinity times -factor.
inline double endless(double factor) { return factor > 0 ? infinity<double>() : minus_infinity<double>(); }

/// (e^{q x} - 1) / q, which tends to x as q tends to 0; its derivative is e^{q x}. Exponents above `limit` count as `limit`.
inline double power_of_probability(double x, double q, double limit) { return q == 0 ? x : std::expm1((std::min)(q * x, limit)) / q; }
/// The exponent whose power is as large as an `impossible` log-probability.
inline constexpr double largest_exponent = 276;

/// double -> S without overflow: a number stays a number.
template <Scalar S>
S narrow(double x) {
  if (nan_bits(x)) return quiet_nan<S>();
  if (!finite_bits(x)) return x > 0 ? infinity<S>() : minus_infinity<S>();
  double const most = double((std::numeric_limits<S>::max)());
  return S(x > most ? most : x < -most ? -most : x);
}

/// Log-probabilities may be minus infinity, but no NaN and no plus infinity; `finite` refuses the former too. What is off is
/// not looked at.
template <Scalar S>
void require_logp(std::span<S const> x, bool finite, char const* where, char const* argument, byte_mask on = {}) {
  if (on.empty() && first_bad(x.data(), idx(x.size())) < 0) return;
  for (std::size_t i = 0; i < x.size(); ++i)
    require(!is_on(on, idx(i)) || finite_bits(x[i]) || (!finite && !nan_bits(x[i]) && ineligible_bits(x[i])), where, ": ", argument,
            " holds ", double(x[i]), " at position ", idx(i),
            finite ? ", expected finite numbers" : ", expected numbers or minus infinity");
}
inline void require_size(std::size_t got, std::size_t wanted, char const* where, char const* argument) {
  require(got == wanted, where, ": ", argument, " must have ", wanted, " elements, got ", got);
}

}}  // namespace foil::loss
