// SPDX-License-Identifier: BSD-3-Clause
// One triplet an anchor: the hardest, the easiest or the semi-hard ones of its row.
#pragma once

#include <limits>

#include "foil/batch/batch.hpp"
#include "foil/batch/index_tuples.hpp"
#include "foil/core/option.hpp"

namespace foil::mining { inline namespace FOIL_ABI {

enum class choice {
  hard,      ///< the farthest positive, the nearest negative
  easy,      ///< the nearest positive, the farthest negative
  semihard,  ///< the hardest one on the right side of its partner: negatives strictly farther, positives strictly nearer
  all        ///< every one
};

/// Bounds in the caller's unit, both inclusive; the defaults bound nothing.
struct allowed_range {
  static constexpr double none = (std::numeric_limits<double>::max)();
  double low = -none, high = none;  ///< no NaN, low <= high
  static void options(auto list) { list("low", &allowed_range::low, range::any), list("high", &allowed_range::high, range::any); }
};

/// Options of `batch_easy_hard`.
struct batch_easy_hard_options {
  static constexpr char const* name = "batch_easy_hard";
  choice positive = choice::easy, negative = choice::semihard;  ///< which positive and which negative of an anchor; at most one is semihard
  allowed_range positives{}, negatives{};                       ///< pairs outside are not there
  /// semihard without a candidate on the right side: false skips the anchor, true takes the farthest negative (the
  /// nearest positive), as FaceNet-style code does.
  bool fall_back = false;
  static void options(auto list) {
    list("positive", &batch_easy_hard_options::positive, choice::all), list("negative", &batch_easy_hard_options::negative, choice::all);
    list("positives", &batch_easy_hard_options::positives), list("negatives", &batch_easy_hard_options::negatives);
  }
  void check() const {
    bool const semi_p = positive == choice::semihard, semi_n = negative == choice::semihard;
    require(!(semi_p && semi_n), "batch_easy_hard: positive and negative are both semihard; one of them must be chosen first");
    require(!(semi_p && negative == choice::all) && !(semi_n && positive == choice::all),
            "batch_easy_hard: positive = ", semi_p ? "semihard" : "all",
            " cannot be combined with negative = ", semi_n ? "semihard" : "all", "; semihard needs one partner");
    for (allowed_range const* a : {&positives, &negatives})
      require(range::order_of(a->low) <= range::order_of(a->high), "batch_easy_hard: an allowed range must not be empty, got [", a->low,
              ", ", a->high, "]");
  }
};

/// (positive, negative) of every anchor that has both, by the two choices. Hermans et al. 2017, arXiv 1703.07737; Xuan et
/// al. 2020, arXiv 1904.04370 (easy positives); Schroff et al. 2015, arXiv 1503.03832 (semi-hard). Ties to the lower index.
/// One product of rows and columns, a canonical score for each pair in doubt, and the triplets.
template <Scalar S>
index_triplets batch_easy_hard(labelled_batch<S> const& b, batch_easy_hard_options const& o = {}) {
  check_options(o);
  bool const positive_first = o.positive != choice::semihard;
  // Of a row, with vectors of the worker's own for the columns chosen.
  auto const in_row = [&](batch_row<S> const& r, std::vector<idx>& positives, std::vector<idx>& negatives, index_triplets& out) {
    // Of one side of the row what its choice says, within the bounds and, if there is a partner, on the right side of it.
    auto const choose = [&](bool positive, choice how, S const* partner, std::vector<idx>& to) {
      batch_side<S> const& side = positive ? r.positives : r.negatives;
      allowed_range const& a = positive ? o.positives : o.negatives;
      score_range range{b.distance ? -a.high : a.low, b.distance ? -a.low : a.high};
      if (partner != nullptr && positive) range.low = (std::max)(range.low, double(*partner));
      if (partner != nullptr && !positive) range.high = (std::min)(range.high, double(*partner));
      auto const keep = [&](S s) {
        S const x = b.distance ? -s : s;
        return (a.low == -allowed_range::none || x >= S(a.low)) && (a.high == allowed_range::none || x <= S(a.high)) &&
               (partner == nullptr || (positive ? s > *partner : s < *partner));
      };
      to.clear();
      idx place = -1;
      if (how == choice::all)
        r.each(side, range, keep, [&](idx first, std::uint64_t bits) { add_places(to, first, bits, side.columns.data()); });
      else if (place = positive == (how == choice::easy) ? r.template extreme<true>(side, range, keep)
                                                         : r.template extreme<false>(side, range, keep);
               place >= 0)
        to.push_back(side.column(place));
      return place;
    };
    std::vector<idx>&own = positive_first ? positives : negatives, &other = positive_first ? negatives : positives;
    idx const place = choose(positive_first, positive_first ? o.positive : o.negative, nullptr, own);
    if (own.empty()) return;
    choice const how = positive_first ? o.negative : o.positive;
    S const partner = how == choice::semihard ? r.score(positive_first ? r.positives : r.negatives, place) : S(0);
    choose(!positive_first, how, how == choice::semihard ? &partner : nullptr, other);
    if (other.empty() && how == choice::semihard && o.fall_back) choose(!positive_first, choice::easy, nullptr, other);
    for (idx p : positives)
      for (idx n : negatives) out.add(r.anchor, p, n);
  };
  return each_row<index_triplets>(b, scoring::approximate, [&](index_triplets& out) {
    return [&, positives = std::vector<idx>(), negatives = std::vector<idx>()](batch_row<S> const& r) mutable {
      in_row(r, positives, negatives, out);
    };
  });
}

/// The farthest positive and the nearest negative of every anchor that has both (batch-hard). One product of rows and
/// columns.
template <Scalar S>
index_triplets batch_hard(labelled_batch<S> const& b) {
  return batch_easy_hard(b, {.positive = choice::hard, .negative = choice::hard});
}

}}  // namespace foil::mining
