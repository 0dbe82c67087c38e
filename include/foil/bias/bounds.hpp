// SPDX-License-Identifier: BSD-3-Clause
// Drops negatives whose similarity lies outside absolute bounds.
#pragma once

#include <limits>

#include "foil/core/bias_row.hpp"
#include "foil/core/option.hpp"

namespace foil::bias { inline namespace FOIL_ABI {

/// Removed when score > upper or score < lower; equality survives.
struct bounds {
  static constexpr char const* name = "bounds";
  double lower = std::numeric_limits<double>::lowest();  ///< any but NaN; least score that stays
  double upper = (std::numeric_limits<double>::max)();   ///< any but NaN; largest score that stays
  static void options(auto list) { list("lower", &bounds::lower, range::any), list("upper", &bounds::upper, range::any); }

  /// Whether it drops a row's best candidates: `lower` never does.
  bool is_active() const { return upper < (std::numeric_limits<double>::max)(); }
  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    drop_where(r, bias, [&](idx j) { return bool(int(too_high(r, r.score[j])) | int(too_low(r, r.score[j]))); });
  }
  template <Scalar S>
  bool too_high(bias_row<S> const&, S s) const {
    return double(s) > upper;
  }
  template <Scalar S>
  bool too_low(bias_row<S> const&, S s) const {
    return double(s) < lower;
  }
  void check(idx, idx, char const* where = name) const {
    require(range::order_of(lower) <= range::order_of(upper), where, ": lower must not exceed upper, got ", lower, " and ", upper);
  }
};

/// The two halves under names of their own, for reports that count them apart.
struct max_score {
  static constexpr char const* name = "max_score";
  double score = (std::numeric_limits<double>::max)();  ///< no NaN; highest similarity that stays
  static void options(auto list) { list("score", &max_score::score, range::any); }
  bool is_active() const { return score < (std::numeric_limits<double>::max)(); }
  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    drop_where(r, bias, [&](idx j) { return too_high(r, r.score[j]); });
  }
  template <Scalar S>
  bool too_high(bias_row<S> const&, S s) const {
    return double(s) > score;
  }
  void check(idx, idx) const {}
};
/// Removed when score < `score`; equality survives.
struct min_score {
  static constexpr char const* name = "min_score";
  static constexpr bool drops_few = true;
  double score = std::numeric_limits<double>::lowest();  ///< no NaN; lowest similarity that stays
  static void options(auto list) { list("score", &min_score::score, range::any); }
  template <Scalar S>
  void weigh(bias_row<S> const& r, S* bias) const {
    drop_where(r, bias, [&](idx j) { return too_low(r, r.score[j]); });
  }
  template <Scalar S>
  bool too_low(bias_row<S> const&, S s) const {
    return double(s) < score;
  }
  void check(idx, idx) const {}
};

}}  // namespace foil::bias
