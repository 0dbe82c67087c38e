// SPDX-License-Identifier: BSD-3-Clause
// Self-certainty: how far a row of logits is from uniform, KL(uniform || p); with the gradient of its mean.
#pragma once

#include "foil/core/option.hpp"
#include "foil/score/logit_row.hpp"
#include "foil/score/token.hpp"
#include "foil/simd/moments.hpp"
#include "foil/simd/row.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// SC = log-sum-exp(z) - mean(z) - ln V  (z = logits / temperature), nats, >= 0, larger = more confident,
/// unbounded. Kang et al. 2025, arXiv 2502.18581. Row t must be the distribution given the tokens before t (the published
/// script is one row late); V is the width of the logits. With filtered logits (-inf) support::full gives +inf, and
/// support::finite spreads the uniform over the finite logits: feed raw logits. V = 1 gives 0. O(V) a token.
struct self_certainty {
  static constexpr char const* name = "self_certainty";
  double temperature = 1;        ///< > 0; divisor of logits
  support over = support::full;  ///< logits over which the uniform distribution spreads
  static void options(auto list) {
    list("temperature", &self_certainty::temperature, range::divisor), list("over", &self_certainty::over, support::finite);
  }
  using state = stat::vocabulary;
  state start() const { return {}; }
  double value(state const& s) const { return s.self_certainty(over); }
};

/// What `value_and_grad` returns for `self_certainty`.
template <Scalar S>
struct certainty_gradient {
  double value = 0;           ///< mean over unmasked tokens; undefined (NaN) without any
  std::vector<double> token;  ///< [T], masked ones too
  matrix<S> gradient;         ///< [T, V], d value / d logits
  idx undefined = 0;          ///< unmasked tokens without a value
};

/// Mean self-certainty of logits [T, V] over unmasked tokens (`on`: one byte a token) and its gradient
/// (p - 1/V) / (temperature n). The gradient is 0 at masked tokens, at filtered logits and on rows whose value is not
/// finite; rows sum to 0, to rounding in S, which is float for half types. Refuses a mask of another length and a temperature that is not
/// positive and finite. O(T V) time.
template <class M>
auto value_and_grad(self_certainty const& sc, M const& logits, byte_mask on = {}) {
  auto const z = as_view(logits);
  using S = arithmetic<typename decltype(z)::Scalar>;
  require_length(idx(on.size()), z.rows(), "self_certainty", "mask");
  check_options(sc);
  double const scale = 1 / sc.temperature;
  require(scale <= double((std::numeric_limits<S>::max)()), "self_certainty: at temperature ", sc.temperature, " no ", scalar_name<S>,
          " holds the gradient");
  certainty_gradient<S> r;
  r.gradient.resize(z.rows(), z.cols());
  r.token.reserve(std::size_t(z.rows()));
  idx n = 0;
  for (idx t = 0; t < z.rows(); ++t) n += is_on(on, t);
  guarded_sum sum;
  logit_row<S> read;
  for (idx t = 0; t < z.rows(); ++t) {
    simd::finite_largest<S> most{-(std::numeric_limits<S>::max)(), z.cols() > 0};
    read.read(z.row(t), z.cols(), [&](S const* part, idx count) {
      if (!most.finite) return;
      auto const here = simd::largest_of(part, count);
      most = {(std::max)(most.value, here.value), here.finite};
    });
    S const* const logits_of = read.data();
    S* const g = r.gradient.row(t).data();
    stat::vocabulary row;
    bool const once = most.finite && scale < 1e30;  // exponentials are taken once
    if (once) {
      auto const x = simd::moments(logits_of, most.value, z.cols(), S(scale), g);
      row = {.finite = z.cols(), .top = double(most.value), .linear = x.linear, .exp_sum = x.sum, .scale = scale};
    } else {
      row.add(logits_of, z.cols(), scale);
    }
    double const value = sc.value(row);
    r.token.push_back(value);
    if (is_on(on, t)) sum.add(value);
    Eigen::Map<Eigen::Array<S, Eigen::Dynamic, 1>> slopes(g, z.cols());
    if (!is_on(on, t) || !finite_bits(value)) {
      slopes.setZero();
      continue;
    }
    if (!once) simd::exp_of_sum<S>(g, logits_of, nullptr, S(row.top), z.cols(), S(scale));
    double const factor = scale / double(n);
    slopes = slopes * S(factor / row.exp_sum) - S(factor / double(row.finite));
    for (idx j = 0; row.filtered > 0 && j < z.cols(); ++j)
      if (!finite_bits(logits_of[j])) g[j] = S(0);
  }
  r.value = sum.over(double(n));
  r.undefined = sum.undefined();
  return r;
}

}}  // namespace foil::score
