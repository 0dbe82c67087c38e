// SPDX-License-Identifier: BSD-3-Clause
// DeepConf's four confidences of one answer from its token confidences.
#pragma once

#include "foil/core/option.hpp"
#include "foil/score/aggregate.hpp"

namespace foil::score { inline namespace FOIL_ABI {

/// Options of `sequence_confidence`.
struct confidence_options {
  static constexpr char const* name = "sequence_confidence";
  idx window = 2048, tail = 2048;  ///< >= 1; tokens of a group; tokens of the tail
  double bottom = 0.1;             ///< in [0, 1]; share of the windows
  static void options(auto list) {
    list("window", &confidence_options::window, range::at_least(1)), list("tail", &confidence_options::tail, range::at_least(1));
    list("bottom", &confidence_options::bottom, range::share);
  }
};
/// All undefined (NaN) without tokens.
struct confidences {
  double mean = 0, tail = 0, lowest_group = 0, bottom_group = 0;  ///< see sequence_confidence; in the unit of the tokens' confidences
  idx undefined = 0;                                              ///< tokens that are NaN: what they take part in is NaN, too
};

/// With g = the means of all `window` successive tokens (of all tokens if there are fewer):
///   mean = mean(tokens), tail = mean of the last `tail` tokens, lowest_group = min g,
///   bottom_group = mean of the max(1, floor(bottom |g|)) lowest g
/// of token confidences [T], usually topk_confidence. Fu et al. 2025, arXiv 2508.15260, without its rounding to three
/// decimals. O(T log T) time, O(T) memory; the time goes to the sums of three windows, two for each token, and to a
/// sort. Refuses a window or tail below 1, and a bottom outside 0 .. 1.
inline confidences sequence_confidence(real_span tokens, confidence_options const& options = {}) {
  check_options(options);
  score::mean all;
  tail_mean tail(options.tail);
  lowest_window low(options.window);
  bottom_windows bottom(options.window, options.bottom);
  for (idx t = 0; t < tokens.size(); ++t) {
    double const c = tokens[t];
    all.add(c), tail.add(c), low.add(c), bottom.add(c);
  }
  return {all.value(), tail.value(), low.value(), bottom.value(), undefined(tokens)};
}

}}  // namespace foil::score
