// SPDX-License-Identifier: BSD-3-Clause
// Negatives that a judge lets pass, picked with a stride (UniME-V2).
#pragma once

#include "foil/core/canonical_order.hpp"
#include "foil/core/option.hpp"
#include "foil/mine/shortage.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

/// e^yes / (e^yes + e^no) of two logits, without overflow.
inline double judge_score(double yes, double no) { return sigmoid(yes - no); }

/// 0, t, 2t, ..., then 1, 1 + t, ... : every place of 0 .. n-1 once. Step 1 is the order itself. O(n); the time goes to
/// appending one place after the other.
inline std::vector<idx> strided_order(idx n, idx step) {
  require(n >= 0 && step >= 1, "strided_order: arguments must satisfy n >= 0 and step >= 1, got n = ", n, " and step = ", step);
  check_length("strided_order", "argument n", n);
  step = (std::min)(step, (std::max)(n, idx(1)));  // a longer one steps out at once
  std::vector<idx> order;
  order.reserve(std::size_t(n));
  for (idx start = 0; start < (std::min)(step, n); ++start)
    for (idx place = start; place < n; place += step) order.push_back(place);
  return order;
}

/// Options of `judge_mine`.
struct judge_options {
  static constexpr char const* name = "judge_mine";
  double beta = 0.01;                                    ///< >= 0; kept: score <= score of the positive - beta
  idx negatives = 10;                                    ///< >= 1; negatives wanted
  idx step = 5;                                          ///< >= 1; stride through the survivors
  mining::shortage shortage = mining::shortage::repeat;  ///< keep_short, drop_query, repeat or error: there is nothing to fill from
  static void options(auto list) {
    list("beta", &judge_options::beta, range::not_negative), list("negatives", &judge_options::negatives, range::at_least(1));
    list("step", &judge_options::step, range::at_least(1)), list("shortage", &judge_options::shortage, mining::shortage::error);
  }
  void check() const {
    require(shortage != mining::shortage::fill_random && shortage != mining::shortage::fill_deeper,
            "judge_mine: shortage must be keep_short, drop_query, repeat or error");
  }
};

/// What `judge_mine` returns.
struct judged {
  std::vector<double> scores;                ///< of every candidate: soft labels for the loss
  double positive_score = 0, threshold = 0;  ///< the judge's probability of yes for the positive; that minus beta
  std::vector<idx> kept;                     ///< places of the survivors, in the order given
  std::vector<idx> selected;                 ///< strided through them
  idx duplicates_added = 0;                  ///< what shortage::repeat appended
  idx undefined = 0;                         ///< candidates whose score is NaN: never kept
};

/// Candidates stand in rank order. Without a score of the positive (NaN) nothing is kept. UniME-V2, Gu et al.
/// 2025, arXiv 2510.13515. O(n).
inline judged judge_mine(real_span yes, real_span no, double positive_yes, double positive_no, judge_options const& o = {}) {
  require(yes.size() == no.size(), "judge_mine: as many yes as no logits are needed, got ", yes.size(), " and ", no.size());
  check_options(o);
  judged r;
  r.positive_score = judge_score(positive_yes, positive_no), r.threshold = r.positive_score - o.beta;
  for (idx j = 0; j < yes.size(); ++j) {
    double const s = judge_score(yes[j], no[j]);
    r.scores.push_back(s);
    r.undefined += nan_bits(s);
    if (!nan_bits(s) && !nan_bits(r.threshold) && s <= r.threshold) r.kept.push_back(j);
  }
  for (idx place : strided_order(idx(r.kept.size()), o.step))
    if (idx(r.selected.size()) < o.negatives) r.selected.push_back(r.kept[std::size_t(place)]);
  r.duplicates_added = apply_shortage_policy(o.shortage, r.selected, o.negatives, "judge_mine", 0, [](idx) { return std::vector<idx>{}; });
  return r;
}

}}  // namespace foil::mining
