// SPDX-License-Identifier: BSD-3-Clause
// Margins to the positive: drops negatives that score too close to it, or above it (likely unlabelled positives).
#pragma once

#include <cmath>

#include "foil/core/bias_row.hpp"
#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// Removed when score + margin > positive; equality survives. A row without positives is left alone.
struct absolute_margin {
  static constexpr char const* name = "absolute_margin";
  static constexpr bool needs_positive = true;
  double margin = 0.05;                    ///< finite; in units of scores
  reference positive = reference::lowest;  ///< which positive of a row the margin refers to
  static void options(auto list) {
    list("margin", &absolute_margin::margin, range::finite);
    list("positive", &absolute_margin::positive, reference::each);
  }

  bool is_active() const { return margin > -1e29; }
  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    if (r.has_positive) drop_where(r, bias, [&](idx j) { return too_high(r, r.score[j]); });
  }
  template <Scalar S>
  bool too_high(bias_row<S> const& r, S s) const {
    return r.has_positive && double(s) + margin > double(reference_score(r, positive));
  }
  void check(idx, idx) const {}
};

/// Removed when score > p - |p| * margin, p the positive's score: tighter for either sign of p. NV-Retriever's
/// percent-of-positive 95 % is margin 0.05 (arXiv 2407.15831). A row without positives is left alone.
struct relative_margin {
  static constexpr char const* name = "relative_margin";
  static constexpr bool needs_positive = true;
  double margin = 0.05;                    ///< in [0, 1); share of the size of the positive's score
  reference positive = reference::lowest;  ///< which positive of a row the margin refers to
  bool legacy = false;                     ///< p * (1 - margin), which loosens the bound where p is negative; for comparisons only
  static void options(auto list) {
    list("margin", &relative_margin::margin, range::real{0, 1, false, true});
    list("positive", &relative_margin::positive, reference::each);
  }

  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    if (r.has_positive) drop_where(r, bias, [&](idx j) { return too_high(r, r.score[j]); });
  }
  template <Scalar S>
  bool too_high(bias_row<S> const& r, S s) const {
    auto const p = double(reference_score(r, positive));
    return r.has_positive && double(s) > (legacy ? p * (1 - margin) : p - std::abs(p) * margin);
  }
  void check(idx, idx) const {}
};

}}  // namespace foil::bias
