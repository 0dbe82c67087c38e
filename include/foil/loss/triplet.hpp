// SPDX-License-Identifier: BSD-3-Clause
// Triplet losses: over all triplets of a row, and over its hardest pair.
#pragma once

#include <algorithm>
#include <tuple>

#include "foil/core/numeric.hpp"
#include "foil/core/option.hpp"
#include "foil/core/row_loss.hpp"
#include "foil/stat/hardest.hpp"
#include "foil/stat/hinge_pairs.hpp"

namespace foil::loss { inline namespace FOIL_ABI {

using stat::hinge;

///   mean over triplets (i, p, n) of relu(margin + s_n - s_p), s a similarity (a negative distance, a cosine)
/// All triplets, streamed: no index lists, one state per (row, positive). `nonzero` averages over the triplets above
/// zero only. Schroff et al. 2015, arXiv 1503.03832. No triplet: 0.
struct triplet {
  static constexpr char const* name = "triplet";
  double margin = 0.05;               ///< a number, in units of scores
  bool soft = false, nonzero = true;  ///< log(1 + e^x) in place of relu; mean over the triplets above zero only
  static void options(auto list) { list("margin", &triplet::margin, range::either_sign); }

  double scale() const { return 1; }
  bool one_by_one() const { return true; }
  bool mean_of_positives() const { return false; }
  auto stats() const { return std::tuple{stat::hinge_pairs<hinge>{.c = margin, .f = {soft, nonzero}}}; }
  template <Scalar S>
  row_loss<S, 2> row(S sum, S count) const {
    return {sum, {1, 0}, count};
  }
};

///   L_i = relu(margin + hardest negative - hardest positive)       (batch-hard)
/// Hermans et al. 2017, arXiv 1703.07737. Rows without a positive or without a negative leave the mean; with `singletons` a
/// row without a positive counts, its own distance 0 in the positive's place (sentence-transformers; for distances).
struct hardest_triplet {
  static constexpr char const* name = "hardest_triplet";
  double margin = 0.2;                    ///< a number, in units of scores
  bool soft = false, singletons = false;  ///< log(1 + e^x) in place of relu; a row without a positive counts
  static void options(auto list) { list("margin", &hardest_triplet::margin, range::either_sign); }

  double scale() const { return 1; }
  auto stats() const {
    return std::tuple{stat::hardest<over::negatives>{},
                      stat::hardest<over::positives>{singletons ? when_empty::neutral : when_empty::skip}};
  }
  template <Scalar S>
  row_loss<S, 2> row(S negative, S positive) const {
    hinge const f{soft};
    S const x = S(margin) + negative - positive;
    return {f(x), {f.slope(x), -f.slope(x)}};
  }
};

}}  // namespace foil::loss
