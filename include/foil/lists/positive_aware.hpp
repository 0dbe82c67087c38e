// SPDX-License-Identifier: BSD-3-Clause
// Filters of one ranked list by the positive's score (NV-Retriever's family).
#pragma once

#include "foil/core/canonical_order.hpp"
#include "foil/core/option.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// p is the score of the positive, v the option `value`. Equality survives everywhere.
enum class positive_rule {
  naive,     ///< keeps everything
  shifted,   ///< drops the first v ranks
  absolute,  ///< drops score > v
  margin,    ///< drops score > p - v, v >= 0
  percent    ///< drops score > p - |p| (1 - v), v in (0, 1]; for p > 0 that is p v
};

/// Options of `positive_aware`.
struct positive_aware_options {
  static constexpr char const* name = "positive_aware";
  positive_rule rule = positive_rule::percent;  ///< what the bound is
  double value = 0.95;                          ///< a number; the paper's: shifted 10, absolute 0.7, margin 0.05, percent 0.95
  idx negatives = 4;                            ///< >= 1; negatives wanted
  static void options(auto list) {
    list("rule", &positive_aware_options::rule, positive_rule::percent);
    list("value", &positive_aware_options::value, range::either_sign),
        list("negatives", &positive_aware_options::negatives, range::at_least(1));
  }
};

/// What `positive_aware` returns: places in the list of scores.
struct positive_aware_result {
  std::vector<idx> survivors;       ///< in canonical order
  std::vector<idx> selected;        ///< the first `negatives` of them
  bool positive_undefined = false;  ///< the rule refers to a positive whose score is not finite: nothing was kept
};

/// NV-Retriever, Moreira et al. 2024, arXiv 2407.15831. NaN and minus infinity never survive. The positive's
/// score must come from the same computation as the others. O(C log C).
inline positive_aware_result positive_aware(real_span scores, double positive_score, positive_aware_options const& o = {}) {
  double const v = o.value, p = positive_score;
  check_options(o);
  bool const to_positive = o.rule == positive_rule::margin || o.rule == positive_rule::percent;
  if (o.rule == positive_rule::percent)
    require(v > 0 && v <= 1, "positive_aware: value must be in (0, 1] for percent, got ", v);
  else if (o.rule == positive_rule::margin || o.rule == positive_rule::shifted)
    require(v >= 0, "positive_aware: value must be at least 0 for margin and shifted, got ", v);
  positive_aware_result r;
  r.positive_undefined = to_positive && !finite_bits(p);
  if (r.positive_undefined) return r;
  bool const bounded = to_positive || o.rule == positive_rule::absolute;
  double const share = p > 0 ? p * v : p - std::abs(p) * (1 - v);
  double const bound = !to_positive ? v : o.rule == positive_rule::margin ? p - v : share;
  idx rank = 0;
  for (idx j : canonical_order(scores)) {
    bool const gone = o.rule == positive_rule::shifted ? double(rank++) < v : bounded && scores[j] > bound;
    if (!gone) r.survivors.push_back(j);
  }
  r.selected.assign(r.survivors.begin(), r.survivors.begin() + (std::min)(o.negatives, idx(r.survivors.size())));
  return r;
}

}}  // namespace foil::mining
