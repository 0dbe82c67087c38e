// SPDX-License-Identifier: BSD-3-Clause
// Token statistics: from a row of V logits to one number, through a state that shards of the vocabulary
// share.
#pragma once

#include "foil/core/guarded_sum.hpp"
#include "foil/core/mask.hpp"
#include "foil/core/option.hpp"
#include "foil/core/real_span.hpp"
#include "foil/core/score_order.hpp"
#include "foil/score/logit_row.hpp"
#include "foil/stat/largest.hpp"
#include "foil/stat/vocabulary.hpp"

namespace foil::score { inline namespace FOIL_ABI {

using stat::support;

/// start() gives an empty state, the state takes logits and other states, value() reads it (quiet NaN:
/// undefined).
// clang-format off
template <class T>
concept TokenStatistic = requires(T const t, typename T::state s, float const* z, idx n) {
  { t.start() } -> std::same_as<typename T::state>;
  { t.value(s) } -> std::convertible_to<double>;
  { t.temperature } -> std::convertible_to<double>;
  s.add(z, n, 1.0);
  s.merge(s);
};
// clang-format on

/// A statistic that is a formula of the moments alone. O(V), one exp per logit.
template <double (stat::vocabulary::*Formula)() const>
struct moment {
  double temperature = 1;  ///< > 0; divisor of logits
  static void options(auto list) { list("temperature", &moment::temperature, range::divisor); }
  using state = stat::vocabulary;
  state start() const { return {}; }
  double value(state const& s) const { return (s.*Formula)(); }
};
using entropy = moment<&stat::vocabulary::entropy>;        ///< -sum p ln p, nats, in [0, ln V]; low = confident
using perplexity = moment<&stat::vocabulary::perplexity>;  ///< exp(entropy), in [1, V]; low = confident
using gini = moment<&stat::vocabulary::gini>;              ///< 1 - sum p^2, in [0, 1 - 1/V]; low = confident
using collision = moment<&stat::vocabulary::collision>;    ///< sum p^2, in [1/V, 1]; high = confident
using max_prob = moment<&stat::vocabulary::max_prob>;      ///< largest p, in (0, 1]; high = confident

/// -entropy, for pickers that want more to be better.
struct neg_entropy {
  double temperature = 1;  ///< > 0; divisor of logits
  static void options(auto list) { list("temperature", &neg_entropy::temperature, range::divisor); }
  using state = stat::vocabulary;
  state start() const { return {}; }
  double value(state const& s) const { return s.defined() ? -s.entropy() : quiet_nan<double>(); }
};

/// KL(p || uniform) = ln V - entropy; high = confident, bounded by ln V.
struct kl_from_uniform {
  double temperature = 1;        ///< > 0; divisor of logits
  support over = support::full;  ///< logits over which the uniform distribution spreads
  static void options(auto list) {
    list("temperature", &kl_from_uniform::temperature, range::divisor), list("over", &kl_from_uniform::over, support::finite);
  }
  using state = stat::vocabulary;
  state start() const { return {}; }
  double value(state const& s) const { return s.kl_from_uniform(over); }
};

/// Moments and the largest logits (before the temperature) of a row.
struct peaks {
  stat::vocabulary all;  ///< moments over the whole row
  stat::largest best;    ///< the largest logits
  template <Storage T>
  void add(T const* z, idx n, double scale = 1) {
    all.add(z, n, scale), best.add(z, n);
  }
  void merge(peaks const& o) { all.merge(o.all), best.merge(o.best); }
};

/// p_(1) - p_(2), with p_(2) = 0 if there is one token only; in [0, 1], high = confident. O(V).
struct margin {
  double temperature = 1;  ///< > 0; divisor of logits
  static void options(auto list) { list("temperature", &margin::temperature, range::divisor); }
  using state = peaks;
  state start() const { return {{}, stat::largest(2)}; }
  double value(state const& s) const {
    if (!s.all.defined()) return quiet_nan<double>();
    std::vector<double> const z = s.best.values();
    return s.all.max_prob() * (z.size() < 2 ? 1 : -std::expm1((std::max)((z[1] - z[0]) / temperature, -708.0)));
  }
};

/// -(1/k) sum of ln p over the k likeliest tokens (DeepConf, arXiv 2508.15260); high = confident. k is
/// clipped to V. With support::full a filtered token among the k is worth +inf; with support::finite k is
/// clipped further.
struct topk_confidence {
  double temperature = 1;        ///< > 0; divisor of logits
  idx k = 20;                    ///< >= 1; likeliest tokens that count
  support over = support::full;  ///< full: a filtered token among the k counts as +inf; finite: k is clipped to the finite logits
  static void options(auto list) {
    list("temperature", &topk_confidence::temperature, range::divisor), list("k", &topk_confidence::k, range::at_least(1));
    list("over", &topk_confidence::over, support::finite);
  }
  using state = peaks;
  state start() const { return {{}, stat::largest(k)}; }
  double value(state const& s) const {
    if (!s.all.defined()) return quiet_nan<double>();
    idx const count = (std::min)(k, s.all.width(over));
    if (count > s.all.finite) return infinity<double>();
    std::vector<double> const z = s.best.values();
    double sum = 0;
    for (idx i = 0; i < count; ++i) sum -= s.all.log_prob(z[std::size_t(i)]) / double(count);
    return sum;
  }
};

namespace detail {
template <TokenStatistic T, Storage Z>
double value_of_row(T const& statistic, Z const* row, idx vocabulary, double scale) {
  typename T::state s = statistic.start();
  add_row(s, row, vocabulary, scale);
  return statistic.value(s);
}
}  // namespace detail

/// The statistic of one row of V logits; quiet NaN if the row is undefined. Refuses a temperature that is not positive and
/// finite. O(V) time, nothing but the state is stored.
template <TokenStatistic T, Storage Z>
double token_value(T const& statistic, Z const* row, idx vocabulary) {
  check_options("token_value", statistic);
  return detail::value_of_row(statistic, row, vocabulary, inverse_temperature(statistic.temperature, "token_value"));
}

/// The statistic of every row of logits [T, V], quiet NaN where a row is undefined (undefined(values) counts them).
/// O(T V) time.
template <TokenStatistic T, class M>
std::vector<double> tokens(M const& logits, T const& statistic) {
  auto const z = as_view(logits);
  check_options("tokens", statistic);
  double const scale = inverse_temperature(statistic.temperature, "tokens");
  std::vector<double> values(std::size_t(z.rows()));
  for (idx t = 0; t < z.rows(); ++t) values[std::size_t(t)] = detail::value_of_row(statistic, z.row(t), z.cols(), scale);
  return values;
}

}}  // namespace foil::score
