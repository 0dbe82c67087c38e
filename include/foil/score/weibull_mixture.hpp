// SPDX-License-Identifier: BSD-3-Clause
// A mixture of two Weibull distributions: density, gradient and fit, on logarithms so that nothing underflows.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// f(x; k, l) = (k/l) (x/l)^(k-1) exp(-(x/l)^k), x > 0.
struct weibull {
  double shape = 1, scale = 1;  ///< > 0; k; l, in the unit of x
  static void options(auto list) {
    range::real const positive{0, range::finite.high, true};
    list("shape", &weibull::shape, positive), list("scale", &weibull::scale, positive);
  }

  double mean() const { return std::exp(log_mean()); }
  double log_mean() const { return std::log(scale) + log_gamma(1 + 1 / shape); }
  /// ln f at x = e^log_x.
  double log_density(double log_x) const {
    double const u = shape * (log_x - std::log(scale));
    return std::log(shape) + u - log_x - power(u);
  }
  /// (x/l)^k = e^u, held below overflow.
  static double power(double u) { return std::exp((std::min)(u, 690.0)); }

 private:
  // Not std::lgamma: it writes a global. Stirling's series after the recurrence; x > 1 here, error below 1e-15.
  static double log_gamma(double x) {
    double shift = 0;
    for (; x < 12; ++x) shift -= std::log(x);
    double const y = 1 / (x * x);
    double const series = (1.0 / 12 - y * (1.0 / 360 - y * (1.0 / 1260 - y * (1.0 / 1680 - y / 1188)))) / x;
    return shift + (x - 0.5) * std::log(x) - x + 0.9189385332046727 + series;
  }
};

/// weight f(x; first) + (1 - weight) f(x; second), x > 0. All functions take ln x, in double.
struct weibull_mixture {
  double weight = 0.5;                  ///< in (0, 1); share of the first component
  weibull first{1, 1}, second{1.5, 2};  ///< the two components
  static void options(auto list) {
    list("weight", &weibull_mixture::weight, range::real{0, 1, true, true});
    list("first", &weibull_mixture::first), list("second", &weibull_mixture::second);
  }
  /// P(component one | x).
  double posterior(double log_x) const { return sigmoid(log_odds(log_x)); }
  /// -sum ln f. O(n).
  double nll(std::span<double const> log_x) const {
    double sum = 0;
    for (double x : log_x) sum -= log_add(std::log(weight) + first.log_density(x), std::log1p(-weight) + second.log_density(x));
    return sum;
  }
  /// d nll / d (weight, first.shape, first.scale, second.shape, second.scale). O(n).
  std::array<double, 5> gradient(std::span<double const> log_x) const {
    std::array<double, 5> g{};
    for (double x : log_x) {
      double const p = posterior(x);
      g[0] -= p / weight - (1 - p) / (1 - weight);
      for (int i = 0; i < 2; ++i) {
        weibull const& c = i == 0 ? first : second;
        double const r = i == 0 ? p : 1 - p, u = x - std::log(c.scale), e = weibull::power(c.shape * u);
        g[std::size_t(1 + 2 * i)] -= r * (1 / c.shape + u * (1 - e));
        g[std::size_t(2 + 2 * i)] -= r * c.shape / c.scale * (e - 1);
      }
    }
    return g;
  }
  /// The same distribution with the component of larger mean first; means that differ by rounding alone stay as they are.
  weibull_mixture ordered() const {
    return first.log_mean() + 1e-12 < second.log_mean() ? weibull_mixture{1 - weight, second, first} : *this;
  }
  /// The distribution of c x, for ln c.
  weibull_mixture rescaled(double log_c) const {
    double const c = std::exp(log_c);
    return {weight, {first.shape, first.scale * c}, {second.shape, second.scale * c}};
  }
  /// Maximum likelihood by EM from a split at the mean of x: 0.2 <= weight <= 0.8, shapes in [0.01, 1000].
  /// Deterministic. O(n) a step, at most 2000 steps. x must not be tiny: shift ln x so that its maximum is 0.
  static weibull_mixture fit(std::span<double const> log_x);

 private:
  double log_odds(double log_x) const {
    return std::log(weight) + first.log_density(log_x) - std::log1p(-weight) - second.log_density(log_x);
  }
  /// The best Weibull for weights r = e^log_r: the root of sum r x^k ln x / sum r x^k - 1/k - sum r ln x /
  /// sum r, which grows with k, by Newton steps inside a shrinking bracket; then its scale.
  static weibull best(std::span<double const> log_x, std::span<double const> log_r, weibull start);
};

inline weibull weibull_mixture::best(std::span<double const> log_x, std::span<double const> log_r, weibull start) {
  std::size_t const n = log_x.size();
  double mass = 0, first = 0;
  for (std::size_t i = 0; i < n; ++i) mass += std::exp(log_r[i]), first += std::exp(log_r[i]) * log_x[i];
  if (mass < 1e-12) return start;
  double low = 0.01, high = 1000, k = start.shape, log_power = 0;
  for (int step = 0; step < 100; ++step) {
    // r x^k, each relative to the largest: for large k a small x with r = 1 may weigh as much as a large x
    // with r = 0.
    double top = log_zero<double>, power = 0, sum_1 = 0, sum_2 = 0;
    for (std::size_t i = 0; i < n; ++i) top = (std::max)(top, log_r[i] + k * log_x[i]);
    for (std::size_t i = 0; i < n; ++i) {
      double const p = std::exp((std::max)(log_r[i] + k * log_x[i] - top, -708.0));
      power += p, sum_1 += p * log_x[i], sum_2 += p * log_x[i] * log_x[i];
    }
    log_power = top + std::log(power);
    double const at = sum_1 / power, g = at - 1 / k - first / mass;
    (g > 0 ? high : low) = k;
    double next = k - g / ((std::max)(sum_2 / power - at * at, 0.0) + 1 / (k * k));
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (std::abs(next - k) <= 1e-13 * k) break;
    k = next;
  }
  return {k, std::exp((log_power - std::log(mass)) / k)};
}

inline weibull_mixture weibull_mixture::fit(std::span<double const> log_x) {
  std::size_t const n = log_x.size();
  require(n >= 2, "weibull_mixture: fit needs at least two numbers, got ", n);
  double mean = 0;
  for (double x : log_x) mean += std::exp(x) / double(n);
  std::vector<double> log_r(n), log_rest(n);
  for (std::size_t i = 0; i < n; ++i) {
    bool const above = std::exp(log_x[i]) >= mean;
    log_r[i] = std::log(above ? 0.95 : 0.05), log_rest[i] = std::log(above ? 0.05 : 0.95);
  }
  weibull_mixture m;
  double before = 0;
  for (int step = 0; step < 2000; ++step) {
    double share = 0;
    for (double r : log_r) share += std::exp(r) / double(n);
    m.weight = (std::min)((std::max)(share, 0.2), 0.8);
    m.first = best(log_x, log_r, m.first), m.second = best(log_x, log_rest, m.second);
    double const now = m.nll(log_x);
    if (step > 0 && std::abs(before - now) <= 1e-11 * (1 + std::abs(now))) break;
    before = now;
    for (std::size_t i = 0; i < n; ++i) {
      double const odds = m.log_odds(log_x[i]);
      log_r[i] = -softplus(-odds), log_rest[i] = -softplus(odds);
    }
  }
  return m;
}

}}  // namespace foil::score
