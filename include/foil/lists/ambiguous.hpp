// SPDX-License-Identifier: BSD-3-Clause
// Ambiguous negatives: those that score about as the positive does (SimANS).
#pragma once

#include <cmath>
#include <vector>

#include "foil/core/option.hpp"
#include "foil/core/score_order.hpp"
#include "foil/sample/gumbel.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// The weight of a candidate of score s as a function of the positive's score p.
enum class ambiguous_shape {
  squared,  ///< exp(-a (s - p - b)^2)
  absolute  ///< exp(-a |s - p - b|), the released code's second form (a = 3)
};

/// Options of `ambiguous_negatives`. b > 0 moves the peak above the positive's score, as in the paper; the released code adds b to the
/// difference: pass -b.
struct ambiguous_options {
  static constexpr char const* name = "ambiguous_negatives";
  double a = 0.5;                                    ///< >= 0; sharpness, per squared unit of scores (absolute: per unit)
  double b = 0;                                      ///< a number, in units of scores; the peak's distance above the positive's score
  ambiguous_shape shape = ambiguous_shape::squared;  ///< form of the weight
  static void options(auto list) {
    list("a", &ambiguous_options::a, range::not_negative), list("b", &ambiguous_options::b, range::either_sign);
    list("shape", &ambiguous_options::shape, ambiguous_shape::absolute);
  }
};

/// Logarithms of the weights. A candidate whose score is NaN or minus infinity has weight 0; without a finite
/// positive score all others weigh alike. A weight that the largest one exceeds by more than doubles can say, e^745, is 0.
inline std::vector<double> ambiguous_log_weights(real_span scores, double positive_score, ambiguous_options const& o = {}) {
  check_options(o);
  bool const known = finite_bits(positive_score);
  std::vector<double> logs(std::size_t(scores.size()));
  for (idx j = 0; j < scores.size(); ++j) {
    double log = known && o.a > 0 ? scores[j] - positive_score - o.b : 0;
    log = -o.a * (o.shape == ambiguous_shape::squared ? log * log : std::abs(log));
    logs[std::size_t(j)] = ineligible_bits(scores[j]) || !finite_bits(log) ? minus_infinity<double>() : log;
  }
  double const most = score_of_key(largest_key(logs, 0, scores.size()));
  for (double& log : logs)
    if (!ineligible_bits(log) && log - most < -745) log = minus_infinity<double>();
  return logs;
}

/// Up to k candidates without replacement, successively in proportion to the weights (Zhou et al. 2022, arXiv
/// 2210.11773, whose code draws with replacement until enough differ; this is the exact law). O(C log k).
inline std::vector<idx> ambiguous_negatives(real_span scores, double positive_score, idx k, random_stream draw,
                                            ambiguous_options const& o = {}) {
  require(k >= 0, "ambiguous_negatives: argument k must not be negative, got ", k);
  return gumbel_top_k(ambiguous_log_weights(scores, positive_score, o), k, 1, draw).selected;
}

}}  // namespace foil::mining
