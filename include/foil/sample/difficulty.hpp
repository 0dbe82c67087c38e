// SPDX-License-Identifier: BSD-3-Clause
// How many correct answers to collect for each query: the harder ones get more (DART-Math).
#pragma once

#include <span>

#include "foil/core/canonical_order.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// ceil(most * f / max f), at least 1: the hardest query gets `most`; all fail rates 0 gives everyone 1. Fail
/// rates lie in [0, 1]. Tong et al. 2024, arXiv 2407.13690; their uniform variant is the same number for
/// every query. O(n).
inline std::vector<idx> targets_by_difficulty(real_span fail_rates, idx most) {
  require(most >= 1 && most <= longest_list, "targets_by_difficulty: argument most must be in 1 .. 2^32, got ", most);
  double hardest = 0;
  for (idx i = 0; i < fail_rates.size(); ++i) {
    require(fail_rates[i] >= 0 && fail_rates[i] <= 1, "targets_by_difficulty: fail rate ", fail_rates[i], " of query ", i,
            " is outside [0, 1]");
    hardest = (std::max)(hardest, fail_rates[i]);
  }
  std::vector<idx> targets;
  for (idx i = 0; i < fail_rates.size(); ++i)
    targets.push_back(!(hardest > 0)             ? 1
                      : fail_rates[i] == hardest ? most
                                                 : (std::max)(idx(1), idx(std::ceil(double(most) * fail_rates[i] / hardest))));
  return targets;
}

struct trials {
  idx used = 0, correct = 0;  ///< outcomes looked at; correct ones among them
};

/// Draws until `target` outcomes were correct (not one more, as the released code does), the cap is reached
/// (0: none) or the outcomes end. outcomes: one byte a trial, 0 = wrong.
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
