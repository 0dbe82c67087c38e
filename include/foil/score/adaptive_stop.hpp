// SPDX-License-Identifier: BSD-3-Clause
// Adaptive sampling: draw answers until one judges itself good enough.
#pragma once

#include "foil/core/option.hpp"
#include "foil/score/best_of_n.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// e^yes / (e^yes + e^no): the probability that sampling again would not help, from the logits of the two answers to that question,
/// without overflow. NaN for a NaN.
inline double self_evaluation(double yes, double no) { return sigmoid(yes - no); }

/// E[samples] when each stops with chance q and at most n are drawn: (1 - (1-q)^n) / q, or n for q = 0.
inline double expected_samples(double q, idx n) {
  check_option("expected_samples", "q", q, range::share), check_option("expected_samples", "n", n, range::at_least(0));
  if (q == 0 || n == 0) return double(n);
  return q == 1 ? 1 : -std::expm1(double(n) * std::log1p(-q)) / q;
}

/// While sampling: `while (!s.stopped()) s.add(score of a new sample);` then s.pick(). An undefined score
/// never stops and is never picked. Manvi et al. 2024, arXiv 2410.02725. O(1).
class adaptive_sampler {
 public:
  adaptive_sampler(double threshold, idx n_max) : threshold_(threshold), left_(n_max) {
    check_option("adaptive_sampler", "threshold", threshold, range::any);
    check_option("adaptive_sampler", "n_max", n_max, range::at_least(0));
  }
  void add(double score) {
    idx const at = drawn_++;
    if (nan_bits(score)) return;
    good_ = good_ || order_key(score) >= order_key(threshold_);
    if (pick_ < 0 || order_key(score) > order_key(best_)) pick_ = at, best_ = score;
  }
  bool stopped() const { return good_ || drawn_ >= left_; }
  idx drawn() const { return drawn_; }
  idx pick() const { return pick_; }

 private:
  double threshold_, best_ = 0;
  idx left_, drawn_ = 0, pick_ = -1;
  bool good_ = false;
};

/// What `adaptive_stop` returns.
struct adaptive_result {
  idx drawn = 0, pick = -1;  ///< candidates looked at; the best of them, -1 for none
};
/// The same over recorded scores [N], O(N): stops at the first score >= threshold, at n_max, or when there are no more.
inline adaptive_result adaptive_stop(real_span scores, double threshold, idx n_max) {
  check_option("adaptive_stop", "threshold", threshold, range::any), check_option("adaptive_stop", "n_max", n_max, range::at_least(0));
  adaptive_sampler s(threshold, n_max);
  for (idx i = 0; i < scores.size() && !s.stopped(); ++i) s.add(scores[i]);
  return {s.drawn(), s.pick()};
}

}}  // namespace foil::score
