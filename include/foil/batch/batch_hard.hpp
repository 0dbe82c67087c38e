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
struct allowed {
  static constexpr double none = (std::numeric_limits<double>::max)();
  double least = -none, most = none;  ///< no NaN, least <= most
  static void options(auto list) { list("least", &allowed::least, range::any), list("most", &allowed::most, range::any); }
};

struct batch_easy_hard_options {
  static constexpr char const* name = "batch_easy_hard";
  choice positive = choice::easy, negative = choice::semihard;  ///< which positive and which negative of an anchor; at most one is semihard
  allowed positives{}, negatives{};                             ///< pairs outside are not there
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
    for (allowed const* a : {&positives, &negatives})
      require(range::order_of(a->least) <= range::order_of(a->most), "batch_easy_hard: an allowed range must not be empty, got [", a->least,
              ", ", a->most, "]");
  }
};

/// (positive, negative) of every anchor that has both, by the two choices. Hermans et al. 2017, arXiv 1703.07737; Xuan et
/// al. 2020, arXiv 1904.04370 (easy positives); Schroff et al. 2015, arXiv 1503.03832 (semi-hard). Ties to the lower index.
/// O(n m) and the triplets.
template <Scalar S>
index_triplets batch_easy_hard(labelled_batch<S> const& b, batch_easy_hard_options const& o = {}) {
  check_options(o);
  index_triplets out;
  std::vector<idx> positives, negatives, side;
  auto const within = [&](batch_row<S> const& r, std::vector<idx> const& from, allowed const& a, std::vector<idx>& to) {
    to.clear();
    for (idx j : from) {
      S const x = b.distance ? -r(j) : r(j);
      if ((a.least == -allowed::none || x >= S(a.least)) && (a.most == allowed::none || x <= S(a.most))) to.push_back(j);
    }
  };
  each_row(b, [&](batch_row<S> const& r) {
    within(r, r.positives, o.positives, positives), within(r, r.negatives, o.negatives, negatives);
    if (positives.empty() || negatives.empty()) return;
    if (o.positive == choice::hard) positives = {r.farthest(positives)};
    if (o.positive == choice::easy) positives = {r.nearest(positives)};
    if (o.negative == choice::hard) negatives = {r.nearest(negatives)};
    if (o.negative == choice::easy) negatives = {r.farthest(negatives)};
    bool const semi_p = o.positive == choice::semihard;
    if (semi_p || o.negative == choice::semihard) {
      std::vector<idx>& from = semi_p ? positives : negatives;
      S const partner = r(semi_p ? negatives[0] : positives[0]);
      side.clear();
      for (idx j : from)
        if (semi_p ? r(j) > partner : r(j) < partner) side.push_back(j);
      if (side.empty() && !o.fall_back) return;
      if (side.empty())
        from = {semi_p ? r.nearest(from) : r.farthest(from)};
      else
        from = {semi_p ? r.farthest(side) : r.nearest(side)};
    }
    for (idx p : positives)
      for (idx n : negatives) out.add(r.anchor, p, n);
  });
  return out;
}

/// The farthest positive and the nearest negative of every anchor that has both (batch-hard). O(n m).
template <Scalar S>
index_triplets batch_hard(labelled_batch<S> const& b) {
  return batch_easy_hard(b, {.positive = choice::hard, .negative = choice::hard});
}

}}  // namespace foil::mining
