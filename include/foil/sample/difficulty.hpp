// SPDX-License-Identifier: BSD-3-Clause
// How many correct answers to collect for each query: the harder ones get more (DART-Math).
#pragma once

#include <span>

#include "foil/core/canonical_order.hpp"
#include "foil/core/option.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

enum class difficulty {
  uniform,      ///< the same target for every query
  proportional  ///< in proportion to its fail rate (prop2diff)
};
/// Options of `dart_targets`.
struct dart_options {
  static constexpr char const* name = "dart_targets";
  difficulty by = difficulty::proportional;  ///< whether hard queries get more
  idx max_target = 40;                       ///< in 1 .. 2^32; target of every query (uniform), or of the hardest (proportional)
  double cap = 2048;                         ///< >= 1, infinity for none; most trials that a query is expected to take
  static void options(auto list) {
    list("by", &dart_options::by, difficulty::proportional), list("max_target", &dart_options::max_target, range::whole{1, longest_list});
    list("cap", &dart_options::cap, range::real{1, range::any.high});
  }
};
/// What `dart_targets` returns, a number for each query.
struct dart_plan {
  std::vector<idx> targets;             ///< correct answers to collect of each query
  std::vector<double> expected_trials;  ///< min(cap, target / pass rate); the cap where nothing passes
};

/// From pass rates in [0, 1]: d = 1 - pass rate, target = max(1, ceil(max_target d / max d)), or `max_target` for all; all d = 0 gives 1
/// each. What rounding adds to the product does not count as one more: 1e-9, and for rates in float what their rounding can.
/// Tong et al. 2024, arXiv 2407.13690. O(n).
inline dart_plan dart_targets(real_span pass_rates, dart_options const& o = {}) {
  check_options(o);
  double hardest = 0;
  for (idx i = 0; i < pass_rates.size(); ++i) {
    require(range::share.contains(pass_rates[i]), "dart_targets: pass rate ", pass_rates[i], " of query ", i, " is outside [0, 1]");
    hardest = (std::max)(hardest, 1 - pass_rates[i]);
  }
  dart_plan plan;
  plan.targets.reserve(std::size_t(pass_rates.size())), plan.expected_trials.reserve(std::size_t(pass_rates.size()));
  double const most = double(o.max_target), rounding = 1e-9 + (pass_rates.in_float() && hardest > 0 ? most * 0x1p-24 / hardest : 0);
  for (idx i = 0; i < pass_rates.size(); ++i) {
    double target = most;
    if (o.by == difficulty::proportional)
      target = hardest > 0 ? (std::max)(1.0, std::ceil(most * ((1 - pass_rates[i]) / hardest) - rounding)) : 1;
    plan.targets.push_back(idx(target));
    plan.expected_trials.push_back(pass_rates[i] > 0 ? (std::min)(o.cap, target / pass_rates[i]) : o.cap);
  }
  return plan;
}

/// What `collect_correct` returns.
struct trials {
  idx used = 0, correct = 0;  ///< outcomes looked at; correct ones among them
};

/// Draws until `target` outcomes were correct (not one more, as the released code does), the cap is reached
/// (0: none) or the outcomes end. outcomes: one byte a trial, 0 = wrong. O(trials); the time goes to the question after each whether it
/// was the last.
inline trials collect_correct(std::span<unsigned char const> outcomes, idx target, idx cap = 0) {
  require(target >= 0 && cap >= 0, "collect_correct: target and cap must not be negative, got ", target, " and ", cap);
  trials t;
  for (unsigned char correct : outcomes) {
    if (t.correct >= target || (cap > 0 && t.used >= cap)) break;
    ++t.used, t.correct += correct != 0;
  }
  return t;
}

}}  // namespace foil::mining
