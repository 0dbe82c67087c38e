// SPDX-License-Identifier: BSD-3-Clause
// Truncation rules: which tokens of a distribution may still be drawn. One file because the rules
// share one view of a distribution.
#pragma once

#include "foil/core/option.hpp"
#include "foil/score/cheapest.hpp"

namespace foil::score::keep { inline namespace FOIL_ABI {

/// A rule returns the tokens it keeps. Where these are fewer than min_keep, the driver adds rule.floor(d, min_keep), if there
/// is such a member, else the min_keep most probable ones.
using kept = std::vector<idx>;

namespace detail {
inline kept first(std::span<idx const> order, idx n) { return kept(order.begin(), order.begin() + n); }
inline kept everything(distribution& d) { return d.from((std::numeric_limits<double>::lowest)()); }
/// The n most probable, and all that tie with the last of them.
inline kept best_with_ties(distribution& d, idx n) { return d.from(d.logit(d.best(n).back())); }
}  // namespace detail

/// z >= the k-th largest z: ties at the boundary are all kept.
struct top_k {
  idx k = 50;  ///< >= 1; tokens kept, without ties
  static void options(auto list) { list("k", &top_k::k, range::at_least(1)); }
  kept operator()(distribution& d) const { return detail::best_with_ties(d, k); }
  kept floor(distribution& d, idx n) const { return detail::best_with_ties(d, n); }
};

/// The shortest descending prefix with mass >= p; everything for p >= 1. Holtzman et al. 2020, arXiv
/// 1904.09751.
struct top_p {
  double p = 0.9;  ///< >= 0; mass to reach
  static void options(auto list) { list("p", &top_p::p, range::not_negative); }
  kept operator()(distribution& d) const {
    if (p >= 1) return detail::everything(d);
    return cheapest(d, p, [top = d.top()](double logit) { return top - logit; }).tokens;
  }
};

/// p >= min_p times the largest p. Nguyen et al. 2024, arXiv 2407.01082.
struct min_p {
  double min_p = 0.1;  ///< in [0, 1]; share of the largest probability
  static void options(auto list) { list("min_p", &keep::min_p::min_p, range::share); }
  kept operator()(distribution& d) const {
    if (!(min_p > 0)) return detail::everything(d);
    return d.likely(d.log_p_of(d.top()) + std::log(min_p) - 1e-12);
  }
};

/// p >= epsilon. Tokens that tie at the floor all stay. Hewitt et al. 2022, arXiv 2210.15191.
struct epsilon {
  double epsilon = 3e-4;  ///< in [0, 1]; least probability
  static void options(auto list) { list("epsilon", &keep::epsilon::epsilon, range::share); }
  kept operator()(distribution& d) const {
    if (!(epsilon > 0)) return detail::everything(d);
    return d.likely(std::log(epsilon) - 1e-12);
  }
  kept floor(distribution& d, idx n) const { return detail::best_with_ties(d, n); }
};

/// p >= min(epsilon, sqrt(epsilon) e^-entropy). Tokens that tie at the floor all stay. Hewitt et al. 2022, arXiv 2210.15191.
struct eta {
  double epsilon = 3e-4;  ///< in [0, 1]; least probability where the entropy is 0 or low
  static void options(auto list) { list("epsilon", &eta::epsilon, range::share); }
  kept operator()(distribution& d) const {
    if (!(epsilon > 0)) return detail::everything(d);
    return d.likely((std::min)(std::log(epsilon), 0.5 * std::log(epsilon) - d.entropy()) - 1e-12);
  }
  kept floor(distribution& d, idx n) const { return detail::best_with_ties(d, n); }
};

/// Tokens by ascending |-ln p - entropy| until the mass is reached, and all that tie with the last. The most probable token
/// may be passed over; min_keep counts in this order. Meister et al. 2022, arXiv 2202.00666.
struct typical {
  double mass = 0.9;  ///< >= 0; mass to reach
  static void options(auto list) { list("mass", &typical::mass, range::not_negative); }
  kept operator()(distribution& d) const {
    if (mass >= 1) return detail::everything(d);
    auto const cost = [&](double logit) { return surprise(d, logit); };
    return cheapest(d, mass, cost, true).tokens;
  }
  kept floor(distribution& d, idx n) const {
    kept order = detail::everything(d);
    n = (std::min)(n, d.size());
    std::partial_sort(order.begin(), order.begin() + n, order.end(), [&](idx a, idx b) {
      double const x = surprise(d, d.logit(a)), y = surprise(d, d.logit(b));
      return x != y ? x < y : a < b;
    });
    order.resize(std::size_t(n));
    return order;
  }

 private:
  static double surprise(distribution const& d, double logit) { return std::abs(-d.log_p_of(logit) - d.entropy()); }
};

/// What top_h bounds by alpha times an entropy; E = -sum p ln p over the prefix.
enum class entropy_of {
  renormalised,          ///< entropy of the renormalised prefix against that of the row (the paper's problem)
  partial,               ///< E against E of the top_n (the published code)
  partial_renormalised,  ///< the same after renormalising over the top_n (the port in transformers)
};

/// The longest descending prefix whose entropy stays within alpha of the row's: most mass under a bound on
/// randomness. At least one token; never one of probability 0. Only top_n tokens are looked at. Potraghloo et
/// al. 2025, arXiv 2509.02510. Adding a token always raises the entropy, so the first violation ends it.
struct top_h {
  double alpha = 0.4;                          ///< in (0, 1]
  idx top_n = 100;                             ///< >= 1; most tokens looked at
  entropy_of mode = entropy_of::renormalised;  ///< which entropies are compared
  static void options(auto list) {
    list("alpha", &top_h::alpha, range::real{0, 1, true}), list("top_n", &top_h::top_n, range::at_least(1));
    list("mode", &top_h::mode, entropy_of::partial_renormalised);
  }
  kept operator()(distribution& d) const {
    std::span<idx const> const order = d.best(top_n);
    double all = 0, mass = 1, cap = 0;
    for (idx t : order) all += d.p(t);
    if (mode == entropy_of::partial_renormalised) mass = all;
    auto const term = [&](idx t) { return -d.p(t) / mass * (d.log_p(t) - std::log(mass)); };
    if (mode == entropy_of::renormalised)
      cap = d.entropy();
    else
      for (idx t : order) cap += term(t);
    cap *= alpha;
    double e = 0, sum = 0;
    idx n = 0;
    for (idx t : order) {
      e += term(t), sum += d.p(t);
      double const h = mode == entropy_of::renormalised ? e / sum + std::log(sum) : e;
      if (n > 0 && ((alpha < 1 && h > cap + 1e-12 * (std::max)(1.0, cap)) || !(d.p(t) > 0))) break;
      ++n;
    }
    return detail::first(order, n);
  }
};

}}  // namespace foil::score::keep
